"""The machine's monotonic time, which goes on where a test has frozen Python's own."""

import time

# What freezes time replaces the names of modules; what a tuple holds it leaves alone.
_REAL = (time.monotonic,)


def monotonic() -> float:
    """Seconds since some moment; for how long to wait, and how long something took."""
    return _REAL[0]()
