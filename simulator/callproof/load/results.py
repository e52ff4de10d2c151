"""What a run has shown, and whether it kept its thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from callproof.contract.operations import BY_NAME
from callproof.load.histogram import Histogram
from callproof.load.job import CRM, Job
from callproof.load.reconcile import Reconciliation
from callproof.load.tally import FATES, LATE, REFUSED, TAKEN_OVER, TALKING, Slice, Tally
from callproof.load.thresholds import (
    ARRIVAL_RATE,
    SHARES,
    WITHIN,
    Measure,
    Threshold,
)

HOUR = 3600.0
# The percentiles that reports show.
PERCENTILES = (50, 95, 99, 99.9)
# A generator that begins its calls as late as this measures itself as well.
LATE_PERCENT, LATE_SECONDS = 99, 0.05
# And so does one whose core is full for so much of the run.
BUSY_SHARE = 0.05


@dataclass(frozen=True)
class JudgedThreshold:
    """``value`` is in the threshold's unit; None when nothing was measured, which does not keep it."""

    threshold: Threshold
    value: float | None
    kept: bool

    @property
    def shown(self) -> str:
        return "not measured" if self.value is None else self._in_unit(self.value)

    @property
    def margin(self) -> float | None:
        """In the threshold's unit, below 0 beyond the limit."""
        return None if self.value is None else self.threshold.margin(self.value)

    @property
    def room(self) -> str:
        """The margin in words, "" when nothing was measured and where no other value is kept."""
        if self.margin is None or (self.kept and self.threshold.operator == "=="):
            return ""
        if not self.margin:
            return "at the limit"
        return f"{self._in_unit(abs(self.margin))} {'to spare' if self.margin > 0 else 'beyond'}"

    @property
    def told(self) -> str:
        """What was measured, and the room that it leaves."""
        return ", ".join(filter(None, (self.shown, self.room)))

    def _in_unit(self, number: float) -> str:
        return f"{number:.4g} {self.threshold.unit}".rstrip()


@dataclass(frozen=True)
class Results:
    """``planned`` calls were to begin in ``elapsed`` seconds; ``cut_short`` says why not all of the run was
    made, or "". ``workers`` is the most that there were, ``lost_workers`` how many went silent,
    ``talking`` how many calls had not hung up at the end."""

    job: Job
    tally: Tally
    planned: int
    elapsed: float
    reconciliation: Reconciliation
    thresholds: Sequence[Threshold]
    workers: int = 1
    lost_workers: int = 0
    cut_short: str = ""
    talking: int = 0

    def calls(self, name: str) -> int:
        return self.tally.calls[name]

    @property
    def attempted(self) -> int:
        return self.calls("attempted")

    @property
    def unfinished(self) -> int:
        """Calls that hung up and were not done with when the run was over, or that a worker took along."""
        return self.attempted - sum(self.calls(fate) for fate in FATES) - self.talking

    @property
    def invalid(self) -> list[str]:
        """Why the figures are not those of the target."""
        found = [self.cut_short] if self.cut_short else []
        if refused := self.calls(REFUSED):
            found.append(
                f"{refused} calls were refused by the generator: {self.job.most} were under way in a "
                "worker. Add workers or raise limits.under-way."
            )
        return found

    @property
    def warnings(self) -> list[str]:
        """What makes the figures worse than the target is, never better; and when they say little of it."""
        return [*self._of_generator(), *self._of_clicks()]

    def _of_clicks(self) -> list[str]:
        refused = self.calls("refused")
        if self.job.model != CRM or 2 * refused <= self.attempted:
            return []
        said = f"{refused} of {self.attempted} clicks were refused, as by extensions that still talk"
        return [f"{said}. Let your PBX end the calls by itself after a while, or name more extensions."]

    def _of_generator(self) -> list[str]:
        late, busy = self.tally.times[LATE].percentile(LATE_PERCENT), self.tally.busy
        found = []
        if late is not None and late > LATE_SECONDS:
            found.append(f"The generator began its calls late, {late * 1000:.0f} ms at p99")
        if busy > BUSY_SHARE * self.elapsed * self.workers:
            found.append(f"The generator had no CPU to spare for {busy:.1f} s")
        remedy = "; the latencies include it. Add workers, or take other work off this machine."
        return [f"{sentence}{remedy}" for sentence in found]

    @property
    def bounded(self) -> bool:
        """Whether the figures are as much the generator's as the target's."""
        return bool(self._of_generator() or self.calls(REFUSED))

    @property
    def verdict(self) -> str:
        verdict = "Passed" if self.passed else "Not passed"
        if not self.reconciliation.done:
            verdict += ", and nobody knows whether calls were lost"
        return f"{verdict}, bounded by the generator" if self.bounded else verdict

    @property
    def cost(self) -> float | None:
        """Seconds of the generator's CPU for each call, None without calls."""
        return self.tally.cpu / self.attempted if self.attempted else None

    @cached_property
    def judged(self) -> list[JudgedThreshold]:
        return [self._judge(threshold) for threshold in self.thresholds]

    @property
    def passed(self) -> bool:
        return not self.invalid and all(judged.kept for judged in self.judged)

    @cached_property
    def overall(self) -> Histogram:
        """Latencies of all methods of the contract, from the intended start."""
        return _together(self.tally.times)

    @cached_property
    def overall_sent(self) -> Histogram:
        """The same from sending."""
        return _together(self.tally.sent)

    @cached_property
    def slices(self) -> list[Slice]:
        """All of the run, and what the last calls took."""
        known = self.tally.slices
        width = self.tally.width
        last = max([int(self.elapsed / width + 0.999) - 1, *known])
        return [known.get(place, Slice()) for place in range(last + 1)]

    @cached_property
    def concurrent(self) -> list[int]:
        """Calls that went on at the end of each slice."""
        return list(accumulate(part.begun - part.ended for part in self.slices))

    @property
    def rate(self) -> float:
        return self.attempted / self.elapsed if self.elapsed else 0.0

    @property
    def intended_rate(self) -> float:
        return self.planned / self.elapsed if self.elapsed else 0.0

    @property
    def busy_hour_calls(self) -> float:
        """Attempts in the busiest hour; of a shorter run, what its rate would make of an hour."""
        if self.elapsed <= HOUR:
            return self.rate * HOUR
        window = max(1, int(HOUR / self.tally.width))
        sums = [0, *accumulate(part.begun for part in self.slices)]
        counts = [sums[min(i + window, len(sums) - 1)] - sums[i] for i in range(len(sums) - 1)]
        return max(counts) * HOUR / (window * self.tally.width)

    def counts(self) -> dict[str, float | None]:
        """Every count of ``SHARES``."""
        books = self.reconciliation
        return {
            "attempted": self.attempted,
            **{fate: self.calls(fate) for fate in FATES},
            "unfinished": self.unfinished,
            TALKING: self.talking,
            REFUSED: self.calls(REFUSED),
            TAKEN_OVER: self.calls(TAKEN_OVER),
            "concurrent": max(self.concurrent, default=0),
            "busy-hour calls": round(self.busy_hour_calls),
            "requests": self.overall.count,
            "failed requests": sum(part.failed for part in self.slices),
            "violations": self.tally.violations.total(),
            "lost": len(books.lost) if books.done else None,
            "doubled": len(books.doubled) if books.done else None,
            "unclaimed": books.unclaimed if books.done else None,
            "lost workers": self.lost_workers,
        }

    def _judge(self, threshold: Threshold) -> JudgedThreshold:
        value = self._value(threshold)
        return JudgedThreshold(threshold, value, value is not None and threshold.keeps(value))

    def _value(self, threshold: Threshold) -> float | None:
        """In the threshold's unit."""
        if threshold.metric == ARRIVAL_RATE:
            if threshold.operator != WITHIN:
                return threshold.in_unit(self.rate)
            return 100 * (self.attempted - self.planned) / self.planned if self.planned else None
        if threshold.measure is Measure.COUNT:
            count = self.counts()[threshold.metric]
            if threshold.unit != "%" or count is None:
                return count
            of = self._whole(threshold.metric)
            return 100 * count / of if of else None
        times = self.tally.times.get(threshold.operation) if threshold.operation else self.overall
        found = _time(times, threshold) if times else None
        return None if found is None else threshold.in_unit(found)

    def _whole(self, metric: str) -> int:
        """What a share is a share of."""
        wholes = {
            "attempted": self.attempted,
            "planned": self.planned,
            "requests": self.overall.count,
            "judged": self.tally.judged,
            "acknowledged": self.reconciliation.acknowledged,
        }
        return wholes[SHARES[metric]]


def _together(times: Mapping[str, Histogram]) -> Histogram:
    found = Histogram()
    for name in times.keys() & BY_NAME.keys():
        found.merge(times[name])
    return found


def _time(times: Histogram, threshold: Threshold) -> float | None:
    if threshold.percentile is not None:
        return times.percentile(threshold.percentile)
    return times.mean if threshold.metric == "mean" else times.most
