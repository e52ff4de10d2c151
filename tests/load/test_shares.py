"""Workers come and go, and every call of the plan is begun by exactly one of them."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from callproof.load import curve
from callproof.load.messages import packed, unpacked
from callproof.load.schedule import Schedule
from callproof.load.shares import LEAD, Desk, Order, Roster

STEP = 0.25
DURATION = 20.0
PLAN = Schedule(curve.constant(12, DURATION), 7)
# In each step a worker comes, one that is there dies, or nothing happens.
CHANGES = st.lists(st.sampled_from(("come", "die", "", "", "", "")), max_size=int(DURATION / STEP))


class Crew:
    """Workers that report in each step, on one clock that a test moves."""

    def __init__(self) -> None:
        self.roster = Roster()
        self.desks: dict[str, Desk] = {}
        self.begun: Counter[str] = Counter()
        self.moments: dict[str, float] = {}
        self.came = 0

    def come(self) -> None:
        self.came += 1
        name = f"worker {self.came}"
        self.desks[name] = Desk(PLAN)
        self.roster.join(name)

    def die(self) -> None:
        if self.desks:
            name = next(iter(self.desks))
            del self.desks[name]
            self.roster.leave(name)

    def step(self, now: float) -> None:
        for name, order in self.roster.change(now).items():
            self.desks[name].obey(unpacked(packed(order), Order))
        for name, desk in self.desks.items():
            for moment, begin, _ in desk.take(now):
                self.begun[begin.name] += 1
                self.moments[begin.name] = moment
            self.roster.reported(name, now, desk.orders)


@given(CHANGES)
def test_every_call_is_begun_once_whoever_comes_and_goes(changes: list[str]) -> None:
    crew = Crew()
    crew.come()
    crew.step(-LEAD)
    now = 0.0
    for change in changes:
        if change:
            getattr(crew, change)()
        crew.step(now)
        now += STEP
    if not crew.desks:
        crew.come()
    # What was taken over last ends as long after the run as its worker was missed.
    while now < 3 * DURATION + 2 * LEAD:
        crew.step(now)
        now += STEP
    planned = Counter(begin.name for begin in PLAN.begins(0, DURATION))
    assert crew.begun == planned
    assert all(desk.empty for desk in crew.desks.values())


@given(CHANGES, st.lists(st.sampled_from((0.0, 0.3, 1.0, 2.5)), min_size=1, max_size=4))
def test_every_call_of_a_plan_that_was_turned_is_begun_once(changes: list[str], turns: list[float]) -> None:
    crew = Crew()
    crew.come()
    crew.step(-LEAD)
    now, left = 0.0, list(turns)
    while now < 3 * DURATION + 2 * LEAD:
        if left and now >= 4.0 * (len(turns) - len(left) + 1):
            crew.roster.turn(left.pop(0))
        if changes and (change := changes.pop()):
            getattr(crew, change)()
        if not crew.desks:
            crew.come()
        crew.step(now)
        now += STEP
    ends = [at for at, _ in crew.roster.paces[1:]] + [DURATION]
    planned = Counter(
        begin.name
        for (start, pace), end in zip(crew.roster.paces, ends, strict=True)
        for begin in PLAN.begins(start, end, pace)
    )
    assert crew.begun == planned
    assert [pace.factor for _, pace in crew.roster.paces] == [1.0, *turns]


def test_calls_are_divided_evenly() -> None:
    crew = Crew()
    for _ in range(3):
        crew.come()
    crew.roster.change(-LEAD)
    orders = Roster()
    for name in ("a", "b", "c"):
        orders.join(name)
    counts = [sum(1 for _ in PLAN.share(order.duties[0])) for order in orders.change(-LEAD).values()]
    assert sum(counts) == sum(1 for _ in PLAN.begins(0, DURATION))
    assert max(counts) - min(counts) <= 2


def test_what_a_dead_worker_left_keeps_its_pace() -> None:
    crew = Crew()
    crew.come()
    crew.come()
    crew.step(-LEAD)
    for step in range(20):
        crew.step(step * STEP)
    crew.die()
    now = 19 * STEP + 4
    while now < 3 * DURATION:
        crew.step(now)
        now += STEP
    late = {b.name: crew.moments[b.name] - b.at for b in PLAN.begins(0, DURATION)}
    shifted = {round(delay, 9) for delay in late.values() if delay}
    assert shifted == {4 + LEAD}


def test_a_worker_that_has_not_heard_its_order_leaves_all_of_it() -> None:
    roster = Roster()
    roster.join("a")
    roster.join("b")
    roster.change(-LEAD)
    roster.reported("a", 5.0, 1)
    roster.leave("b")
    (order,) = roster.change(6.0).values()
    assert [(duty.start, duty.end, duty.shift) for duty in order.duties] == [
        (7.0, float("inf"), 0.0),
        (0.0, 7.0, 7.0),
    ]
    assert not roster.obeyed()
    roster.reported("a", 6.5, 2)
    assert roster.obeyed()
