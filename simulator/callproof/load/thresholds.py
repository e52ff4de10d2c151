"""What a run has to keep, as in ``p99 of call-event < 200 ms``: read, written and judged.

METRIC [of OPERATION] OPERATOR NUMBER [UNIT], where the operator is one of < <= > >= == or ``within``, which
is for the arrival rate alone and compares it with the intended one.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from callproof.errors import Misuse
from callproof.load.job import CRM, PBX_FLEET
from callproof.load.tally import CARD, FATES, LATE, REFUSED, TAKEN_OVER, TALKING


class Measure(StrEnum):
    TIME = "time"
    COUNT = "count"
    RATE = "rate"


# How much of the basic unit, seconds and calls a second, each is.
TIMES = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
RATES = {"/s": 1.0, "/min": 1 / 60, "/h": 1 / 3600}
# Each count of a run with what it is a share of, "" for nothing.
SHARES: Mapping[str, str] = {
    "attempted": "attempted",
    **dict.fromkeys(FATES, "attempted"),
    "unfinished": "attempted",
    TALKING: "attempted",
    REFUSED: "planned",
    TAKEN_OVER: "planned",
    "concurrent": "",
    "busy-hour calls": "",
    "requests": "",
    "failed requests": "requests",
    "violations": "judged",
    "lost": "acknowledged",
    "doubled": "acknowledged",
    "unclaimed": "acknowledged",
    "lost workers": "",
}
# What only the books of the target can answer.
OF_BOOKS = ("lost", "doubled", "unclaimed")
# What is timed in the calls of each model.
TIMED: Mapping[str, tuple[str, ...]] = {
    PBX_FLEET: ("manager-lookup", "call-event", "calls-upload", CARD, LATE, "cards", "play"),
    CRM: ("make-call", "status-notice", "record", LATE, "script"),
}
ARRIVAL_RATE = "arrival rate"
OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
WITHIN = "within"
_TEXT = re.compile(
    r"(?P<metric>[a-z][a-z0-9. -]*?)(?:\s+of\s+(?P<of>[a-z][a-z-]*))?"
    r"\s*(?P<operator><=|>=|==|<|>|\bwithin\b)\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[a-z%/]*)"
)
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?)")


class ThresholdError(Misuse, ValueError):
    """The text is no threshold; it says what was expected."""


@dataclass(frozen=True)
class Threshold:
    """``number`` is in ``unit``, as it was written; ``operation`` "" means all of them."""

    metric: str
    operation: str
    operator: str
    number: float
    unit: str

    def __str__(self) -> str:
        of = f" of {self.operation}" if self.operation else ""
        return f"{self.metric}{of} {self.operator} {self.number:.15g} {self.unit}".rstrip()

    @property
    def measure(self) -> Measure:
        if self.metric == ARRIVAL_RATE:
            return Measure.RATE
        return Measure.COUNT if self.metric in SHARES else Measure.TIME

    @property
    def percentile(self) -> float | None:
        found = _PERCENTILE.fullmatch(self.metric)
        return float(found[1]) if found else None

    def keeps(self, value: float) -> bool:
        """Whether a value, in the threshold's unit, is allowed."""
        if self.operator == WITHIN:
            return abs(value) <= self.number
        return OPERATORS[self.operator](value, self.number)

    def margin(self, value: float) -> float:
        """How far a value is from the limit, in the unit; below 0 it is beyond it."""
        if self.operator in (">", ">="):
            return value - self.number
        return -abs(value - self.number) if self.operator == "==" else self.number - abs(value)

    def in_unit(self, value: float) -> float:
        """Seconds, or calls a second, in the threshold's unit."""
        return value / (TIMES | RATES).get(self.unit, 1.0)


def parse_for(model: str, text: str) -> Threshold:
    """The same, of what is timed in the calls of a model. Raises ThresholdError."""
    found = parse(text)
    if found.operation and found.operation not in TIMED[model]:
        known = ", ".join(TIMED[model])
        raise ThresholdError(
            f"nothing in a call of {model} is called {found.operation!r}; there are {known}"
        )
    return found


def parse(text: str) -> Threshold:
    """Raises ThresholdError."""
    found = _TEXT.fullmatch(" ".join(text.split()))
    if not found:
        raise ThresholdError(f"{text!r} is no threshold; write it like: p99 of call-event < 200 ms")
    threshold = Threshold(
        found["metric"], found["of"] or "", found["operator"], float(found["number"]), found["unit"]
    )
    _check(threshold)
    return threshold


def _check(found: Threshold) -> None:
    timed = found.percentile is not None or found.metric in ("mean", "max")
    if not timed and found.metric not in (*SHARES, ARRIVAL_RATE):
        known = ", ".join((*SHARES, ARRIVAL_RATE))
        raise ThresholdError(
            f"There is no metric {found.metric!r}; there are p50 to p99.99, mean, max, {known}"
        )
    if found.percentile is not None and not found.percentile:
        raise ThresholdError("p0 is no percentile; take one from p1 to p99.99")
    if found.operation and not timed:
        raise ThresholdError(
            f"{found.metric} is not counted by operation; leave out `of {found.operation}`"
        )
    if (found.operator == WITHIN) is not (found.metric == ARRIVAL_RATE and found.unit == "%"):
        raise ThresholdError(f"`within` is for the arrival rate, as in: {ARRIVAL_RATE} within 2 %")
    _check_unit(found)


def _check_unit(found: Threshold) -> None:
    allowed: tuple[str, ...] = ("", "%")
    if found.measure is Measure.TIME:
        allowed = tuple(TIMES)
    elif found.measure is Measure.RATE:
        allowed = ("%",) if found.operator == WITHIN else tuple(RATES)
    elif not SHARES[found.metric]:
        allowed = ("",)
    if found.unit not in allowed:
        words = ", ".join(unit or "no unit" for unit in allowed)
        raise ThresholdError(f"{found.metric} is measured in {words}, not in {found.unit or 'no unit'}")
