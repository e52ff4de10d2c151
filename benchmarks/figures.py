"""Rounds and their spread: servers take turns, so that the machine's noise meets all alike."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.wrk import BadRun, Figure


@dataclass(frozen=True)
class Spread:
    """Smallest, median and largest value of the rounds."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Raises ValueError without values."""
        found = sorted(values)
        if not found:
            raise ValueError("a spread needs a value")
        return cls(found[0], median(found), found[-1])


@dataclass(frozen=True)
class Series:
    """The rounds of one server and one kind of request."""

    rounds: tuple[Figure, ...]

    @property
    def rate(self) -> Spread:
        return Spread.of(figure.rate for figure in self.rounds)

    @property
    def cpu(self) -> Spread:
        return Spread.of(figure.cpu for figure in self.rounds)

    @property
    def p50(self) -> Spread:
        return Spread.of(figure.p50 for figure in self.rounds)

    @property
    def p99(self) -> Spread:
        return Spread.of(figure.p99 for figure in self.rounds)


@dataclass
class Found:
    """Series by subject and kind of request, and what could not be measured with its reason."""

    series: dict[tuple[str, str], Series] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def get(self, subject: str, kind: str) -> Series | None:
        return self.series.get((subject, kind))


Measure = Callable[[], Figure]


def interleaved(
    measures: Mapping[tuple[str, str], Measure], rounds: int, say: Callable[[str], None]
) -> Found:
    """Every measure once a round, round after round. One bad run takes its subject's request out."""
    found: dict[tuple[str, str], list[Figure]] = {key: [] for key in measures}
    missing: dict[str, str] = {}
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}")
        for key, measure in measures.items():
            name = " ".join(key)
            if name in missing:
                continue
            try:
                found[key].append(measure())
            except BadRun as bad:
                missing[name] = str(bad)
    kept = {key: Series(tuple(rows)) for key, rows in found.items() if " ".join(key) not in missing}
    return Found(kept, missing)


def ratio(above: Sequence[float] | Spread, below: Sequence[float] | Spread) -> float:
    """Of the medians."""
    top = above if isinstance(above, Spread) else Spread.of(above)
    bottom = below if isinstance(below, Spread) else Spread.of(below)
    return top.middle / bottom.middle
