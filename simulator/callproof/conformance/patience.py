"""Real time for a side that does things by itself, without a clock that we could move."""

from collections.abc import Callable

from callproof.clocks.machine import monotonic
from callproof.conformance.watching import Journals
from callproof.contract.operations import Side

LOOK = 0.25
# A side that is still busy gets more, but not for ever.
MOST = 5


def be_patient(seconds: float, journals: Journals, facing: Side, done: Callable[[], bool]) -> None:
    """Until it is done, or nothing came for so many seconds: what stands in a queue comes one by one."""
    began = monotonic()
    until = began + seconds
    while (left := until - monotonic()) > 0 and not done():
        known = len(journals.seen)
        journals.wait(facing, min(left, LOOK))
        if len(journals.read()) > known:
            until = min(monotonic() + seconds, began + MOST * seconds)
