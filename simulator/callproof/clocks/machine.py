"""The machine's own time, which goes on where a test has frozen Python's own."""

import time

# What freezes time replaces the names of modules; what a tuple holds it leaves alone.
_REAL = (time.monotonic, time.time)


def monotonic() -> float:
    """Seconds since some moment; for how long to wait, and how long something took."""
    return _REAL[0]()


def now() -> float:
    """Seconds since 1970; for when something was."""
    return _REAL[1]()
