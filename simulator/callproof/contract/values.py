"""Values that nobody changes, made by the dozen for each request, and numbers that come as text.

To mypy ``immutable`` is ``dataclass``, so ``frozen=True`` holds wherever mypy looks. At run time nothing is
frozen: that check takes five times as long as the rest of making a value.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as immutable
else:
    from dataclasses import dataclass

    def immutable(*, frozen, slots):
        assert frozen
        return dataclass(slots=slots, unsafe_hash=True)


def whole(text: str) -> int | None:
    """The number that up to nine digits write, as an id does; None for any other text."""
    return int(text) if text.isdecimal() and len(text) < 10 else None


__all__ = ["immutable", "whole"]
