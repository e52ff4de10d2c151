"""Values that nobody changes, made by the dozen for each request, and numbers that come as text.

To mypy ``immutable`` is ``dataclass``, so ``frozen=True`` holds wherever mypy looks. At run time nothing is
frozen: that check takes five times as long as the rest of making a value.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as immutable
else:
    from dataclasses import dataclass

    def immutable(*, frozen, slots):
        assert frozen
        return dataclass(slots=slots, unsafe_hash=True)


_Thing = TypeVar("_Thing")
_Found = TypeVar("_Found")


class OnceForEach(Generic[_Thing, _Found]):
    """Asked again about the very same thing, the answer of the first time. For what lives as long as the
    process and cannot be hashed, such as the parts of a schema: each is kept for good."""

    def __init__(self, find: Callable[[_Thing], _Found]) -> None:
        self._find = find
        # With the thing itself, so that no other one gets its id.
        self._known: dict[int, tuple[_Thing, _Found]] = {}

    def __call__(self, thing: _Thing) -> _Found:
        if (pair := self._known.get(id(thing))) is None:
            pair = self._known[id(thing)] = thing, self._find(thing)
        return pair[1]

    def __len__(self) -> int:
        return len(self._known)


def whole(text: str) -> int | None:
    """The number that up to nine digits write, as an id does; None for any other text."""
    return int(text) if text.isdecimal() and len(text) < 10 else None


__all__ = ["OnceForEach", "immutable", "whole"]
