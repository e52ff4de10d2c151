"""One call inside the virtual PBX as it is, and what it tells. Moments are seconds since 1970.

Each step of a call makes it anew: msgspec does so in a tenth of the time that dataclasses take.
"""

from enum import StrEnum

import msgspec

from callproof.errors import Refusal
from callproof.pbx.rules.script import Script


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class State(StrEnum):
    DIALLED = "dialled"
    QUEUED = "queued"
    CALLING_MANAGER = "calling manager"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    TRANSFERRING = "transferring"
    VOICEMAIL = "voicemail"
    ENDED = "ended"


class Cause(StrEnum):
    """Why a call ended. The two vocabularies of the contract are in ``reports``."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no answer"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    FAILED = "failed"


class IllegalAction(Refusal):
    """The call's state does not allow the action; the text says both."""


class Leg(msgspec.Struct, frozen=True):
    """One device of an extension that was rung. ``outcome`` says how the leg ended, "" while it lasts."""

    extension: str
    device: str
    rang_at: float
    answered_at: float | None = None
    ended_at: float | None = None
    outcome: str = ""

    @property
    def rings(self) -> bool:
        return self.answered_at is None and self.ended_at is None

    @property
    def lasts(self) -> bool:
        return self.ended_at is None


class Choice(msgspec.Struct, frozen=True):
    """One decision where the call goes, and why."""

    at: float
    extensions: tuple[str, ...]
    reason: str


class Call(msgspec.Struct, frozen=True):
    """``since`` is when the present state began and ``deadline`` when it ends by itself.

    ``told`` are the extensions that the CRM has heard of, in order. ``group`` is the ring group at work,
    empty while the responsible manager rings, and ``left`` its members yet to be rung.
    """

    id: str
    direction: Direction
    phone: str
    line: str
    started_at: float
    state: State
    since: float
    deadline: float | None = None
    legs: tuple[Leg, ...] = ()
    told: tuple[str, ...] = ()
    group: str = ""
    left: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    queued_until: float | None = None
    rang_at: float | None = None
    answered_at: float | None = None
    answered_by: str | None = None
    holds: int = 0
    transfers: int = 0
    message_at: float | None = None
    ended_at: float | None = None
    cause: Cause | None = None
    script: Script | None = None

    @property
    def duration(self) -> int:
        """Whole seconds of talk, times on hold among them."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return _whole(self.ended_at - self.answered_at)

    @property
    def waiting(self) -> int:
        """Whole seconds from the start to the answer or, without one, to the end."""
        end = self.answered_at if self.answered_at is not None else self.ended_at
        return _whole(end - self.started_at) if end is not None else 0

    @property
    def recorded(self) -> int:
        """Whole seconds of the recording: the talk, or the message that the caller left."""
        if self.message_at is not None and self.ended_at is not None:
            return _whole(self.ended_at - self.message_at)
        return self.duration

    @property
    def ringing_extensions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(leg.extension for leg in self.legs if leg.rings))

    @property
    def occupied(self) -> tuple[str, ...]:
        """The extensions that this call keeps from taking another one."""
        return tuple(dict.fromkeys(leg.extension for leg in self.legs if leg.lasts))

    @property
    def extensions(self) -> tuple[str, ...]:
        """Everyone who was rung, in order."""
        return tuple(dict.fromkeys(leg.extension for leg in self.legs))

    @property
    def rings_customer(self) -> bool:
        return self.direction is Direction.OUT and self.state is State.RINGING

    @property
    def awaits_routing(self) -> bool:
        """Whether nobody rings any more, so that somebody has to decide where the caller goes."""
        return (
            self.direction is Direction.IN and self.state is State.RINGING and not self.ringing_extensions
        )

    @property
    def reason(self) -> str:
        """Why the call went where it is."""
        return self.choices[-1].reason if self.choices else ""


def _whole(seconds: float) -> int:
    """Never less than none, as it would be where somebody set the machine's date back meanwhile."""
    return max(round(seconds), 0)
