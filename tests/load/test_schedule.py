"""Shapes of the arrival rate, and that their calls are the same however they are divided."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callproof.load import curve
from callproof.load.curve import Curve
from callproof.load.schedule import PIECE, Duty, Schedule
from callproof.traffic.arrivals import Source
from callproof.traffic.mix import Mix

RATES = st.floats(0.5, 30)
DURATIONS = st.floats(1, 60)
SHARES = st.floats(0.01, 1)
HOURS = st.lists(st.floats(0, 9), min_size=24, max_size=24).filter(any)


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    rate, duration = draw(RATES), draw(DURATIONS)
    at, lasts = draw(st.floats(0, 0.5)) * duration, draw(st.floats(0.01, 0.5)) * duration
    return draw(
        st.sampled_from(
            (
                curve.constant(rate, duration),
                curve.ramp(draw(RATES), rate, duration),
                curve.spike(rate, draw(RATES), at, lasts, duration),
                curve.day(rate, draw(HOURS), duration),
                curve.busy_hour(rate, draw(SHARES), duration),
            )
        )
    )


@given(curves(), st.floats(0, 1))
def test_a_rate_lies_between_nothing_and_the_peak(shape: Curve, share: float) -> None:
    assert 0 <= shape.rate(share * shape.duration) <= shape.peak * (1 + 1e-9)
    assert shape.rate(-1) == shape.rate(shape.duration) == shape.rate(shape.duration + 1) == 0


@given(curves())
def test_what_a_curve_expects_is_the_area_below_it(shape: Curve) -> None:
    steps = 4000
    width = shape.duration / steps
    area = sum(shape.rate((n + 0.5) * width) for n in range(steps)) * width
    assert shape.expected() == pytest.approx(area, rel=0.02, abs=0.02)


@given(curves(), st.integers())
def test_calls_begin_in_order_within_the_run_and_as_often_as_expected(shape: Curve, seed: int) -> None:
    begins = [begin.at for begin in Schedule(shape, seed).begins(0, shape.duration)]
    assert all(one < next_ for one, next_ in pairwise(begins))
    assert all(0 <= at < shape.duration for at in begins)
    # Six times the deviation of a Poisson count, so that no seed in a thousand million is refused.
    assert abs(len(begins) - shape.expected()) <= 6 * shape.expected() ** 0.5 + 3


@given(curves(), st.lists(st.floats(0, 1), max_size=4), st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_every_call_belongs_to_one_duty_however_the_plan_is_cut(
    shape: Curve, cuts: list[float], parts: list[int]
) -> None:
    plan = Schedule(shape, 1)
    edges = [0.0, *sorted(cut * shape.duration for cut in cuts), shape.duration]
    picks: list[tuple[tuple[int, int], ...]] = [()]
    for of in parts:
        picks = [(*pick, (of, index)) for pick in picks for index in range(of)]
    found = [
        begin
        for start, end in pairwise(edges)
        for pick in picks
        for begin in plan.share(Duty(start, end, pick))
    ]
    assert sorted(found) == list(plan.begins(0, shape.duration))


def test_a_worker_that_comes_late_finds_the_same_calls() -> None:
    shape = curve.constant(5, 10 * PIECE)
    early, late = Schedule(shape, 3), Schedule(shape, 3)
    whole = [begin for begin in early.begins(0, shape.duration) if begin.at >= 7.5 * PIECE]
    found = list(late.begins(7.5 * PIECE, shape.duration))
    assert found == whole
    source = Source(("+7 912 345-67-89",), ("+7-499-999-99-99",))
    calls = [(early.call(begin, Mix(), source), late.call(begin, Mix(), source)) for begin in found]
    assert all(one == other and one.dice.random() == other.dice.random() for one, other in calls)
    assert len({call.phone for call, _ in calls}) > 1


def test_another_seed_makes_other_calls() -> None:
    shape = curve.constant(5, 60)
    assert list(Schedule(shape, 1).begins(0, 60)) != list(Schedule(shape, 2).begins(0, 60))


def test_a_curve_that_was_turned_is_the_same_but_for_the_factor() -> None:
    shape = curve.spike(10, 50, at=20, lasts=10, duration=60)
    turned = curve.paced(shape, [(0.0, 1.0), (25.0, 2.0), (40.0, 0.0)])
    assert [turned.rate(at) for at in (10, 22, 27, 35, 50)] == [10, 50, 100, 20, 0]
    assert turned.duration == 60
    assert curve.paced(shape, [(0.0, 1.0)]).expected() == pytest.approx(shape.expected())


def test_a_spike_lasts_as_long_as_it_is_told() -> None:
    shape = curve.spike(2, 40, 10, 5, 30)
    assert [shape.rate(at) for at in (9.9, 10, 14.9, 15)] == [2, 40, 40, 2]


def test_a_busy_hour_rises_from_its_shoulder_and_falls_back() -> None:
    shape = curve.busy_hour(30, 0.5, 90)
    assert [shape.rate(at) for at in (0, 15, 30, 45, 60, 75)] == [15, 22.5, 30, 30, 30, 22.5]
