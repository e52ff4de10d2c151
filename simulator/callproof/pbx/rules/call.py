"""The life of one call inside the virtual PBX, as a state machine over immutable values.

::

    DIALLED ----> RINGING ----> TALKING <----> HELD          an incoming call; a group may ring anew
       |  \\      /  |  \\          |  \\         |
       |   QUEUED   |  VOICEMAIL   |   TRANSFERRING          another extension rings meanwhile
       |            |              |
    CALLING_MANAGER -> RINGING ----+                         click-to-call; a desk phone begins at RINGING

Every state leads to ENDED. What cannot happen raises ``IllegalAction`` and leaves the call as it was.
Moments are seconds since 1970.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from callproof.errors import Refusal
from callproof.pbx.rules.script import Party, Script


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


@dataclass(frozen=True, slots=True)
class Leg:
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


@dataclass(frozen=True, slots=True)
class Choice:
    """One decision where the call goes, and why."""

    at: float
    extensions: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Call:
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
        return round(self.ended_at - self.answered_at)

    @property
    def waiting(self) -> int:
        """Whole seconds from the start to the answer or, without one, to the end."""
        end = self.answered_at if self.answered_at is not None else self.ended_at
        return round(end - self.started_at) if end is not None else 0

    @property
    def recorded(self) -> int:
        """Whole seconds of the recording: the talk, or the message that the caller left."""
        if self.message_at is not None and self.ended_at is not None:
            return round(self.ended_at - self.message_at)
        return self.duration

    @property
    def ringing_extensions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(leg.extension for leg in self.legs if leg.rings))

    @property
    def occupied(self) -> tuple[str, ...]:
        """The extensions that this call keeps from taking another one."""
        return tuple(dict.fromkeys(leg.extension for leg in self.legs if leg.lasts))

    @property
    def reason(self) -> str:
        """Why the call went where it is."""
        return self.choices[-1].reason if self.choices else ""


def incoming(
    call_id: str, phone: str, line: str, at: float, *, until: float, script: Script | None = None
) -> Call:
    """A customer dials a line."""
    return Call(call_id, Direction.IN, phone, line, at, State.DIALLED, at, deadline=until, script=script)


def click_to_call(
    call_id: str,
    phone: str,
    line: str,
    extension: str,
    devices: tuple[str, ...],
    at: float,
    *,
    until: float,
    script: Script | None = None,
) -> Call:
    """The CRM asked for a call: the manager's extension rings first."""
    call = Call(
        call_id, Direction.OUT, phone, line, at, State.CALLING_MANAGER, at, deadline=until, script=script
    )
    return replace(call, legs=_legs({extension: devices}, at))


def dial_out(
    call_id: str,
    phone: str,
    line: str,
    extension: str,
    device: str,
    at: float,
    *,
    until: float,
    script: Script | None = None,
) -> Call:
    """A manager dials on a desk phone: the customer rings at once."""
    call = Call(call_id, Direction.OUT, phone, line, at, State.RINGING, at, deadline=until, script=script)
    return replace(call, legs=(Leg(extension, device, at, answered_at=at),), told=(extension,), rang_at=at)


def ring(
    call: Call,
    targets: Mapping[str, tuple[str, ...]],
    reason: str,
    at: float,
    *,
    until: float,
    group: str = "",
    left: tuple[str, ...] = (),
) -> Call:
    """Ring these extensions on all their devices; what rang before stops."""
    _demand(call, "be routed", State.DIALLED, State.QUEUED, State.RINGING)
    call = _stop_ringing(call, "no answer", at)
    told = tuple(dict.fromkeys((*call.told, *targets)))
    return replace(
        _chosen(call, tuple(targets), reason, at),
        state=State.RINGING,
        since=at,
        deadline=until,
        legs=(*call.legs, *_legs(targets, at)),
        told=told,
        rang_at=at if call.rang_at is None else call.rang_at,
        group=group,
        left=left,
    )


def queue(call: Call, reason: str, at: float, *, until: float, group: str) -> Call:
    """Wait for an extension of the group to become free."""
    _demand(call, "wait in a queue", State.DIALLED, State.RINGING)
    call = _chosen(_stop_ringing(call, "no answer", at), (), reason, at)
    return replace(
        call, state=State.QUEUED, since=at, deadline=until, queued_until=until, group=group, left=()
    )


def answer(call: Call, at: float, extension: str | None = None, device: str | None = None) -> Call:
    """The next party picks up: an extension that rings, or the customer of an outgoing call."""
    _demand(call, "be answered", State.CALLING_MANAGER, State.RINGING, State.TRANSFERRING)
    if customer_rings(call):
        return _talking(replace(call, answered_at=at, answered_by=call.legs[0].extension), at)
    taker = _ringing_leg(call, extension, device)
    call = _each_leg(call, lambda leg: replace(leg, answered_at=at) if leg == taker else leg)
    others = "answered elsewhere"
    if call.state is State.CALLING_MANAGER:
        call = _stop_ringing(call, others, at)
        # The customer is rung as long as the manager was.
        until = None if call.deadline is None else at + call.deadline - call.since
        return replace(
            call, state=State.RINGING, since=at, deadline=until, rang_at=at, told=(taker.extension,)
        )
    if call.state is State.TRANSFERRING:
        leaves = call.answered_by
        call = _each_leg(
            call, lambda leg: _over(leg, "transferred", at) if leg.extension == leaves else leg
        )
    answered_at = at if call.answered_at is None else call.answered_at
    call = _stop_ringing(call, others, at)
    return _talking(replace(call, answered_at=answered_at, answered_by=taker.extension), at)


def refuse(call: Call, at: float, extension: str | None = None, device: str | None = None) -> Call:
    """A party that rings says no.

    When the last leg of an incoming call did, nobody rings any more and ``routing`` has to go on.
    """
    _demand(call, "be refused", State.CALLING_MANAGER, State.RINGING, State.TRANSFERRING)
    if customer_rings(call):
        return end(call, Cause.REFUSED, at)
    refuser = _ringing_leg(call, extension, device)
    call = _each_leg(
        call,
        lambda leg: (
            _over(leg, "refused", at)
            if leg.rings and leg.extension == refuser.extension and device in (None, leg.device)
            else leg
        ),
    )
    if call.ringing_extensions:
        return call
    if call.state is State.TRANSFERRING:
        return _talking(call, at)
    return end(call, Cause.REFUSED, at) if call.state is State.CALLING_MANAGER else call


def engaged(call: Call, at: float) -> Call:
    """The customer of an outgoing call is on the telephone."""
    if not customer_rings(call):
        raise IllegalAction(f"Call {call.id} rings no customer who could be engaged")
    return end(call, Cause.BUSY, at)


def hold(call: Call, at: float) -> Call:
    _demand(call, "be held", State.TALKING)
    return replace(call, state=State.HELD, since=at, holds=call.holds + 1)


def take_back(call: Call, at: float) -> Call:
    """The end of a hold."""
    _demand(call, "be taken back", State.HELD)
    return _talking(call, at)


def transfer(call: Call, extension: str, devices: tuple[str, ...], at: float, *, until: float) -> Call:
    """Ring another extension while the customer waits; who answers there has the call."""
    _demand(call, "be transferred", State.TALKING, State.HELD)
    if extension == call.answered_by:
        raise IllegalAction(f"Extension {extension} has call {call.id} already")
    call = _chosen(call, (extension,), f"transferred by {call.answered_by}", at)
    return replace(
        call,
        state=State.TRANSFERRING,
        since=at,
        deadline=until,
        legs=(*call.legs, *_legs({extension: devices}, at)),
        told=tuple(dict.fromkeys((*call.told, extension))),
        transfers=call.transfers + 1,
    )


def transfer_in_vain(call: Call, extension: str, at: float) -> Call:
    """The extension cannot be rung; the talk goes on."""
    _demand(call, "be transferred", State.TALKING, State.HELD)
    call = _chosen(call, (), f"not transferred: extension {extension} cannot be rung", at)
    return replace(call, transfers=call.transfers + 1)


def voicemail(call: Call, reason: str, at: float, *, until: float) -> Call:
    """The caller speaks to a machine."""
    _demand(call, "go to voicemail", State.DIALLED, State.QUEUED, State.RINGING)
    call = _chosen(_stop_ringing(call, "no answer", at), (), reason, at)
    return replace(call, state=State.VOICEMAIL, since=at, deadline=until, message_at=at)


def hang_up(call: Call, by: Party, at: float) -> Call:
    """Either party ends it; before the answer only the one who called can."""
    if call.state is State.ENDED:
        raise IllegalAction(f"Call {call.id} has ended")
    if call.answered_at is not None:
        return end(call, Cause.ANSWERED, at)
    caller = Party.CUSTOMER if call.direction is Direction.IN else Party.MANAGER
    if by is not caller:
        raise IllegalAction(f"Call {call.id} is not answered: the {by} can refuse it, not hang up")
    return end(call, Cause.NO_ANSWER if call.state is State.VOICEMAIL else Cause.CANCELLED, at)


def fail(call: Call, at: float, why: str = "the network dropped it") -> Call:
    """The network gave up; an ended call stays as it is."""
    if call.state is State.ENDED:
        return call
    when = "in the talk" if call.answered_at is not None else "before the answer"
    return end(_chosen(call, (), f"{why} {when}", at), Cause.FAILED, at)


def expire(call: Call, at: float) -> Call:
    """The present state has lasted to its deadline.

    Ringing extensions stop; those of an incoming call leave it to ``routing`` to go on.
    """
    match call.state:
        case State.TRANSFERRING:
            return _talking(_stop_ringing(call, "no answer", at), at)
        case State.RINGING if call.direction is Direction.IN:
            return _stop_ringing(call, "no answer", at)
        case State.CALLING_MANAGER | State.RINGING | State.VOICEMAIL:
            return end(call, Cause.NO_ANSWER, at)
        case _:
            return call


def turn_away(call: Call, reason: str, at: float) -> Call:
    """Nobody takes an incoming call: it was refused, rang out, or found nobody to ring."""
    _demand(call, "be turned away", State.DIALLED, State.QUEUED, State.RINGING)
    call = _stop_ringing(call, "no answer", at)
    outcomes = {leg.outcome for leg in call.legs}
    if not outcomes:
        cause = Cause.NO_ANSWER if call.queued_until is not None else Cause.BUSY
    else:
        cause = Cause.REFUSED if outcomes == {"refused"} else Cause.NO_ANSWER
    return end(_chosen(call, (), reason, at), cause, at)


def end(call: Call, cause: Cause, at: float) -> Call:
    told_by_cause = (Cause.ANSWERED, Cause.NO_ANSWER, Cause.FAILED)
    outcome = cause.value if cause in told_by_cause else "cancelled"
    call = _each_leg(call, lambda leg: _over(leg, outcome, at) if leg.lasts else leg)
    return replace(call, state=State.ENDED, since=at, deadline=None, cause=cause, ended_at=at)


def customer_rings(call: Call) -> bool:
    return call.direction is Direction.OUT and call.state is State.RINGING


def awaits_routing(call: Call) -> bool:
    """Whether nobody rings any more, so that somebody has to decide where the caller goes."""
    return call.direction is Direction.IN and call.state is State.RINGING and not call.ringing_extensions


def _talking(call: Call, at: float) -> Call:
    return replace(call, state=State.TALKING, since=at, deadline=None)


def _chosen(call: Call, extensions: tuple[str, ...], reason: str, at: float) -> Call:
    return replace(call, choices=(*call.choices, Choice(at, extensions, reason)))


def _legs(targets: Mapping[str, tuple[str, ...]], at: float) -> tuple[Leg, ...]:
    return tuple(Leg(code, device, at) for code, devices in targets.items() for device in devices)


def _ringing_leg(call: Call, extension: str | None, device: str | None) -> Leg:
    ringing = [leg for leg in call.legs if leg.rings]
    for leg in ringing:
        if extension in (None, leg.extension) and device in (None, leg.device):
            return leg
    named = f"{extension or 'any extension'}{f' on {device}' if device else ''}"
    known = [f"{leg.extension} on {leg.device}" for leg in ringing]
    raise IllegalAction(f"Extension {named} does not ring for call {call.id}; these do: {known}")


def _stop_ringing(call: Call, outcome: str, at: float) -> Call:
    return _each_leg(call, lambda leg: _over(leg, outcome, at) if leg.rings else leg)


def _each_leg(call: Call, change: Callable[[Leg], Leg]) -> Call:
    return replace(call, legs=tuple(change(leg) for leg in call.legs))


def _over(leg: Leg, outcome: str, at: float) -> Leg:
    return replace(leg, ended_at=at, outcome=outcome) if leg.lasts else leg


def _demand(call: Call, what: str, *states: State) -> None:
    if call.state not in states:
        raise IllegalAction(f"Call {call.id} is {call.state} and cannot {what}")
