"""Where an incoming call goes: to the responsible manager, then through ring groups, queue, voicemail."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from itertools import islice

from msgspec.structs import replace

from callproof.pbx.rules import life
from callproof.pbx.rules.call import Call, State
from callproof.pbx.rules.plan import NumberingPlan, RingGroup, Strategy, Then


@dataclass(frozen=True, slots=True)
class Situation:
    """What routing looks at: the plan, who is busy, the CRM's last word on each manager's status.

    ``turns`` counts how often each group was entered, for the round robin.
    """

    plan: NumberingPlan
    busy: Set[str]
    statuses: Mapping[str, str]
    turns: Mapping[str, int]
    zone: str = "UTC"

    def free(self, extension: str) -> bool:
        """Not on a call, and the CRM's last status notice said nothing but free."""
        return extension not in self.busy and self.statuses.get(extension, "free") == "free"


def first(call: Call, manager: str | None, why: str, seen: Situation, at: float) -> Call:
    """The first choice. ``manager`` is the extension that the CRM named, ``why`` says why it did not.

    The manager is rung whatever the status, because the CRM has judged that already, but not during
    another call.
    """
    plan = seen.plan
    line = plan.line(call.line)
    if line is None:
        return life.turn_away(call, "the line is not in the plan any more", at)
    if not line.is_open(at, seen.zone):
        return _then(call, line.closed, "outside the hours of the line", seen, at)
    if manager is not None and manager in plan.extensions and manager not in seen.busy:
        return life.ring(
            call,
            {manager: plan.devices(manager)},
            "responsible manager",
            at,
            until=at + plan.manager.ring_seconds,
        )
    if manager is not None:
        why = f"extension {manager} is {'busy' if manager in plan.extensions else 'unknown here'}"
    return _enter(call, line.group, why, seen, at)


def expire(call: Call, seen: Situation, at: float) -> Call:
    """The present state has lasted to its deadline."""
    if call.state is State.DIALLED:
        limit = seen.plan.manager.lookup_seconds
        return first(call, None, f"the CRM named nobody within {limit:g} s", seen, at)
    if call.state is State.QUEUED:
        then = seen.plan.groups[call.group].no_answer
        return _then(call, then, "nobody became free in time", seen, at)
    return go_on(life.expire(call, at), seen, at)


def go_on(call: Call, seen: Situation, at: float) -> Call:
    """When nobody of those who rang took an incoming call, the next choice; else the call as it is."""
    if not call.awaits_routing:
        return call
    plan = seen.plan
    if not call.group:
        then, line = plan.manager.no_answer, plan.line(call.line)
        why = "the responsible manager did not take it"
        if then.action == "line-group" and line is not None:
            return _enter(call, line.group, why, seen, at)
        return _then(call, then, why, seen, at)
    group = plan.groups[call.group]
    for place, extension in enumerate(call.left, start=1):
        if seen.free(extension):
            return life.ring(
                call,
                {extension: plan.devices(extension)},
                f"next of group {group.name}",
                at,
                until=at + group.ring_seconds,
                group=group.name,
                left=call.left[place:],
            )
    return _then(call, group.no_answer, f"nobody of group {group.name} took it", seen, at)


def leave_queue(call: Call, seen: Situation, at: float) -> Call:
    """Ring whoever of the group has become free; the call stays as it is when nobody has."""
    group = seen.plan.groups[call.group]
    if not any(seen.free(extension) for extension in group.extensions):
        return call
    return _ring_group(call, group, f"group {group.name}, from the queue", seen, at)


def _enter(call: Call, name: str, why: str, seen: Situation, at: float) -> Call:
    group = seen.plan.groups[name]
    if any(seen.free(extension) for extension in group.extensions):
        return _ring_group(call, group, f"ring group {name}, {why}", seen, at)
    nobody = f"nobody is free, {why}"
    if group.queue_seconds:
        return life.queue(call, nobody, at, until=at + group.queue_seconds, group=name)
    return _then(call, group.no_answer, nobody, seen, at)


def _ring_group(call: Call, group: RingGroup, reason: str, seen: Situation, at: float) -> Call:
    members = group.extensions
    if group.strategy is Strategy.ROUND_ROBIN:
        turn = seen.turns.get(group.name, 0) % len(members)
        members = members[turn:] + members[:turn]
    # Of many extensions nobody looks at more than will be rung.
    found = (extension for extension in members if seen.free(extension))
    left: tuple[str, ...] = ()
    if group.strategy is Strategy.RING_ALL:
        free = tuple(found)
    elif group.tries:
        first, *others = islice(found, group.tries)
        free, left = (first,), tuple(others)
    else:
        free = (next(found),)
        left = members[members.index(free[0]) + 1 :]
    targets = {extension: seen.plan.devices(extension) for extension in free}
    until = at + group.ring_seconds
    return life.ring(call, targets, reason, at, until=until, group=group.name, left=left)


def _then(call: Call, then: Then, why: str, seen: Situation, at: float) -> Call:
    if then.action == "group":
        return _enter(replace(call, left=()), then.group, why, seen, at)
    if then.action == "voicemail":
        return life.voicemail(call, why, at, until=at + seen.plan.voicemail_seconds)
    return life.turn_away(call, why, at)
