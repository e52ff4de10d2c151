"""When a scenario began and how long it took, on the clock that its time passes on."""

from contextlib import suppress
from dataclasses import dataclass

from callproof.clocks.machine import monotonic, now
from callproof.control.client import Ends
from callproof.errors import OutOfReach


@dataclass(frozen=True)
class Timed:
    """``began`` in seconds since 1970, ``took`` in seconds."""

    began: float = 0.0
    took: float = 0.0


class Stopwatch:
    """Measures real time from ``begin`` on; where both ends are ``ours`` and their clock is manual, what
    passed on that clock, so that the same seed gives the same report.

    ``begin`` and ``over`` raise Unreachable when an end does not answer.
    """

    def __init__(self, ends: Ends, *, ours: bool) -> None:
        self._ends = ends
        self._ours = ours
        self._moved = False
        self._began = 0.0
        self._at = monotonic()
        self._took: float | None = None

    def begin(self) -> None:
        self._moved = self._ours and self._ends.manual
        self._began = self._ends.now() if self._moved else now()
        self._at = monotonic()

    def over(self) -> None:
        """The last step was taken: what a clock that is moved is moved on for from now on says nothing."""
        if self._moved:
            self._took = self._ends.now() - self._began

    def timed(self) -> Timed:
        """Until now; an end that is gone does not say how long it was."""
        if not self._moved:
            return Timed(self._began, monotonic() - self._at)
        if self._took is None:
            with suppress(OutOfReach):
                self.over()
        return Timed(self._began, self._took or 0.0)
