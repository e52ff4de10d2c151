"""What time it is on a clock that runs by the machine's, as fast or faster."""

from collections.abc import Callable
from typing import NamedTuple

from callproof.clocks import machine


class _Leg(NamedTuple):
    """Since ``zero`` of what the machine has ``passed`` the count goes on from ``start``, so many times as
    fast. The date is ``apart`` from the machine's at its own speed, at any other from the count."""

    start: float
    zero: float
    speed: float
    apart: float

    def counted(self, passed: float) -> float:
        return self.start + (passed - self.zero) * self.speed


class Course:
    """Two times: ``count`` is for waiting and only grows, with the hours that the machine slept; ``now`` is
    the date, which at the machine's own speed follows wherever somebody sets that one.

    ``date`` and ``passed`` are the machine's. Safe for threads, while only one changes the speed.
    """

    def __init__(
        self,
        speed: float,
        date: Callable[[], float] = machine.now,
        passed: Callable[[], float] = machine.passed,
    ) -> None:
        self._date = date
        self._passed = passed
        self._leg = _Leg(date(), passed(), speed, 0.0)

    @property
    def speed(self) -> float:
        return self._leg.speed

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        # One attribute, so that it is read whole while somebody changes the speed.
        leg = self._leg
        if leg.speed == 1:
            return self._date() + leg.apart
        return leg.counted(self._passed()) + leg.apart

    def count(self) -> float:
        """Seconds of this clock since some moment."""
        return self._leg.counted(self._passed())

    def run(self, speed: float) -> None:
        """Go so many times as fast from here on."""
        now, zero = self.now(), self._passed()
        start = self._leg.counted(zero)
        self._leg = _Leg(start, zero, speed, now - (self._date() if speed == 1 else start))
