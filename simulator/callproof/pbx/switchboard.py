"""What goes on in the exchange at this moment, kept in memory beside the store.

One process owns a store, so what it has written itself needs no second look. Not safe for threads; the
engine holds its lock.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping

from callproof.pbx.rules.call import Call, State
from callproof.pbx.rules.plan import NumberingPlan
from callproof.pbx.rules.routing import Situation


class Switchboard:
    """``statuses`` are the CRM's last words on each extension."""

    def __init__(
        self, plan: NumberingPlan, zone: str, calls: Iterable[Call], statuses: Mapping[str, str]
    ) -> None:
        self.statuses = dict(statuses)
        self._plan = plan
        self._calls: dict[str, Call] = {}
        self._busy: dict[str, str] = {}
        self._queue: dict[str, None] = {}
        self._turns: dict[str, int] = {}
        # By their places in the plan: of many extensions nobody looks for the free ones again and again.
        self._extensions = list(plan.extensions)
        self._places = {extension: place for place, extension in enumerate(self._extensions)}
        self._free = list(range(len(self._extensions)))
        self._members = {
            name: {extension: place for place, extension in enumerate(group.extensions)}
            for name, group in plan.groups.items()
        }
        # The situation looks at these tables as they are, it copies nothing.
        self.situation = Situation(plan, self._busy.keys(), self.statuses, self._turns, zone)
        for call in calls:
            self.put(None, call)

    def call(self, call_id: str) -> Call | None:
        """A call that goes on."""
        return self._calls.get(call_id)

    def calls(self) -> list[Call]:
        """The calls that go on, in the order of their beginning."""
        return list(self._calls.values())

    def free(self, at: float | None = None) -> list[str]:
        """The extensions of the plan without a call, in its order; with ``at``, from 0 to 1, the one that
        stands there."""
        found = self._free if at is None else self._free[int(at * len(self._free)) :][:1]
        return [self._extensions[place] for place in found]

    def queued(self) -> list[Call]:
        """Who waits for a free extension, in the order of their arrival."""
        return [self._calls[call_id] for call_id in self._queue]

    def put(self, before: Call | None, after: Call) -> bool:
        """Take in a step of a call; says whether an extension became free by it."""
        if after.state is State.ENDED:
            self._calls.pop(after.id, None)
        else:
            self._calls[after.id] = after
        if after.state is State.QUEUED:
            self._queue[after.id] = None
        else:
            self._queue.pop(after.id, None)
        was, now = set(before.occupied) if before else set(), set(after.occupied)
        for extension in was - now:
            if self._busy.get(extension) == after.id:
                del self._busy[extension]
                self._vacate(extension)
        for extension in now - was:
            if extension not in self._busy:
                self._occupy(extension)
            self._busy[extension] = after.id
        self._count_turn(before, after)
        return bool(was - now)

    def _vacate(self, extension: str) -> None:
        if (place := self._places.get(extension)) is not None:
            insort(self._free, place)

    def _occupy(self, extension: str) -> None:
        """An extension of a call may stand in no plan any more."""
        if (place := self._places.get(extension)) is not None:
            del self._free[bisect_left(self._free, place)]

    def _count_turn(self, before: Call | None, after: Call) -> None:
        """The next round of a group begins behind the extension that was rung last."""
        group = self._plan.groups.get(after.group)
        if group is None or len(after.legs) == (len(before.legs) if before else 0):
            return
        place = self._members[after.group].get(after.legs[-1].extension)
        if place is not None:
            self._turns[group.name] = place + 1
