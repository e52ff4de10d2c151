"""What is counted during a run, so that the figures of several workers add up."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from callproof.contract.operations import BY_NAME
from callproof.load.histogram import Histogram

CARD, LATE = "card", "beginning"
# What becomes of calls that were attempted, and of those that were not.
FATES = ("answered", "missed", "busy", "refused", "dropped", "failed")
REFUSED, TAKEN_OVER, TALKING = "refused by the generator", "taken over", "still talking"


# The share of its core from which on a worker is at its limit.
FULL = 0.9


@dataclass
class Slice:
    """A short time of the run: calls begun and ended, requests answered or failed, and their latencies."""

    begun: int = 0
    ended: int = 0
    requests: int = 0
    failed: int = 0
    times: Histogram = field(default_factory=Histogram)

    def merge(self, other: "Slice") -> None:
        self.begun += other.begun
        self.ended += other.ended
        self.requests += other.requests
        self.failed += other.failed
        self.times.merge(other.times)


@dataclass
class Tally:
    """``width`` is the seconds of a slice.

    ``calls`` counts what became of calls: each attempted one is counted once more, as answered, missed,
    busy, refused, dropped or failed. ``reasons`` says why calls failed, ``errors`` how single requests did,
    by operation. ``times`` are latencies by operation, beside them the time to the card and the delay of
    beginnings; they count from the intended start, those in ``sent`` from sending. ``acknowledged`` are the
    calls that the other side has said to have stored.
    ``cpu`` are seconds of it that the generator took, ``busy`` those in which a worker had no more to give.
    """

    width: float = 1.0
    calls: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    judged: int = 0
    times: dict[str, Histogram] = field(default_factory=lambda: defaultdict(Histogram))
    sent: dict[str, Histogram] = field(default_factory=lambda: defaultdict(Histogram))
    slices: dict[int, Slice] = field(default_factory=lambda: defaultdict(Slice))
    acknowledged: set[str] = field(default_factory=set)
    cpu: float = 0.0
    busy: float = 0.0

    def begun(self, at: float, late: float) -> None:
        self.calls["attempted"] += 1
        self.slice(at).begun += 1
        self.times[LATE].add(late)

    def request(self, operation: str, at: float, late: float, took: float, problem: str) -> None:
        """An answer, or that there was none, at a moment; it ``took`` so long once it was sent ``late``.

        What is no method of the contract, such as the control API, stays out of the slices.
        """
        whole = late + took
        self.times[operation].add(whole)
        self.sent[operation].add(took)
        if problem:
            self.errors[f"{operation}: {problem}"] += 1
        if operation in BY_NAME:
            part = self.slice(at)
            part.requests += 1
            part.failed += bool(problem)
            part.times.add(whole)

    def spent(self, cpu: float, seconds: float) -> None:
        """A worker took so much CPU in so many seconds; it has one core."""
        self.cpu += cpu
        if cpu >= FULL * seconds:
            self.busy += seconds

    def slice(self, at: float) -> Slice:
        return self.slices[int(at // self.width)]

    def merge(self, other: "Tally") -> None:
        for mine, theirs in (
            (self.calls, other.calls),
            (self.reasons, other.reasons),
            (self.errors, other.errors),
            (self.violations, other.violations),
        ):
            mine.update(theirs)
        self.judged += other.judged
        for counted, told in ((self.times, other.times), (self.sent, other.sent)):
            for name, histogram in told.items():
                counted[name].merge(histogram)
        for place, part in other.slices.items():
            self.slices[place].merge(part)
        self.acknowledged |= other.acknowledged
        self.cpu += other.cpu
        self.busy += other.busy
