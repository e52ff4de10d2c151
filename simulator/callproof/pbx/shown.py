"""What the virtual PBX's control API shows of a call and of a report, read from their attributes."""

from typing import Any

from msgspec import Struct, field

from callproof import kinds
from callproof.pbx.rules.call import Call, Cause, Direction, State
from callproof.pbx.rules.outbox import Fate, Report, ReportKind


class ChoiceShown(Struct):
    at: float
    extensions: tuple[str, ...]
    reason: str


class LegShown(Struct, rename="camel"):
    extension: str
    device: str
    rang_at: float
    answered_at: float | None
    ended_at: float | None
    outcome: str


class CallShown(Struct, rename="camel"):
    id: str
    direction: Direction
    phone: str
    line: str
    state: State
    extensions: tuple[str, ...]
    answered_by: str | None
    cause: Cause | None
    reason: str
    choices: tuple[ChoiceShown, ...]
    legs: tuple[LegShown, ...]
    told: tuple[str, ...]
    holds: int
    transfers: int
    started_at: float
    ended_at: float | None
    duration: int
    waiting: int = field(name="durationWaiting")
    recorded: int


class ReportShown(Struct, rename="camel"):
    id: int
    call_id: str
    kind: ReportKind
    fate: Fate
    attempts: int
    payload: dict[str, Any]
    answer: str


def call(kept: Call) -> CallShown:
    return kinds.convert(kept, CallShown, from_attributes=True)


def report(kept: Report) -> ReportShown:
    return kinds.convert(kept, ReportShown, from_attributes=True)
