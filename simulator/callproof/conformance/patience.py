"""Real time for a side that does things by itself, without a clock that we could move."""

from collections.abc import Callable

from callproof.clocks.crowd import crowd
from callproof.clocks.machine import monotonic
from callproof.conformance.watching import Journals
from callproof.contract.operations import Side

LOOK = 0.25
# A side that is still busy gets more, but not for ever.
MOST = 5


def be_patient(seconds: float, journals: Journals, facing: Side, done: Callable[[], bool]) -> None:
    """Until it is done, or nothing came for so many seconds: what stands in a queue comes one by one.

    While an answer to the side is held back on purpose, the time does not count, and where several want
    each core of the machine only the side's share of it does.
    """
    left, last = seconds, MOST * seconds
    while min(left, last) > 0 and not done():
        known, looked = len(journals.seen), monotonic()
        held = journals.wait(facing, min(left, last, LOOK))
        passed = (monotonic() - looked) / crowd()
        grown = len(journals.read()) > known
        if held:
            # The side waits for an answer of ours; that is over soon, and none of its own time.
            left, last = seconds, MOST * seconds
            continue
        last -= passed
        left = seconds if grown else left - passed
