"""Clocks of a machine that sleeps, and whose date somebody sets."""

from dataclasses import dataclass
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callproof.clocks import machine
from callproof.clocks.course import Course
from callproof.clocks.real import RealClock, ScaledClock

HOUR = 3600.0
MOMENT = 1_700_000_000.0


@dataclass
class Machine:
    """What it says of its date, and how much time has passed since it was started, asleep or not."""

    date: float = MOMENT
    passed: float = 50.0

    def go_on(self, seconds: float) -> None:
        self.date += seconds
        self.passed += seconds

    def course(self, speed: float = 1) -> Course:
        return Course(speed, lambda: self.date, lambda: self.passed)


STEPS = st.lists(st.tuples(st.sampled_from(["goes on", "is set"]), st.integers(0, 100_000)), max_size=20)


@given(STEPS)
def test_the_date_is_the_machines_and_the_count_what_has_passed(steps: list[tuple[str, int]]) -> None:
    machine = Machine()
    course, began = machine.course(), machine.passed
    count = course.count()
    for what, seconds in steps:
        if what == "goes on":
            machine.go_on(seconds)
        else:
            machine.date = MOMENT - 50_000 + seconds
        assert course.now() == machine.date
        assert course.count() - count == pytest.approx(machine.passed - began)


@given(STEPS, st.lists(st.sampled_from([0.0, 0.5, 1.0, 60.0]), max_size=20))
def test_another_speed_begins_where_the_date_and_the_count_were(
    steps: list[tuple[str, int]], speeds: list[float]
) -> None:
    machine = Machine()
    course = machine.course()
    for (what, seconds), speed in zip(steps, speeds, strict=False):
        before = course.now(), course.count()
        course.run(speed)
        assert (course.now(), course.count()) == pytest.approx(before)
        if what == "goes on":
            machine.go_on(seconds)
            assert course.now() == pytest.approx(before[0] + seconds * speed)
            assert course.count() == pytest.approx(before[1] + seconds * speed)


@pytest.mark.parametrize("speed", [0.0, 60.0])
def test_a_date_that_is_set_does_not_concern_a_clock_of_another_speed(speed: float) -> None:
    machine = Machine()
    course = machine.course(60)
    course.run(speed)
    machine.date += HOUR
    assert course.now() == MOMENT
    machine.go_on(1)
    assert course.now() == MOMENT + speed


@pytest.mark.parametrize("step", [HOUR, -HOUR, 0.0])
def test_what_is_planned_comes_after_its_time_whatever_the_date_is_set_to(step: float) -> None:
    machine, ran = Machine(), list[str]()
    clock, looked, done = ScaledClock(1, machine.course()), Event(), Event()

    def act() -> None:
        ran.append("planned")
        done.set()

    clock.call_at(clock.now() + 5, act)
    machine.date += step
    clock.call_at(clock.now(), looked.set)
    assert looked.wait(5)
    assert ran == []
    assert clock.next_due() == clock.now() + 5
    machine.go_on(5)
    clock.call_at(clock.now() + HOUR, looked.set)  # the clock looks again
    assert done.wait(5)
    assert clock.now() == MOMENT + step + 5
    clock.close()


def test_what_was_due_while_the_machine_slept_comes_when_it_wakes_the_first_first() -> None:
    machine, done = Machine(), list[int]()
    clock, woken = ScaledClock(1, machine.course()), Event()
    for number in (3, 1, 2):
        clock.call_at(clock.now() + 60 * number, lambda number=number: done.append(number))  # type: ignore[misc]
    clock.call_at(clock.now() + 600, woken.set)
    machine.go_on(8 * HOUR)
    # Nobody tells a clock that the machine has slept.
    assert woken.wait(20)
    assert sorted(done) == [1, 2, 3]
    clock.close()


def test_a_clock_of_this_machine_has_its_date() -> None:
    clock = RealClock()
    before = machine.now()
    assert before <= clock.now() <= machine.now()
    assert machine.passed() <= machine.passed()
    clock.close()
