"""What goes wrong inside of callproof while a scenario is played, in the runner or in an end of ours.

An end goes on after it: it answers 500, or does without what it had planned. Whoever is judged opposite it
would answer for what came of that, so the run ends, and nobody is judged.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from callproof.contract.errors import ApiError
from callproof.errors import CallproofError, InternalError


class _Hearing(logging.Handler):
    """Keeps the exceptions that were logged because nobody expected them."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[Exception] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, Exception) and not isinstance(error, CallproofError | ApiError):
            self.heard.append(error)


@contextmanager
def no_stumble() -> Iterator[None]:
    """Raises InternalError for whatever nobody expected, in this block or in an end of this process."""
    hearing, log = _Hearing(), logging.getLogger("callproof")
    log.addHandler(hearing)
    try:
        yield
    except CallproofError:
        # Whatever it is, what an end stumbled over may have led to it.
        if not hearing.heard:
            raise
    except Exception as error:
        raise InternalError.of(error) from error
    finally:
        log.removeHandler(hearing)
    if hearing.heard:
        raise InternalError.of(hearing.heard[0]) from hearing.heard[0]
