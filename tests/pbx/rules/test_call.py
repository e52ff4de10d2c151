"""The life of a call: what each state allows, and what it is called in the contract's words."""

from collections.abc import Callable

import pytest

from callproof.pbx.rules import life
from callproof.pbx.rules.call import Call, Cause, IllegalAction, State
from callproof.pbx.rules.reports import belongs_in_history, events_between, history_item
from callproof.pbx.rules.script import Party

TWO = {"100": ("desk", "mobile"), "200": ("desk",)}

ACTIONS: dict[str, Callable[[Call, float], Call]] = {
    "ring two": lambda c, at: life.ring(c, TWO, "group", at, until=at + 20),
    "ring 100": lambda c, at: life.ring(c, {"100": ("desk",)}, "manager", at, until=at + 20),
    "queue": lambda c, at: life.queue(c, "nobody is free", at, until=at + 60, group="g"),
    "turn away": lambda c, at: life.turn_away(c, "nobody", at),
    "voicemail": lambda c, at: life.voicemail(c, "nobody", at, until=at + 60),
    "answer": life.answer,
    "answer at 200": lambda c, at: life.answer(c, at, "200"),
    "answer on the mobile": lambda c, at: life.answer(c, at, "100", "mobile"),
    "refuse": life.refuse,
    "refuse at 100": lambda c, at: life.refuse(c, at, "100"),
    "refuse on the desk": lambda c, at: life.refuse(c, at, "100", "desk"),
    "engaged": life.engaged,
    "hold": life.hold,
    "take back": life.take_back,
    "transfer to 300": lambda c, at: life.transfer(c, "300", ("desk",), at, until=at + 20),
    "transfer to 200": lambda c, at: life.transfer(c, "200", ("desk",), at, until=at + 20),
    "customer hangs up": lambda c, at: life.hang_up(c, Party.CUSTOMER, at),
    "manager hangs up": lambda c, at: life.hang_up(c, Party.MANAGER, at),
    "expire": life.expire,
    "fail": life.fail,
}
IN = life.incoming("c", "+7 912", "+7 499", 0.0, until=2.0)
CLICK = life.click_to_call("c", "+7 912", "+7 499", "100", ("desk", "mobile"), 0.0, until=20.0)
DIAL = life.dial_out("c", "+7 912", "+7 499", "100", "desk", 0.0, until=20.0)


def played(call: Call, *names: str) -> Call:
    for at, name in enumerate(names, start=1):
        call = ACTIONS[name](call, at * 10.0)
    return call


@pytest.mark.parametrize(
    ("names", "cause", "hangup", "result"),
    [
        (("ring two", "answer at 200", "customer hangs up"), Cause.ANSWERED, "answered", "answered"),
        (("ring two", "answer", "hold", "customer hangs up"), Cause.ANSWERED, "answered", "answered"),
        (("ring two", "refuse", "refuse", "turn away"), Cause.REFUSED, "busy", "busy"),
        (("ring two", "refuse", "expire", "turn away"), Cause.NO_ANSWER, "no answered", "no answer"),
        (("ring two", "expire", "turn away"), Cause.NO_ANSWER, "no answered", "no answer"),
        (("ring two", "voicemail", "customer hangs up"), Cause.NO_ANSWER, "no answered", "no answer"),
        (("ring two", "customer hangs up"), Cause.CANCELLED, "cancel", "no answer"),
        (("ring two", "fail"), Cause.FAILED, "failed", "failed"),
        (("turn away",), Cause.BUSY, None, "busy"),
        (("queue", "turn away"), Cause.NO_ANSWER, None, "no answer"),
        (("queue", "customer hangs up"), Cause.CANCELLED, None, "no answer"),
    ],
)
def test_an_incoming_call_ends_in_the_contracts_words(
    names: tuple[str, ...], cause: Cause, hangup: str | None, result: str
) -> None:
    before = played(IN, *names[:-1])
    after = ACTIONS[names[-1]](before, 100.0)
    assert after.cause is cause
    assert [event["hangupStatus"] for event in events_between(before, after)] == (
        [hangup] if hangup else []
    )
    assert history_item(after, None)["result"] == result
    assert not any(leg.lasts for leg in after.legs)


@pytest.mark.parametrize(
    ("names", "cause", "result"),
    [
        (("answer", "answer", "manager hangs up"), Cause.ANSWERED, "answered"),
        (("answer", "refuse"), Cause.REFUSED, "busy"),
        (("answer", "engaged"), Cause.BUSY, "busy"),
        (("answer", "expire"), Cause.NO_ANSWER, "no answer"),
        (("answer", "manager hangs up"), Cause.CANCELLED, "no answer"),
    ],
)
def test_a_click_to_call_ends_in_the_contracts_words(
    names: tuple[str, ...], cause: Cause, result: str
) -> None:
    after = played(CLICK, *names)
    assert (after.cause, history_item(after, None)["result"]) == (cause, result)


def test_talk_and_waiting_are_counted_in_whole_seconds() -> None:
    call = played(IN, "ring two", "answer at 200", "customer hangs up")
    assert (call.waiting, call.duration, call.recorded, call.answered_by) == (20, 10, 10, "200")


def test_a_message_is_recorded_but_is_no_talk() -> None:
    call = played(IN, "ring two", "voicemail", "customer hangs up")
    assert (call.duration, call.recorded) == (0, 10)


@pytest.mark.parametrize(("began", "names"), [(CLICK, ("answer",)), (DIAL, ())])
def test_an_outgoing_call_is_reported_when_the_customer_is_rung(
    began: Call, names: tuple[str, ...]
) -> None:
    ringing = played(began, *names)
    (event,) = events_between(began if names else None, ringing)
    assert (event["type"], event["codes"], event["phone"]) == ("out", ["100"], "+7 912")
    assert belongs_in_history(life.expire(ringing, 90.0))


def test_a_click_to_call_whose_manager_does_not_pick_up_is_no_call_with_a_customer() -> None:
    assert not belongs_in_history(life.expire(CLICK, 20.0))
    assert not belongs_in_history(life.refuse(CLICK, 20.0, "100"))


def test_the_customer_is_rung_as_long_as_the_manager_was() -> None:
    assert life.answer(CLICK, 5.0).deadline == 25.0


def test_a_device_that_refuses_leaves_the_others_ringing() -> None:
    call = played(IN, "ring 100", "expire")
    assert call.ringing_extensions == ()
    call = played(IN, "ring two", "refuse on the desk")
    assert call.ringing_extensions == ("100", "200")
    assert played(IN, "ring two", "refuse on the desk", "answer on the mobile").answered_by == "100"
    assert played(IN, "ring two", "refuse at 100").ringing_extensions == ("200",)


def test_one_leg_answers_and_the_others_stop() -> None:
    call = played(IN, "ring two", "answer on the mobile")
    assert [(leg.device, leg.outcome) for leg in call.legs] == [
        ("desk", "answered elsewhere"),
        ("mobile", ""),
        ("desk", "answered elsewhere"),
    ]
    assert call.occupied == ("100",)


def test_a_transfer_opens_a_card_at_the_other_extension_and_its_talk_goes_on() -> None:
    talking = played(IN, "ring two", "answer at 200")
    waiting = ACTIONS["transfer to 300"](talking, 30.0)
    assert [event["codes"] for event in events_between(talking, waiting)] == [["300"]]
    assert waiting.occupied == ("200", "300")
    taken = life.answer(waiting, 33.0)
    assert (taken.answered_by, taken.occupied, taken.answered_at) == ("300", ("300",), 20.0)
    ended = life.hang_up(taken, Party.MANAGER, 50.0)
    (hangup,) = events_between(taken, ended)
    assert hangup["codes"] == ["100", "200", "300"]
    assert (ended.duration, history_item(ended, None)["code"]) == (30, "300")


@pytest.mark.parametrize("action", ["refuse", "expire"])
def test_a_transfer_that_nobody_takes_comes_back(action: str) -> None:
    call = played(IN, "ring two", "answer at 200", "transfer to 300", action)
    assert (call.state, call.answered_by, call.occupied) == (State.TALKING, "200", ("200",))


def test_a_hold_is_told_to_nobody_and_counts_as_talk() -> None:
    """The guide's events are in, out and hangup alone (evidence#event)."""
    talking = played(IN, "ring two", "answer at 200")
    held = life.hold(talking, 30.0)
    back = life.take_back(held, 40.0)
    assert events_between(talking, held) == events_between(held, back) == []
    assert (held.occupied, back.duration) == (("200",), 0)
    ended = life.hang_up(back, Party.CUSTOMER, 50.0)
    assert history_item(ended, None)["duration"] == 30


def test_an_extension_that_rings_again_is_told_of_once() -> None:
    first = played(IN, "ring 100", "expire")
    again = ACTIONS["ring two"](first, 40.0)
    assert [event["codes"] for event in events_between(first, again)] == [["200"]]


@pytest.mark.parametrize(
    ("names", "action"),
    [
        ((), "answer"),
        ((), "manager hangs up"),
        (("ring two",), "manager hangs up"),
        (("ring two",), "engaged"),
        (("ring two",), "hold"),
        (("ring two", "refuse at 100"), "refuse at 100"),
        (("ring two", "answer"), "refuse"),
        (("ring two", "answer"), "take back"),
        (("ring two", "answer"), "ring two"),
        (("ring two", "answer at 200"), "transfer to 200"),
        (("ring two", "answer", "transfer to 300"), "hold"),
        (("ring two", "expire", "turn away"), "customer hangs up"),
        (("voicemail",), "answer"),
    ],
)
def test_what_cannot_happen_is_refused(names: tuple[str, ...], action: str) -> None:
    with pytest.raises(IllegalAction):
        ACTIONS[action](played(IN, *names), 99.0)


def test_a_call_that_goes_on_has_no_history_row() -> None:
    with pytest.raises(ValueError, match="has not ended"):
        history_item(IN, None)


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("ring two", "answer at 200", "fail"), "200"),
        (("ring 100", "expire", "turn away"), "100"),
        (("ring two", "expire", "turn away"), None),
    ],
)
def test_the_row_names_who_handled_the_call(names: tuple[str, ...], code: str | None) -> None:
    assert history_item(played(IN, *names), None).get("code") == code
