"""The order of reports, batches of 50, retries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.outbox import Fate, Kind, Message, fate_of, next_due, next_request, retry_delay


def event(number: int, call: str, due: float = 0.0) -> Message:
    return Message(number, call, Kind.EVENT, {"type": "in"}, due)


def row(number: int, call: str, date: str = "", due: float = 0.0) -> Message:
    return Message(number, call, Kind.HISTORY, {"date": date}, due)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from(Kind), st.integers(0, 50)), max_size=200),
)
def test_everything_is_delivered_once_in_the_order_of_its_call(queued: list[tuple[int, Kind, int]]) -> None:
    pending = [
        Message(number, f"call {call}", kind, {"date": str(number)}, float(due))
        for number, (call, kind, due) in enumerate(queued)
    ]
    now, delivered = 0.0, list[Message]()
    while pending:
        batch = next_request(pending, now)
        if not batch:
            due = next_due(pending)
            assert due is not None
            assert due > now
            now = due
            continue
        assert len(batch) <= 50
        assert len({message.kind for message in batch}) == 1
        assert batch[0].kind is Kind.HISTORY or len(batch) == 1
        delivered += batch
        pending = [message for message in pending if message not in batch]
    assert len(delivered) == len(queued)
    for call in {message.call_id for message in delivered}:
        events = [m.id for m in delivered if m.call_id == call and m.kind is Kind.EVENT]
        assert events == sorted(events)


def test_history_waits_for_the_events_of_its_call_but_not_of_others() -> None:
    retried = event(1, "a", due=9.0)
    assert next_request([retried, row(2, "a"), row(3, "b")], 0.0) == [row(3, "b")]


def test_what_waits_behind_another_message_is_not_due() -> None:
    assert next_due([event(1, "a", due=9.0), event(2, "a", due=0.0)]) == 9.0
    assert next_due([]) is None


def test_fifty_rows_go_at_once_oldest_first() -> None:
    rows = [row(number, f"call {number}", date=f"{99 - number:02}") for number in range(60)]
    batch = next_request(rows, 0.0)
    assert len(batch) == 50
    assert [message.id for message in batch] == list(range(59, 9, -1))


@pytest.mark.parametrize(
    ("status", "success", "fate"),
    [
        (200, True, Fate.SENT),
        (201, True, Fate.SENT),
        (200, False, Fate.REFUSED),
        (400, False, Fate.REFUSED),
        (403, False, Fate.REFUSED),
        (429, None, Fate.PENDING),
        (503, None, Fate.PENDING),
        (500, False, Fate.PENDING),
        (None, None, Fate.PENDING),
    ],
)
def test_what_an_answer_means(status: int | None, success: bool | None, fate: Fate) -> None:
    assert fate_of(status, success) is fate


def test_waiting_doubles_up_to_a_minute() -> None:
    assert [retry_delay(n) for n in (1, 2, 3, 4, 7, 1000)] == [1, 2, 4, 8, 60, 60]
