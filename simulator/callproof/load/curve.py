"""How the arrival rate changes in the course of a run."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import nextafter

# Where the busy hour begins to rise to its peak, and where it begins to fall, as shares of its time.
RISE, FALL = 1 / 3, 2 / 3


@dataclass(frozen=True)
class Curve:
    """Calls a second by time: straight lines between ``points`` of (seconds, rate), in order of time.

    Two points of one time are a step. Before the first and after the last point the rate is 0.
    """

    points: tuple[tuple[float, float], ...]

    @property
    def duration(self) -> float:
        return self.points[-1][0]

    @property
    def peak(self) -> float:
        return max(rate for _, rate in self.points)

    def rate(self, at: float) -> float:
        place = bisect_right(self.points, at, key=lambda point: point[0])
        if place in (0, len(self.points)):
            return 0.0
        (start, low), (end, high) = self.points[place - 1], self.points[place]
        return low + (high - low) * (at - start) / (end - start)

    def expected(self) -> float:
        """How many calls begin on average."""
        return sum((end - start) * (low + high) / 2 for (start, low), (end, high) in pairwise(self.points))


def paced(curve: Curve, paces: Sequence[tuple[float, float]]) -> Curve:
    """The curve times a factor from each (moment, factor) on, in order; the first is at 0."""
    points: list[tuple[float, float]] = []
    for (start, factor), end in zip(paces, [at for at, _ in paces[1:]] + [curve.duration], strict=True):
        within = [point for point in curve.points if start < point[0] < end]
        last = (end, curve.rate(nextafter(end, 0.0)))
        points += [(at, rate * factor) for at, rate in ((start, curve.rate(start)), *within, last)]
    return Curve(tuple(points))


def constant(rate: float, duration: float) -> Curve:
    return Curve(((0.0, rate), (duration, rate)))


def ramp(first: float, last: float, duration: float) -> Curve:
    return Curve(((0.0, first), (duration, last)))


def spike(rate: float, peak: float, at: float, lasts: float, duration: float) -> Curve:
    """``peak`` from ``at`` on for so long, ``rate`` before and after; the spike lies within the run."""
    end = at + lasts
    return Curve(((0.0, rate), (at, rate), (at, peak), (end, peak), (end, rate), (duration, rate)))


def day(rate: float, hours: Sequence[float], duration: float) -> Curve:
    """A day within the run: each hour of the 24 has its weight, the busiest the full rate."""
    step, most = duration / len(hours), max(hours)
    points: list[tuple[float, float]] = []
    for hour, weight in enumerate(hours):
        level = rate * weight / most
        points += [(hour * step, level), ((hour + 1) * step, level)]
    return Curve(tuple(points))


def busy_hour(rate: float, shoulder: float, duration: float) -> Curve:
    """From ``shoulder``, a share of the rate, up to the rate, which lasts a third of the run, and back."""
    low = rate * shoulder
    return Curve(((0.0, low), (duration * RISE, rate), (duration * FALL, rate), (duration, low)))
