"""Values read as a type, by msgspec, whichever threads read the first of that type at once.

msgspec works a type out when it is first read, running Python in the midst of it, and shows what it has so
far to whoever reads the same type meanwhile: that thread follows a pointer to nowhere, and the process with
all its requests is gone. So a type is worked out here, by one thread at a time, before anything is read.
"""

import os
from collections.abc import Callable
from threading import RLock
from typing import Any, TypedDict, TypeVar, Unpack, overload

import msgspec

T = TypeVar("T")

Hook = Callable[[type, Any], object]

_WORKED_OUT: set[object] = set()
_WORKING = RLock()
if hasattr(os, "register_at_fork"):
    # A fork in the midst of it would never see the end.
    os.register_at_fork(
        before=_WORKING.acquire, after_in_parent=_WORKING.release, after_in_child=_WORKING.release
    )


class How(TypedDict, total=False):
    """What ``msgspec.convert`` takes besides."""

    strict: bool
    from_attributes: bool
    str_keys: bool
    dec_hook: Hook


@overload
def convert(value: object, kind: type[T], **how: Unpack[How]) -> T: ...


@overload
def convert(value: object, kind: Any, **how: Unpack[How]) -> Any: ...


def convert(value: object, kind: Any, **how: Unpack[How]) -> Any:
    """As ``msgspec.convert``. Raises msgspec.ValidationError."""
    _work_out(kind)
    return msgspec.convert(value, kind, **how)


def decode(content: bytes | str, kind: type[T]) -> T:
    """As ``msgspec.json.decode``. Raises msgspec.DecodeError and UnicodeDecodeError."""
    _work_out(kind)
    return msgspec.json.decode(content, type=kind)


def decoder(kind: type[T], *, dec_hook: Hook | None = None) -> msgspec.json.Decoder[T]:
    """As ``msgspec.json.Decoder``."""
    _work_out(kind)
    return msgspec.json.Decoder(kind, dec_hook=dec_hook)


def _work_out(kind: Any) -> None:
    if kind not in _WORKED_OUT:
        with _WORKING:
            msgspec.msgpack.Decoder(kind)
            _WORKED_OUT.add(kind)
