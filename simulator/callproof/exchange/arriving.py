"""Bodies that arrive slowly take no longer than one may.

Our own server ends a read in time. granian blocks in one until it has all bytes that are asked for, gives
it no end, and stands still as a whole when a request is answered whose body another thread still reads. So
its bodies are read in pieces, between which the time is looked at, and who waits within a piece is written
down: ``running.stalled`` ends the connections that are waited for.
"""

from collections import deque
from contextlib import suppress
from threading import get_ident
from typing import Protocol

from werkzeug.exceptions import RequestTimeout

from callproof.clocks.machine import monotonic

# Most bodies are smaller, and read at once.
PIECE = 4096


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Waits:
    """The threads of this process that wait for bytes of a body, by ``get_ident``: ``since`` when. For each
    connection that was ``ended`` one of them goes on; nobody knows before which."""

    def __init__(self) -> None:
        self.since: dict[int, float] = {}
        self.ended: deque[object] = deque()


WAITS = Waits()


def piece(stream: Readable, size: int) -> bytes:
    """So many bytes, fewer at the end. Raises RequestTimeout."""
    me = get_ident()
    WAITS.since[me] = monotonic()
    try:
        found = stream.read(size)
    except TimeoutError:  # of our own server
        raise RequestTimeout from None
    finally:
        WAITS.since.pop(me, None)  # one stream may read from another
    if len(found) < size:
        with suppress(IndexError):
            WAITS.ended.pop()
            raise RequestTimeout
    return found


class Timely:
    """A body of which everything has to be there within ``seconds``."""

    def __init__(self, stream: Readable, seconds: float) -> None:
        self._stream = stream
        self._until = monotonic() + seconds

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes, fewer at the end. Raises RequestTimeout."""
        found = self._piece(size)
        while size > len(found) and len(found) >= PIECE and (more := self._piece(size - len(found))):
            found += more
        return found

    def _piece(self, size: int) -> bytes:
        if monotonic() > self._until:
            raise RequestTimeout
        return piece(self._stream, min(size, PIECE) if size >= 0 else size)
