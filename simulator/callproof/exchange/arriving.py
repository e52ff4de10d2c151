"""Bodies that arrive slowly take no longer than one may, as far as a server lets anybody look at the time.

Our own server ends a read in time. granian blocks in one until it has all bytes that are asked for, gives
it no end, and stands still as a whole when a request is answered whose body another thread still reads. So
its bodies are read in pieces, and the time is looked at between them.
"""

from typing import Protocol

from werkzeug.exceptions import RequestTimeout

from callproof.clocks.machine import monotonic

# Most bodies are smaller, and read at once.
PIECE = 4096


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Timely:
    """A body of which everything has to be there within ``seconds``."""

    def __init__(self, stream: Readable, seconds: float) -> None:
        self._stream = stream
        self._until = monotonic() + seconds

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes, fewer at the end. Raises RequestTimeout."""
        found = self._piece(size)
        while size > len(found) and len(found) >= PIECE and (piece := self._piece(size - len(found))):
            found += piece
        return found

    def _piece(self, size: int) -> bytes:
        if monotonic() > self._until:
            raise RequestTimeout
        try:
            return self._stream.read(min(size, PIECE) if size >= 0 else size)
        except TimeoutError:  # of our own server
            raise RequestTimeout from None
