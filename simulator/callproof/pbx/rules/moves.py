"""What happens to a call by itself next, and when: a deadline, or something that its script says.

It follows from the call alone, so that a process which takes the call up again knows it as well.
"""

from enum import StrEnum

import msgspec

from callproof.pbx.rules import life, routing
from callproof.pbx.rules.call import Call, Cause, Direction, State
from callproof.pbx.rules.plan import NumberingPlan
from callproof.pbx.rules.routing import Situation
from callproof.pbx.rules.script import Disposition, Party, Script

TRANSFER_RINGS = 3.0
SHORTEST_MESSAGE = 5.0


class Act(StrEnum):
    """The parties' acts; EXPIRE is the end of what the present state may last, END that of any call."""

    ANSWER = "answer"
    REFUSE = "refuse"
    ENGAGED = "engaged"
    CUSTOMER_HANGS_UP = "customer hangs up"
    MANAGER_HANGS_UP = "manager hangs up"
    FAIL = "fail"
    HOLD = "hold"
    TAKE_BACK = "take back"
    TRANSFER = "transfer"
    EXPIRE = "expire"
    END = "end"


class Move(msgspec.Struct, frozen=True):
    at: float
    act: Act


def next_move(call: Call, plan: NumberingPlan) -> Move | None:
    """The earliest of all; at the same moment a party is faster than a deadline. None once it ended."""
    if call.state is State.ENDED:
        return None
    found = [Move(call.started_at + plan.longest_call, Act.END)]
    if call.deadline is not None:
        found.append(Move(call.deadline, Act.EXPIRE))
    if call.script and (move := _scripted(call, call.script)):
        found.insert(0, Move(max(move.at, call.since), move.act))
    return min(found, key=lambda move: (move.at, move.act in (Act.EXPIRE, Act.END)))


def _scripted(call: Call, script: Script) -> Move | None:
    match call.state:
        case State.CALLING_MANAGER:
            return Move(call.since + script.pick_up, Act.ANSWER)
        case State.DIALLED | State.QUEUED:
            if script.outcome is Disposition.CANCELLED:
                return Move(call.started_at + script.after, Act.CUSTOMER_HANGS_UP)
            return None
        case State.RINGING:
            return _while_ringing(call, script)
        case State.TALKING:
            return _while_talking(call, script)
        case State.HELD:
            return Move(call.since + script.hold, Act.TAKE_BACK)
        case State.TRANSFERRING:
            return Move(call.since + TRANSFER_RINGS, Act.ANSWER)
        case _:
            return Move(call.since + max(script.after, SHORTEST_MESSAGE), Act.CUSTOMER_HANGS_UP)


def _while_ringing(call: Call, script: Script) -> Move | None:
    first_ring = call.since if call.rang_at is None else call.rang_at
    match script.outcome:
        case Disposition.ANSWERED:
            return Move(first_ring + script.after, Act.ANSWER)
        case Disposition.CANCELLED:
            caller = call.direction is Direction.IN
            return Move(first_ring + script.after, _hangs_up(Party.CUSTOMER if caller else Party.MANAGER))
        case Disposition.FAILED:
            return Move(first_ring + script.after, Act.FAIL)
        case Disposition.REFUSED:
            return Move(call.since + script.after, Act.REFUSE)
        case Disposition.BUSY if call.direction is Direction.OUT:
            return Move(call.since + script.after, Act.ENGAGED)
        case _:
            return None


def _while_talking(call: Call, script: Script) -> Move:
    answered_at = call.since if call.answered_at is None else call.answered_at
    halfway = answered_at + script.talk / 2
    if script.transfer_to and not call.transfers and script.transfer_to != call.answered_by:
        return Move(halfway, Act.TRANSFER)
    if script.hold and not call.holds:
        return Move(halfway, Act.HOLD)
    return Move(answered_at + script.talk, _hangs_up(script.hung_up_by))


def _hangs_up(party: Party) -> Act:
    return Act.CUSTOMER_HANGS_UP if party is Party.CUSTOMER else Act.MANAGER_HANGS_UP


def perform(call: Call, act: Act, seen: Situation, at: float) -> Call:
    """Let the move happen. Raises IllegalAction when the state does not allow it."""
    match act:
        case Act.ANSWER:
            return life.answer(call, at)
        case Act.REFUSE:
            return routing.go_on(life.refuse(call, at), seen, at)
        case Act.ENGAGED:
            return life.engaged(call, at)
        case Act.CUSTOMER_HANGS_UP:
            return life.hang_up(call, Party.CUSTOMER, at)
        case Act.MANAGER_HANGS_UP:
            return life.hang_up(call, Party.MANAGER, at)
        case Act.FAIL:
            return life.fail(call, at)
        case Act.HOLD:
            return life.hold(call, at)
        case Act.TAKE_BACK:
            return life.take_back(call, at)
        case Act.TRANSFER:
            assert call.script is not None
            return transfer(call, call.script.transfer_to, seen, at)
        case Act.EXPIRE:
            return routing.expire(call, seen, at)
        case Act.END:
            if call.answered_at is None:
                return life.fail(call, at, "the longest time was over")
            return life.end(call, Cause.ANSWERED, at)


def transfer(call: Call, extension: str, seen: Situation, at: float) -> Call:
    """To an extension that can be rung; otherwise the talk goes on and the record says so."""
    plan = seen.plan
    if extension not in plan.extensions or extension in seen.busy:
        return life.transfer_in_vain(call, extension, at)
    until = at + plan.manager.ring_seconds
    return life.transfer(call, extension, plan.devices(extension), at, until=until)
