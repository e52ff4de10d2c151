"""The machine's own time, which goes on where a test has frozen Python's own."""

import importlib.util
import sys
import time
from collections.abc import Callable
from functools import partial

# What freezes time replaces names in modules: in one of our own, made anew, they are Python's, and a tuple
# keeps them.
_SPEC = importlib.util.find_spec("time")
_OWN = importlib.util.module_from_spec(_SPEC) if _SPEC else time
_REAL: tuple[Callable[[], float], Callable[[], float]] = (_OWN.monotonic, _OWN.time)


def monotonic() -> float:
    """Seconds since some moment; for how long to wait, and how long something took."""
    return _REAL[0]()


def now() -> float:
    """Seconds since 1970; for when something was."""
    return _REAL[1]()


if sys.platform == "linux":
    _PASSED: Callable[[], float] = partial(_OWN.clock_gettime, time.CLOCK_BOOTTIME)

    def passed() -> float:
        """Seconds since some moment, those that the machine slept included, whatever its date is set to."""
        return _PASSED()

else:
    passed = monotonic
