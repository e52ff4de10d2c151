"""Where an incoming call goes, and why the record says so."""

from dataclasses import replace

import pytest

from callproof.clocks.manual import EPOCH
from callproof.pbx.rules import life, routing
from callproof.pbx.rules.call import Call, Cause, State
from callproof.pbx.rules.plan import (
    Hours,
    ManagerFirst,
    NumberingPlan,
    PlannedExtension,
    PlannedLine,
    RingGroup,
    Strategy,
    Then,
)
from callproof.pbx.rules.routing import Situation

LINE = "+7-499-999-99-99"
THREE = ("100", "200", "300")


def situation(
    group: RingGroup,
    *others: RingGroup,
    busy: set[str] | None = None,
    statuses: dict[str, str] | None = None,
    turns: dict[str, int] | None = None,
    manager: ManagerFirst | None = None,
    line: PlannedLine | None = None,
) -> Situation:
    plan = NumberingPlan(
        (line or PlannedLine(LINE, "shop1", "sales"),),
        {known.name: known for known in (group, *others)},
        {code: PlannedExtension(int(code) // 100) for code in THREE},
        manager or ManagerFirst(),
    )
    return Situation(plan, busy or set(), statuses or {}, turns or {})


ALL = RingGroup("sales", THREE)
HUNT = RingGroup("sales", THREE, Strategy.LINEAR)
CALL = life.incoming("c", "+7 912", LINE, EPOCH, until=EPOCH + 2)


def routed(seen: Situation, manager: str | None = None, why: str = "no responsible manager") -> Call:
    return routing.first(CALL, manager, why, seen, EPOCH)


def hunted(call: Call, seen: Situation) -> list[tuple[str, ...]]:
    """Who rings, time after time, when nobody answers."""
    rang = []
    while call.state is State.RINGING:
        rang.append(call.ringing_extensions)
        assert call.deadline is not None
        call = routing.expire(call, seen, call.deadline)
    return rang


@pytest.mark.parametrize(
    ("manager", "busy", "statuses", "rings", "reason"),
    [
        ("100", set(), {}, ("100",), "responsible manager"),
        ("100", set(), {"100": "dinner"}, ("100",), "responsible manager"),
        ("100", {"100"}, {}, ("200", "300"), "ring group sales, extension 100 is busy"),
        ("999", set(), {}, THREE, "ring group sales, extension 999 is unknown here"),
        (None, set(), {"200": "break"}, ("100", "300"), "ring group sales, no responsible manager"),
        (None, set(THREE), {}, (), "nobody is free, no responsible manager"),
    ],
)
def test_a_call_rings_at_the_manager_or_the_free_ones_of_the_group(
    manager: str | None, busy: set[str], statuses: dict[str, str], rings: tuple[str, ...], reason: str
) -> None:
    call = routed(situation(ALL, busy=busy, statuses=statuses), manager)
    assert (call.ringing_extensions, call.reason) == (rings, reason)
    assert (call.cause is Cause.BUSY) == (not rings)


def test_when_the_crm_is_silent_the_pbx_goes_on_alone() -> None:
    call = routing.expire(CALL, situation(ALL), EPOCH + 2)
    assert call.ringing_extensions == THREE
    assert call.reason == "ring group sales, the CRM named nobody within 2 s"


@pytest.mark.parametrize(
    ("strategy", "turn", "rang"),
    [
        (Strategy.RING_ALL, 0, [THREE]),
        (Strategy.LINEAR, 1, [("100",), ("200",), ("300",)]),
        (Strategy.ROUND_ROBIN, 1, [("200",), ("300",), ("100",)]),
        (Strategy.ROUND_ROBIN, 3, [("100",), ("200",), ("300",)]),
    ],
)
def test_a_group_rings_by_its_strategy(strategy: Strategy, turn: int, rang: list[tuple[str, ...]]) -> None:
    seen = situation(RingGroup("sales", THREE, strategy), turns={"sales": turn})
    assert hunted(routed(seen), seen) == rang


@pytest.mark.parametrize("strategy", [Strategy.LINEAR, Strategy.ROUND_ROBIN])
def test_only_so_many_are_tried_in_turn_and_the_busy_are_not_among_them(strategy: Strategy) -> None:
    seen = situation(RingGroup("sales", THREE, strategy, tries=2), busy={"200"})
    assert hunted(routed(seen), seen) == [("100",), ("300",)]
    seen = situation(RingGroup("sales", THREE, strategy, tries=2))
    assert hunted(routed(seen), seen) == [("100",), ("200",)]


def test_who_is_busy_when_the_turn_comes_is_left_out() -> None:
    call = routed(situation(HUNT))
    later = situation(HUNT, busy={"200"})
    assert hunted(call, later) == [("100",), ("300",)]


def test_who_refuses_passes_the_call_to_the_next_at_once() -> None:
    seen = situation(HUNT)
    call = routing.go_on(life.refuse(routed(seen), EPOCH + 3), seen, EPOCH + 3)
    assert (call.ringing_extensions, call.reason) == (("200",), "next of group sales")


@pytest.mark.parametrize(
    ("then", "state", "cause"),
    [
        (Then(), State.ENDED, Cause.NO_ANSWER),
        (Then("voicemail"), State.VOICEMAIL, None),
        (Then("group", "reserve"), State.RINGING, None),
    ],
)
def test_what_happens_when_nobody_answers(then: Then, state: State, cause: Cause | None) -> None:
    seen = situation(replace(ALL, no_answer=then), RingGroup("reserve", ("300",)))
    call = routing.expire(routed(seen), seen, EPOCH + 20)
    assert (call.state, call.cause) == (state, cause)
    assert call.ringing_extensions == (("300",) if state is State.RINGING else ())


@pytest.mark.parametrize(
    ("then", "rang"),
    [(Then(), [("100",)]), (Then("line-group"), [("100",), THREE]), (Then("voicemail"), [("100",)])],
)
def test_what_happens_when_the_responsible_manager_does_not_answer(
    then: Then, rang: list[tuple[str, ...]]
) -> None:
    seen = situation(ALL, manager=ManagerFirst(no_answer=then))
    assert hunted(routed(seen, "100"), seen) == rang


def test_a_caller_waits_for_a_free_extension_and_gets_it() -> None:
    group = replace(ALL, queue_seconds=30.0)
    call = routed(situation(group, busy=set(THREE)))
    assert (call.state, call.deadline) == (State.QUEUED, EPOCH + 30)
    assert routing.leave_queue(call, situation(group, busy=set(THREE)), EPOCH + 5) == call
    taken = routing.leave_queue(call, situation(group, busy={"100", "300"}), EPOCH + 9)
    assert taken.ringing_extensions == ("200",)
    assert taken.reason == "group sales, from the queue"


def test_a_caller_does_not_wait_for_ever() -> None:
    group = replace(ALL, queue_seconds=30.0, no_answer=Then("voicemail"))
    seen = situation(group, busy=set(THREE))
    assert routing.expire(routed(seen), seen, EPOCH + 30).state is State.VOICEMAIL
    seen = situation(replace(ALL, queue_seconds=30.0), busy=set(THREE))
    assert routing.expire(routed(seen), seen, EPOCH + 30).cause is Cause.NO_ANSWER


# EPOCH is a Wednesday, 12:00 UTC.
@pytest.mark.parametrize(
    ("hours", "is_open"),
    [
        (Hours(frozenset({2}), 9 * 60, 18 * 60), True),
        (Hours(frozenset({2}), 12 * 60, 13 * 60), True),
        (Hours(frozenset({2}), 9 * 60, 12 * 60), False),
        (Hours(frozenset({0, 1}), 0, 24 * 60), False),
    ],
)
def test_a_line_has_its_hours(hours: Hours, is_open: bool) -> None:
    line = PlannedLine(LINE, "shop1", "sales", (hours,), Then("voicemail"))
    call = routed(situation(ALL, line=line), "100")
    assert call.state is (State.RINGING if is_open else State.VOICEMAIL)
    assert (call.reason == "outside the hours of the line") is not is_open


def test_hours_are_read_in_the_accounts_time() -> None:
    line = PlannedLine(LINE, "shop1", "sales", (Hours(frozenset({2}), 9 * 60, 13 * 60),))
    assert line.is_open(EPOCH, "UTC")
    assert not line.is_open(EPOCH, "Europe/Moscow")
