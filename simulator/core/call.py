"""The life of one call inside the virtual PBX, as a state machine over immutable values.

::

    incoming            NEW --route--> RINGING --answer--> TALKING --hang up--> ENDED
    click-to-call       CALLING_MANAGER --answer--> RINGING --answer--> TALKING --hang up--> ENDED

From every state but ENDED a party may hang up; ringing may also be refused or time out. What cannot
happen raises ``IllegalAction`` and leaves the call as it was.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class State(StrEnum):
    NEW = "new"
    CALLING_MANAGER = "calling manager"
    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"


class Cause(StrEnum):
    """Why a call ended. The two vocabularies of the contract are in ``reports``."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no answer"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Party(StrEnum):
    CUSTOMER = "customer"
    MANAGER = "manager"


class IllegalAction(Exception):
    """The call's state does not allow the action; the text says both."""


@dataclass(frozen=True, slots=True)
class Call:
    """``extensions`` are the legs that ring or rang, ``refused`` those of them that said no.

    ``rang_at`` is None until the other party was rung, which is also when the CRM first hears of it.
    """

    id: str
    direction: Direction
    phone: str
    line: str
    started_at: float
    state: State
    extensions: tuple[str, ...] = ()
    refused: frozenset[str] = frozenset()
    rang_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    answered_by: str | None = None
    cause: Cause | None = None
    reason: str = ""

    @property
    def duration(self) -> int:
        """Whole seconds of talk."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return round(self.ended_at - self.answered_at)

    @property
    def waiting(self) -> int:
        """Whole seconds from the start to the answer or, without one, to the end."""
        end = self.answered_at if self.answered_at is not None else self.ended_at
        return round(end - self.started_at) if end is not None else 0

    @property
    def ringing_extensions(self) -> tuple[str, ...]:
        return tuple(code for code in self.extensions if code not in self.refused)


def incoming(call_id: str, phone: str, line: str, at: float) -> Call:
    """A customer dials a line."""
    return Call(call_id, Direction.IN, phone, line, at, State.NEW)


def click_to_call(call_id: str, phone: str, line: str, extension: str, at: float) -> Call:
    """The CRM asked for a call: the manager's extension rings first."""
    return Call(call_id, Direction.OUT, phone, line, at, State.CALLING_MANAGER, extensions=(extension,))


def route(call: Call, extensions: tuple[str, ...], reason: str, at: float) -> Call:
    """Ring these extensions; with none of them free, the call ends as busy."""
    _demand(call, "be routed", State.NEW)
    if not extensions:
        return _end(replace(call, reason=reason), Cause.BUSY, at)
    return replace(call, state=State.RINGING, extensions=extensions, rang_at=at, reason=reason)


def answer(call: Call, at: float, extension: str | None = None) -> Call:
    """The next party picks up: the extension, or the customer of an outgoing call that rings."""
    _demand(call, "be answered", State.CALLING_MANAGER, State.RINGING)
    if call.state is State.RINGING and call.direction is Direction.OUT:
        return replace(call, state=State.TALKING, answered_at=at, answered_by=call.extensions[0])
    ringing = call.ringing_extensions
    taker = extension if extension is not None else ringing[0]
    if taker not in ringing:
        raise IllegalAction(
            f"Extension {taker} does not ring for call {call.id}; these do: {list(ringing)}"
        )
    if call.state is State.CALLING_MANAGER:
        return replace(call, state=State.RINGING, rang_at=at)
    return replace(call, state=State.TALKING, answered_at=at, answered_by=taker)


def refuse(call: Call, at: float, extension: str | None = None) -> Call:
    """A leg says no. When the last one did, the call is busy; other legs ring on."""
    _demand(call, "be refused", State.CALLING_MANAGER, State.RINGING)
    if call.state is State.RINGING and call.direction is Direction.OUT:
        return _end(call, Cause.BUSY, at)
    ringing = call.ringing_extensions
    refuser = extension if extension is not None else ringing[0]
    if refuser not in ringing:
        raise IllegalAction(
            f"Extension {refuser} does not ring for call {call.id}; these do: {list(ringing)}"
        )
    call = replace(call, refused=call.refused | {refuser})
    return call if call.ringing_extensions else _end(call, Cause.BUSY, at)


def hang_up(call: Call, by: Party, at: float) -> Call:
    """Either party ends it; before the answer only the one who called can."""
    if call.state is State.ENDED:
        raise IllegalAction(f"Call {call.id} has ended")
    if call.state is State.TALKING:
        return _end(call, Cause.ANSWERED, at)
    caller = Party.CUSTOMER if call.direction is Direction.IN else Party.MANAGER
    if by is not caller:
        raise IllegalAction(f"Call {call.id} is not answered: the {by} can refuse it, not hang up")
    return _end(call, Cause.CANCELLED, at)


def ring_out(call: Call, at: float) -> Call:
    """Nobody picked up in time; a call that is no longer ringing stays as it is."""
    if call.state in (State.CALLING_MANAGER, State.RINGING):
        return _end(call, Cause.NO_ANSWER, at)
    return call


def fail(call: Call, at: float) -> Call:
    """The network gave up; an ended call stays as it is."""
    return call if call.state is State.ENDED else _end(call, Cause.FAILED, at)


def _end(call: Call, cause: Cause, at: float) -> Call:
    return replace(call, state=State.ENDED, cause=cause, ended_at=at)


def _demand(call: Call, what: str, *states: State) -> None:
    if call.state not in states:
        raise IllegalAction(f"Call {call.id} is {call.state} and cannot {what}")
