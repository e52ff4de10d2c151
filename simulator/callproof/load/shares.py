"""Who makes which calls, while workers come and go: every call of the schedule is made by exactly one.

The master gives each worker duties; whenever the set of workers changes, all duties end at one moment a
little ahead, and new ones begin there. What a worker that is gone had still to do until then is divided
among the others, who make those calls from that moment on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from callproof.load.schedule import PLANNED, Begin, Duty, Pace, Schedule

# Seconds between an order and its moment; longer than a message travels and a worker looks ahead.
LEAD = 1.0


@dataclass(frozen=True)
class Order:
    """Duties that were given before end at ``cut``; ``number`` counts the orders."""

    number: int
    cut: float
    duties: tuple[Duty, ...]


@dataclass
class _Worker:
    """``duties`` by the number of their order; ``done`` holds for the orders up to ``obeyed``."""

    duties: list[tuple[int, Duty]] = field(default_factory=list)
    done: float = 0.0
    obeyed: int = 0

    def left(self) -> list[Duty]:
        """What it has not said to have done."""
        found = [
            replace(duty, start=max(duty.start, self.done - duty.shift)) if order <= self.obeyed else duty
            for order, duty in self.duties
        ]
        return [duty for duty in found if duty.start < duty.end]


class Roster:
    """The master's list of workers and of what each of them has to do."""

    def __init__(self) -> None:
        self._workers: dict[str, _Worker] = {}
        self._left: list[Duty] = []
        self._changed = False
        self.orders = 0
        self.pace = PLANNED
        # From which moment on which pace held.
        self.paces = [(0.0, PLANNED)]

    def turn(self, factor: float) -> None:
        """From the next order on calls begin at so many times the curve's rate."""
        self.pace = Pace(self.pace.number + 1, factor)
        self._changed = True

    @property
    def workers(self) -> tuple[str, ...]:
        return tuple(self._workers)

    def join(self, name: str) -> None:
        if name not in self._workers:
            self._workers[name] = _Worker()
            self._changed = True

    def leave(self, name: str) -> None:
        """The worker is gone; what it had to do from its last report on is for the others."""
        gone = self._workers.pop(name, None)
        if gone is not None:
            self._left += gone.left()
            self._changed = True

    def reported(self, name: str, done: float, obeyed: int) -> None:
        """The worker has begun all its calls up to this moment, by the orders up to this number."""
        if name in self._workers:
            worker = self._workers[name]
            worker.done, worker.obeyed = done, obeyed
            worker.duties = [
                (order, duty)
                for order, duty in worker.duties
                if order > obeyed or duty.end + duty.shift > done
            ]

    def obeyed(self) -> bool:
        """Whether every worker has said that it knows the last order."""
        return all(worker.obeyed == self.orders for worker in self._workers.values())

    def change(self, now: float) -> Mapping[str, Order]:
        """An order for each worker when the set of them has changed, else nothing."""
        if not self._changed or not self._workers:
            return {}
        self._changed = False
        self.orders += 1
        # Before the first order nobody has anything to do, so that it begins where the schedule does.
        cut = now + LEAD if self.orders > 1 else 0.0
        if self.pace != self.paces[-1][1]:
            self.paces.append((cut, self.pace))
        left = [replace(duty, end=min(duty.end, cut)) for duty in self._left]
        self._left = []
        of = len(self._workers)
        orders = {}
        for index, (name, worker) in enumerate(self._workers.items()):
            # From 0 the picks of a number divide it without a rest.
            new = [Duty(cut, picks=((of, index),), pace=self.pace)]
            new += [
                replace(duty, picks=(*duty.picks, (of, index)), shift=cut - duty.start)
                for duty in left
                if duty.start < duty.end
            ]
            kept = [(order, replace(duty, end=min(duty.end, cut))) for order, duty in worker.duties]
            worker.duties = kept + [(self.orders, duty) for duty in new]
            orders[name] = Order(self.orders, cut, tuple(new))
        return orders


class Desk:
    """A worker's list of calls that it has to begin."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._open: list[_Course] = []
        self.orders = 0

    def obey(self, order: Order) -> None:
        for course in self._open:
            course.end = min(course.end, order.cut)
        self._open += [_Course(self._schedule, duty) for duty in order.duties]
        self.orders = order.number

    def take(self, until: float) -> list[tuple[float, Begin, bool]]:
        """The calls that begin by then and were not taken before: when, which, whether another's."""
        taken = sorted(
            (begin.at + course.shift, begin, course.shift > 0)
            for course in self._open
            for begin in course.take(until)
        )
        self._open = [course for course in self._open if not course.over(until)]
        return taken

    @property
    def empty(self) -> bool:
        """Whether nothing is left to begin, unless another order comes."""
        return not self._open


class _Course:
    """How far a duty is done."""

    def __init__(self, schedule: Schedule, duty: Duty) -> None:
        self._begins: Iterator[Begin] = schedule.share(duty)
        self._next = next(self._begins, None)
        self.end = duty.end
        self.shift = duty.shift

    def take(self, until: float) -> Iterator[Begin]:
        while self._next is not None and self._next.at + self.shift <= until and self._next.at < self.end:
            yield self._next
            self._next = next(self._begins, None)

    def over(self, until: float) -> bool:
        return self._next is None or (self._next.at >= self.end and self.end + self.shift <= until)
