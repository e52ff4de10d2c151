"""The numbering plan: which lines customers dial, which extensions ring, and what happens then.

Times are in seconds. ``Then`` says what becomes of a caller whom nobody takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from callproof.contract.phones import same_phone


class Strategy(StrEnum):
    RING_ALL = "ring-all"
    LINEAR = "linear"
    ROUND_ROBIN = "round-robin"


@dataclass(frozen=True, slots=True)
class Then:
    """``hang-up``, ``voicemail``, or on to the group ``group``."""

    action: str = "hang-up"
    group: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """Days of the week from 0 for Monday, and a span of minutes since midnight, its end excluded."""

    days: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RingGroup:
    """``queue_seconds`` is how long a caller waits for a free extension, 0 for not at all.

    ``tries`` is how many extensions are rung one after the other at most, 0 for all of them.
    """

    name: str
    extensions: tuple[str, ...]
    strategy: Strategy = Strategy.RING_ALL
    ring_seconds: float = 20.0
    tries: int = 0
    queue_seconds: float = 0.0
    no_answer: Then = Then()


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """An external number, the shop that it belongs to and the group that it rings.

    Without ``hours`` it is always open.
    """

    phone: str
    site: str
    group: str
    hours: tuple[Hours, ...] = ()
    closed: Then = Then()

    def is_open(self, moment: float, zone: str) -> bool:
        if not self.hours:
            return True
        local = datetime.fromtimestamp(moment, ZoneInfo(zone))
        minute = local.hour * 60 + local.minute
        return any(local.weekday() in h.days and h.start <= minute < h.end for h in self.hours)


@dataclass(frozen=True, slots=True)
class PlannedExtension:
    """``user`` is the CRM's user; all ``devices`` ring when the extension does."""

    user: int
    devices: tuple[str, ...] = ("phone",)


@dataclass(frozen=True, slots=True)
class ManagerFirst:
    """How the CRM's responsible manager is rung before anybody else.

    After ``lookup_seconds`` without an answer from the CRM the call goes on alone. ``no_answer`` may
    also be ``line-group``: on to the group of the line.
    """

    lookup_seconds: float = 2.0
    ring_seconds: float = 20.0
    no_answer: Then = Then()


@dataclass(frozen=True, slots=True)
class Recordings:
    """``ready_after`` and ``kept_for`` count from the end of the call; ``kept_for`` 0 keeps for ever."""

    format: str = "wav"
    ready_after: float = 0.0
    kept_for: float = 0.0


@dataclass(frozen=True)
class NumberingPlan:
    """``requests_per_second`` bounds what is sent to the CRM's telephony methods, 0 for no bound."""

    lines: tuple[PlannedLine, ...]
    groups: Mapping[str, RingGroup]
    extensions: Mapping[str, PlannedExtension]
    manager: ManagerFirst = field(default_factory=ManagerFirst)
    recordings: Recordings = field(default_factory=Recordings)
    requests_per_second: int = 40
    voicemail_seconds: float = 60.0
    longest_call: float = 4 * 3600.0

    def line(self, phone: str) -> PlannedLine | None:
        """The line with this number in any notation."""
        return next((line for line in self.lines if line.phone == phone), None) or next(
            (line for line in self.lines if same_phone(line.phone, phone)), None
        )

    def devices(self, extension: str) -> tuple[str, ...]:
        return self.extensions[extension].devices
