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

from collections.abc import Mapping

from msgspec.structs import replace

from callproof.pbx.rules.call import Call, Cause, Direction, IllegalAction, Leg, State
from callproof.pbx.rules.legs import (
    chosen,
    demand,
    each_leg,
    new_legs,
    over,
    ringing_leg,
    stop_ringing,
)
from callproof.pbx.rules.script import Party, Script


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
    return replace(call, legs=new_legs({extension: devices}, at))


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
    demand(call, "be routed", State.DIALLED, State.QUEUED, State.RINGING)
    call = stop_ringing(call, "no answer", at)
    told = tuple(dict.fromkeys((*call.told, *targets)))
    return replace(
        chosen(call, tuple(targets), reason, at),
        state=State.RINGING,
        since=at,
        deadline=until,
        legs=(*call.legs, *new_legs(targets, at)),
        told=told,
        rang_at=at if call.rang_at is None else call.rang_at,
        group=group,
        left=left,
    )


def queue(call: Call, reason: str, at: float, *, until: float, group: str) -> Call:
    """Wait for an extension of the group to become free."""
    demand(call, "wait in a queue", State.DIALLED, State.RINGING)
    call = chosen(stop_ringing(call, "no answer", at), (), reason, at)
    return replace(
        call, state=State.QUEUED, since=at, deadline=until, queued_until=until, group=group, left=()
    )


def answer(call: Call, at: float, extension: str | None = None, device: str | None = None) -> Call:
    """The next party picks up: an extension that rings, or the customer of an outgoing call."""
    demand(call, "be answered", State.CALLING_MANAGER, State.RINGING, State.TRANSFERRING)
    if call.rings_customer:
        return _talking(replace(call, answered_at=at, answered_by=call.legs[0].extension), at)
    taker = ringing_leg(call, extension, device)
    call = each_leg(call, lambda leg: replace(leg, answered_at=at) if leg == taker else leg)
    others = "answered elsewhere"
    if call.state is State.CALLING_MANAGER:
        call = stop_ringing(call, others, at)
        # The customer is rung as long as the manager was.
        until = None if call.deadline is None else at + call.deadline - call.since
        return replace(
            call, state=State.RINGING, since=at, deadline=until, rang_at=at, told=(taker.extension,)
        )
    if call.state is State.TRANSFERRING:
        leaves = call.answered_by
        call = each_leg(call, lambda leg: over(leg, "transferred", at) if leg.extension == leaves else leg)
    answered_at = at if call.answered_at is None else call.answered_at
    call = stop_ringing(call, others, at)
    return _talking(replace(call, answered_at=answered_at, answered_by=taker.extension), at)


def refuse(call: Call, at: float, extension: str | None = None, device: str | None = None) -> Call:
    """A party that rings says no.

    When the last leg of an incoming call did, nobody rings any more and ``routing`` has to go on.
    """
    demand(call, "be refused", State.CALLING_MANAGER, State.RINGING, State.TRANSFERRING)
    if call.rings_customer:
        return end(call, Cause.REFUSED, at)
    refuser = ringing_leg(call, extension, device)
    call = each_leg(
        call,
        lambda leg: (
            over(leg, "refused", at)
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
    if not call.rings_customer:
        raise IllegalAction(f"Call {call.id} rings no customer who could be engaged")
    return end(call, Cause.BUSY, at)


def hold(call: Call, at: float) -> Call:
    demand(call, "be held", State.TALKING)
    return replace(call, state=State.HELD, since=at, holds=call.holds + 1)


def take_back(call: Call, at: float) -> Call:
    """The end of a hold."""
    demand(call, "be taken back", State.HELD)
    return _talking(call, at)


def transfer(call: Call, extension: str, devices: tuple[str, ...], at: float, *, until: float) -> Call:
    """Ring another extension while the customer waits; who answers there has the call."""
    demand(call, "be transferred", State.TALKING, State.HELD)
    if extension == call.answered_by:
        raise IllegalAction(f"Extension {extension} has call {call.id} already")
    call = chosen(call, (extension,), f"transferred by {call.answered_by}", at)
    return replace(
        call,
        state=State.TRANSFERRING,
        since=at,
        deadline=until,
        legs=(*call.legs, *new_legs({extension: devices}, at)),
        told=tuple(dict.fromkeys((*call.told, extension))),
        transfers=call.transfers + 1,
    )


def transfer_in_vain(call: Call, extension: str, at: float) -> Call:
    """The extension cannot be rung; the talk goes on."""
    demand(call, "be transferred", State.TALKING, State.HELD)
    call = chosen(call, (), f"not transferred: extension {extension} cannot be rung", at)
    return replace(call, transfers=call.transfers + 1)


def voicemail(call: Call, reason: str, at: float, *, until: float) -> Call:
    """The caller speaks to a machine."""
    demand(call, "go to voicemail", State.DIALLED, State.QUEUED, State.RINGING)
    call = chosen(stop_ringing(call, "no answer", at), (), reason, at)
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
    return end(chosen(call, (), f"{why} {when}", at), Cause.FAILED, at)


def expire(call: Call, at: float) -> Call:
    """The present state has lasted to its deadline.

    Ringing extensions stop; those of an incoming call leave it to ``routing`` to go on.
    """
    match call.state:
        case State.TRANSFERRING:
            return _talking(stop_ringing(call, "no answer", at), at)
        case State.RINGING if call.direction is Direction.IN:
            return stop_ringing(call, "no answer", at)
        case State.CALLING_MANAGER | State.RINGING | State.VOICEMAIL:
            return end(call, Cause.NO_ANSWER, at)
        case _:
            return call


def turn_away(call: Call, reason: str, at: float) -> Call:
    """Nobody takes an incoming call: it was refused, rang out, or found nobody to ring."""
    demand(call, "be turned away", State.DIALLED, State.QUEUED, State.RINGING)
    call = stop_ringing(call, "no answer", at)
    outcomes = {leg.outcome for leg in call.legs}
    if not outcomes:
        cause = Cause.NO_ANSWER if call.queued_until is not None else Cause.BUSY
    else:
        cause = Cause.REFUSED if outcomes == {"refused"} else Cause.NO_ANSWER
    return end(chosen(call, (), reason, at), cause, at)


def end(call: Call, cause: Cause, at: float) -> Call:
    told_by_cause = (Cause.ANSWERED, Cause.NO_ANSWER, Cause.FAILED)
    outcome = cause.value if cause in told_by_cause else "cancelled"
    call = each_leg(call, lambda leg: over(leg, outcome, at) if leg.lasts else leg)
    return replace(call, state=State.ENDED, since=at, deadline=None, cause=cause, ended_at=at)


def _talking(call: Call, at: float) -> Call:
    return replace(call, state=State.TALKING, since=at, deadline=None)
