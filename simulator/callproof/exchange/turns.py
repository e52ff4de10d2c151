"""While a large request is worked upon, threads take turns sooner: the others have short ones to answer."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

# A request with a larger body is worked upon long enough for others to wait for the interpreter.
LARGE = 16 * 1024
# An ordinary request takes some ten turns, as it gives up the interpreter with each statement.
_SECONDS = 0.0001


class Turns:
    """How long a thread may keep the interpreter from others, for the whole process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._large = 0
        self._usual = 0.0

    @contextmanager
    def short(self) -> Iterator[None]:
        """For as long as anybody is in here."""
        with self._lock:
            if not self._large:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(min(self._usual, _SECONDS))
            self._large += 1
        try:
            yield
        finally:
            with self._lock:
                self._large -= 1
                if not self._large:
                    sys.setswitchinterval(self._usual)


TURNS = Turns()
