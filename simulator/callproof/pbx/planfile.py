"""A numbering plan as its file words it; what is left out has the default of the plan itself.

What the parts may hold is said by ``schemas/numbering-plan``, which is what users read.
"""

from typing import Literal

from msgspec import Struct, field

from callproof.pbx.rules.plan import (
    Hours,
    ManagerFirst,
    NumberingPlan,
    PlannedExtension,
    Recordings,
    RingGroup,
    Strategy,
    Then,
)

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_PLAN = NumberingPlan((), {}, {})
_GROUP = RingGroup("", ())
_MANAGER = ManagerFirst()
_RECORDINGS = Recordings()


class OnToGroup(Struct):
    group: str


ThenWritten = OnToGroup | str


class PlanPart(Struct, rename="kebab", forbid_unknown_fields=True):
    pass


class LineWritten(PlanPart):
    phone: str
    shop: str
    group: str
    hours: str | None = None
    closed: ThenWritten = "hang-up"


class GroupWritten(PlanPart):
    extensions: tuple[str, ...]
    strategy: Strategy = _GROUP.strategy
    ring_seconds: float = _GROUP.ring_seconds
    tries: int = _GROUP.tries
    queue_seconds: float = _GROUP.queue_seconds
    no_answer: ThenWritten = "hang-up"


class SpanWritten(PlanPart):
    """Hours of the day, as ``09:00``."""

    opens: str = field(name="from")
    closes: str = field(name="to")
    days: tuple[Day, ...] = DAYS

    def hours(self) -> Hours:
        return Hours(frozenset(map(DAYS.index, self.days)), _minutes(self.opens), _minutes(self.closes))


class ManagerWritten(PlanPart):
    lookup_seconds: float = _MANAGER.lookup_seconds
    ring_seconds: float = _MANAGER.ring_seconds
    no_answer: ThenWritten = "hang-up"


class RecordingsWritten(PlanPart):
    format: str = _RECORDINGS.format
    ready_after: float = _RECORDINGS.ready_after
    kept_for: float = _RECORDINGS.kept_for


class PlanWritten(PlanPart):
    lines: tuple[LineWritten, ...]
    groups: dict[str, GroupWritten]
    extensions: dict[str, PlannedExtension]
    hours: dict[str, tuple[SpanWritten, ...]] = field(default_factory=dict)
    manager: ManagerWritten = field(default_factory=ManagerWritten)
    recordings: RecordingsWritten = field(default_factory=RecordingsWritten)
    requests_per_second: int = _PLAN.requests_per_second
    voicemail_seconds: float = _PLAN.voicemail_seconds
    longest_call: float = _PLAN.longest_call


def then(written: ThenWritten) -> Then:
    return Then(written) if isinstance(written, str) else Then("group", written.group)


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
