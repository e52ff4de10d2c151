"""The order of reports, batches of 50, retries, and the pace."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from callproof.pbx.rules.outbox import (
    Fate,
    Outbox,
    Report,
    ReportKind,
    fate_of,
    retry_delay,
)
from callproof.pbx.rules.pacing import Pace


def event(number: int, call: str, due: float = 0.0) -> Report:
    return Report(number, call, ReportKind.EVENT, {"type": "in"}, due)


def row(number: int, call: str, date: str = "", due: float = 0.0) -> Report:
    return Report(number, call, ReportKind.HISTORY, {"date": date}, due)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from(ReportKind), st.integers(0, 50)), max_size=200),
    st.randoms(use_true_random=False),
)
def test_everything_is_delivered_once_in_the_order_of_its_call(
    queued: list[tuple[int, ReportKind, int]], dice: random.Random
) -> None:
    """Several requests are under way at once, and some of them fail."""
    outbox = Outbox(
        Report(number, f"call {call}", kind, {"date": str(number)}, float(due))
        for number, (call, kind, due) in enumerate(queued)
    )
    now, delivered, flying = 0.0, list[Report](), list[list[Report]]()
    while len(outbox):
        batch = outbox.take(now) if len(flying) < 3 else []
        if batch:
            assert len(batch) <= 50
            assert len({report.kind for report in batch}) == 1
            assert batch[0].kind is ReportKind.HISTORY or len(batch) == 1
            assert all(report.due_at <= now for report in batch)
            calls = [report.call_id for other in (*flying, batch) for report in other]
            assert len(set(calls)) == len(calls)
            flying.append(batch)
        elif flying:
            landed = flying.pop(dice.randrange(len(flying)))
            if dice.random() < 0.2:
                outbox.put_back([replace(report, due_at=now + 1) for report in landed])
            else:
                outbox.done(landed)
                delivered += landed
        else:
            due = outbox.next_due()
            assert due is not None
            assert due > now
            now = due
    assert outbox.next_due() is None
    assert sorted(report.id for report in delivered) == list(range(len(queued)))
    for call in {report.call_id for report in delivered}:
        ids = [report.id for report in delivered if report.call_id == call]
        assert ids == sorted(ids)


def test_a_row_waits_for_the_events_of_its_call_but_not_of_others() -> None:
    outbox = Outbox([event(1, "a", due=9.0), row(2, "a"), row(3, "b")])
    assert outbox.take(0.0) == [row(3, "b")]
    assert outbox.next_due() == 9.0


def test_fifty_rows_go_at_once_oldest_first() -> None:
    outbox = Outbox(row(number, f"call {number}", date=f"{99 - number:02}") for number in range(60))
    assert [report.id for report in outbox.take(0.0)] == list(range(59, 9, -1))
    assert [report.id for report in outbox.take(0.0)] == list(range(9, -1, -1))


def test_events_go_before_rows_until_these_have_waited_long_enough() -> None:
    outbox = Outbox([row(1, "a"), event(2, "b"), event(3, "c")])
    assert outbox.take(1.0) == [event(2, "b")]
    assert outbox.take(5.0) == [row(1, "a")]


def test_rows_of_a_refused_request_go_alone() -> None:
    outbox = Outbox(replace(row(number, f"call {number}"), alone=number == 2) for number in range(4))
    sizes = []
    while batch := outbox.take(0.0):
        sizes.append([report.id for report in batch])
    assert sizes == [[0, 1], [2], [3]]


def test_what_failed_comes_again_as_it_was_put_back() -> None:
    outbox = Outbox([event(1, "a")])
    (taken,) = outbox.take(0.0)
    later = replace(taken, attempts=3, due_at=7.0)
    outbox.put_back([later])
    assert (outbox.next_due(), outbox.take(6.9)) == (7.0, [])
    assert outbox.hasten(5.0) == outbox.take(5.0) == [replace(later, due_at=5.0)]


def test_what_waits_for_its_time_can_be_hastened() -> None:
    outbox = Outbox([row(1, "a", due=600.0), row(2, "b", due=600.0), row(3, "b", due=900.0)])
    assert [report.id for report in outbox.hasten(10.0)] == [1, 2, 3]
    assert [report.id for report in outbox.take(10.0)] == [1, 2]


@pytest.mark.parametrize(
    ("status", "success", "fate"),
    [
        (200, True, Fate.SENT),
        (201, True, Fate.SENT),
        (200, False, Fate.REFUSED),
        (200, None, Fate.PENDING),
        (404, None, Fate.REFUSED),
        (400, False, Fate.REFUSED),
        (403, False, Fate.REFUSED),
        (460, False, Fate.REFUSED),
        (429, None, Fate.PENDING),
        (503, None, Fate.PENDING),
        (500, False, Fate.PENDING),
        (None, None, Fate.PENDING),
    ],
)
def test_what_an_answer_means(status: int | None, success: bool | None, fate: Fate) -> None:
    assert fate_of(status, success) is fate


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_waiting_doubles_up_to_a_minute_and_half_of_it_is_chance(
    attempts: int, dice: random.Random
) -> None:
    longest = min(60.0, 2.0 ** min(max(attempts, 1) - 1, 10))
    assert longest / 2 <= retry_delay(attempts, dice) <= longest


@given(
    st.integers(1, 60),
    st.lists(st.tuples(st.floats(0, 0.3), st.booleans()), min_size=1, max_size=300),
)
def test_no_second_has_more_requests_than_the_budget(budget: int, asked: list[tuple[float, bool]]) -> None:
    pace, now, sent = Pace(budget), 1_700_000_000.0, list[float]()
    for later, urgent in asked:
        now += later
        if wait := pace.wait(now, urgent=urgent):
            now += wait
            assert pace.wait(now, urgent=urgent) == 0.0
        sent.append(now)
    for place, moment in enumerate(sent):
        assert sum(1 for other in sent[place:] if other < moment + 1.0) <= budget


def test_common_requests_leave_room_for_urgent_ones_and_no_budget_is_no_bound() -> None:
    pace = Pace(40)
    assert sum(pace.wait(0.0) == 0.0 for _ in range(50)) == 34
    assert sum(pace.wait(0.0, urgent=True) == 0.0 for _ in range(50)) == 4
    assert all(Pace(0).wait(0.0) == 0.0 for _ in range(1000))
