"""Times in buckets of equal relative width, so that workers' figures can be added up.

Ours, because the libraries that have such buckets add up within one process or count in fixed steps, and
the whole of it is the arithmetic below.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, exp2, log2
from typing import TypeVar

T = TypeVar("T", int, float)
# Each bucket is 2^(1/64), 1.1 %, wider than the one before; the first holds everything up to a microsecond.
PER_OCTAVE = 64
SMALLEST = 1e-6
WIDTH = exp2(1 / PER_OCTAVE) - 1


def bucket(seconds: float) -> int:
    return max(0, ceil(log2(max(seconds, SMALLEST) / SMALLEST) * PER_OCTAVE))


def upper(number: int) -> float:
    """The longest time that a bucket holds."""
    return SMALLEST * exp2(number / PER_OCTAVE)


def at_rank(counts: Mapping[T, int], percent: float) -> T | None:
    """The smallest value that so many percent of all did not exceed; None when there are none."""
    wanted = max(1, ceil(sum(counts.values()) * percent / 100))
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= wanted:
            return value
    return None


@dataclass
class Histogram:
    """Seconds. A percentile is at most 1.1 % above the exact one and never below it."""

    buckets: Counter[int] = field(default_factory=Counter)
    total: float = 0.0
    longest: float = 0.0

    @property
    def count(self) -> int:
        return self.buckets.total()

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.buckets else None

    @property
    def most(self) -> float | None:
        return self.longest if self.buckets else None

    def add(self, seconds: float) -> None:
        self.buckets[bucket(seconds)] += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)

    def merge(self, other: "Histogram") -> None:
        self.buckets.update(other.buckets)
        self.total += other.total
        self.longest = max(self.longest, other.longest)

    def percentile(self, percent: float) -> float | None:
        """The time that this share of all did not exceed; None when there are none."""
        found = at_rank(self.buckets, percent)
        return None if found is None else min(upper(found), self.longest)
