"""The life of a call: no sequence of actions reports an end before a beginning, or twice."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core import call as life
from simulator.core.call import Call, Cause, IllegalAction, Party, State
from simulator.core.reports import belongs_in_history, events_between, history_item

ACTIONS: dict[str, Callable[[Call, float], Call]] = {
    "route to two": lambda c, at: life.route(c, ("100", "200"), "group", at),
    "route to nobody": lambda c, at: life.route(c, (), "nobody", at),
    "answer": life.answer,
    "answer at 200": lambda c, at: life.answer(c, at, "200"),
    "refuse": life.refuse,
    "refuse at 100": lambda c, at: life.refuse(c, at, "100"),
    "customer hangs up": lambda c, at: life.hang_up(c, Party.CUSTOMER, at),
    "manager hangs up": lambda c, at: life.hang_up(c, Party.MANAGER, at),
    "ring out": life.ring_out,
    "fail": life.fail,
}
BEGINNINGS = [
    life.incoming("c", "+7 912", "+7 499", 0.0),
    life.click_to_call("c", "+7 912", "+7 499", "100", 0.0),
]


@given(st.sampled_from(BEGINNINGS), st.lists(st.sampled_from(sorted(ACTIONS)), max_size=12))
def test_whatever_happens_the_reports_tell_one_beginning_and_one_end(call: Call, names: list[str]) -> None:
    told: list[str] = []
    rows = 0
    for at, name in enumerate(names, start=1):
        try:
            after = ACTIONS[name](call, float(at))
        except IllegalAction:
            continue
        told += [str(event["type"]) for event in events_between(call, after)]
        rows += belongs_in_history(after) and call.state is not State.ENDED
        assert call.state is not State.ENDED or after == call
        call = after
    assert told in ([], [call.direction.value], [call.direction.value, "hangup"])
    assert ("hangup" in told) == (call.state is State.ENDED and call.rang_at is not None)
    assert rows <= 1
    if call.state is State.ENDED:
        assert call.cause is not None
        assert (call.cause is Cause.ANSWERED) <= (call.answered_at is not None)
        assert call.duration >= 0
        assert call.waiting >= 0
    else:
        assert life.fail(call, 99.0).state is State.ENDED


def played(call: Call, *names: str) -> Call:
    for at, name in enumerate(names, start=1):
        call = ACTIONS[name](call, at * 10.0)
    return call


@pytest.mark.parametrize(
    ("names", "cause", "hangup", "result"),
    [
        (("route to two", "answer at 200", "customer hangs up"), Cause.ANSWERED, "answered", "answered"),
        (("route to two", "refuse", "refuse"), Cause.BUSY, "busy", "busy"),
        (("route to two", "ring out"), Cause.NO_ANSWER, "no answered", "no answer"),
        (("route to two", "customer hangs up"), Cause.CANCELLED, "cancel", "no answer"),
        (("route to two", "fail"), Cause.FAILED, "failed", "failed"),
        (("route to nobody",), Cause.BUSY, None, "busy"),
    ],
)
def test_an_incoming_call_ends_in_the_contracts_words(
    names: tuple[str, ...], cause: Cause, hangup: str | None, result: str
) -> None:
    before = played(BEGINNINGS[0], *names[:-1])
    after = ACTIONS[names[-1]](before, 100.0)
    assert after.cause is cause
    assert [event["hangupStatus"] for event in events_between(before, after)] == (
        [hangup] if hangup else []
    )
    assert history_item(after, None)["result"] == result


def test_talk_and_waiting_are_counted_in_whole_seconds() -> None:
    call = played(BEGINNINGS[0], "route to two", "answer at 200", "customer hangs up")
    assert (call.waiting, call.duration, call.answered_by) == (20, 10, "200")


def test_an_outgoing_call_is_reported_when_the_customer_is_rung() -> None:
    ringing = life.answer(BEGINNINGS[1], 5.0)
    (event,) = events_between(BEGINNINGS[1], ringing)
    assert (event["type"], event["codes"], event["phone"]) == ("out", ["100"], "+7 912")
    assert belongs_in_history(life.ring_out(ringing, 9.0))
    assert not belongs_in_history(life.ring_out(BEGINNINGS[1], 9.0))


@pytest.mark.parametrize(
    ("names", "action"),
    [
        ((), "answer"),
        ((), "manager hangs up"),
        (("route to two",), "route to two"),
        (("route to two",), "manager hangs up"),
        (("route to two", "refuse at 100"), "refuse at 100"),
        (("route to two", "answer"), "refuse"),
        (("route to two", "ring out"), "customer hangs up"),
    ],
)
def test_what_cannot_happen_is_refused(names: tuple[str, ...], action: str) -> None:
    with pytest.raises(IllegalAction):
        ACTIONS[action](played(BEGINNINGS[0], *names), 99.0)


def test_a_call_that_goes_on_has_no_history_row() -> None:
    with pytest.raises(ValueError, match="has not ended"):
        history_item(BEGINNINGS[0], None)


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("route to two", "answer at 200", "fail"), "200"),
        (("route to two", "ring out"), None),
    ],
)
def test_the_row_names_who_handled_the_call(names: tuple[str, ...], code: str | None) -> None:
    assert history_item(played(BEGINNINGS[0], *names), None).get("code") == code
