"""Bodies that arrive slowly, or not at all, take no longer than one may.

granian reads a body with no timeout of its own, and what it blocks in cannot be interrupted. A second
thread that reads for the first would bound every body, at a price that every request pays. So bodies are
read directly as long as all come at once, as they do, and by a second thread while one is slow or many are
awaited: those few have no end but their senders', and everybody behind them is bounded.
"""

from collections.abc import Callable
from threading import Thread, get_ident
from typing import Protocol

from werkzeug.exceptions import RequestTimeout

from callproof.clocks.machine import monotonic
from callproof.limits import USUAL

# A body that takes so many seconds is slow; those of clients come with their heads.
SLOW = 0.5
# So many are not awaited at once where they do come at once.
MANY = 32


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Arriving:
    """What one process reads of bodies, each within ``seconds``."""

    def __init__(self, seconds: float = USUAL.request_seconds) -> None:
        self.seconds = seconds
        # When each of those began that are read directly, the oldest first.
        self._begun: dict[int, float] = {}

    def read(self, stream: Readable, size: int) -> bytes:
        """So many bytes, fewer at the end. Raises RequestTimeout."""
        me, now = get_ident(), monotonic()
        oldest = next(iter(list(self._begun.values())), now)
        if now - oldest > SLOW or len(self._begun) >= MANY:
            return _beside(lambda: stream.read(size), self.seconds)
        self._begun[me] = now
        try:
            return stream.read(size)
        except TimeoutError:  # of our own server, which can
            raise RequestTimeout from None
        finally:
            # What nobody answers for is read by the one way in within Flask's, which waits already.
            self._begun.pop(me, None)


class Timely:
    """A body that others read, such as Flask."""

    def __init__(self, arriving: Arriving, stream: Readable) -> None:
        self._arriving = arriving
        self._stream = stream
        self._until = monotonic() + arriving.seconds

    def read(self, size: int = -1, /) -> bytes:
        if monotonic() > self._until:
            raise RequestTimeout
        return self._arriving.read(self._stream, size)


def _beside(read: Callable[[], bytes], seconds: float) -> bytes:
    found: list[bytes | Exception] = []

    def try_it() -> None:
        try:
            found.append(read())
        except Exception as error:
            found.append(error)

    # Left alone when it is late: it ends with the connection.
    reader = Thread(target=try_it, name="callproof-body", daemon=True)
    reader.start()
    reader.join(seconds)
    if not found or isinstance(found[0], TimeoutError):
        raise RequestTimeout
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]
