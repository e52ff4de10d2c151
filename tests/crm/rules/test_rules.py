"""Who is responsible, who sees a card, where a call rings, what time it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callproof.clocks.manual import EPOCH, ManualClock
from callproof.contract.dates import moments, read, written
from callproof.crm.rules.cards import ended_by_hangup, recipients
from callproof.crm.rules.dates import oddity
from callproof.crm.rules.managers import caller, look_up
from callproof.crm.rules.model import (
    Card,
    Customer,
    Module,
    Pool,
    User,
)


def module(code: str = "m", active: object = True, **telephony: object) -> Module:
    return Module(code, {"active": active, "integrations": {"telephony": telephony}})  # type: ignore[dict-item]


POOL = Pool(
    (
        module(
            additionalCodes=[{"userId": 1, "code": "100"}, {"userId": "2", "code": "200"}],
            externalPhones=[{"siteCode": "shop1", "externalPhone": "+7-499-999-99-99"}],
        ),
    )
)


def user(number: int = 1, online: bool = True, status: str = "free", active: bool = True) -> User:
    return User(number, "", "", "", online, status, 0.0, active)


def customer(number: int, manager: int | None, updated: float = 0.0) -> Customer:
    return Customer(number, None, None, manager, (), 0.0, updated)


@given(st.booleans(), st.sampled_from(["free", "busy", "dinner", "break"]), st.booleans(), st.booleans())
def test_a_manager_is_returned_exactly_when_all_conditions_hold(
    online: bool, status: str, extension: bool, ignore: bool
) -> None:
    number = 1 if extension else 3
    found = look_up(
        [customer(1, number)], {number: user(number, online, status)}.get, POOL, ignore_status=ignore
    )
    expected = extension and (ignore or (online and status == "free"))
    assert (found.manager is not None) is expected
    assert bool(found.reason) is not expected
    assert found.customer is not None


def test_an_unknown_caller_and_an_inactive_manager_have_a_reason() -> None:
    assert look_up([], lambda _: None, POOL, ignore_status=True).reason == "no customer has this number"
    inactive = {1: user(active=False)}.get
    assert "no responsible manager" in look_up([customer(1, 1)], inactive, POOL, ignore_status=True).reason


def test_of_several_customers_the_latest_with_a_manager_counts() -> None:
    older, newer, newest = customer(1, 1, 10.0), customer(2, 2, 20.0), customer(3, None, 30.0)
    assert caller([newest, older, newer]) == newer
    assert caller([newest]) == newest
    assert caller([]) is None


def test_the_last_user_has_the_extension_and_the_first_extension_counts() -> None:
    pool = Pool(
        (
            module(additionalCodes=[{"userId": 1, "code": "100"}, {"userId": 1, "code": "101"}]),
            module("n", additionalCodes=[{"userId": 2, "code": "100"}]),
        )
    )
    assert pool.user_of("100") == 2
    assert pool.code_of(1) == "100"
    assert pool.user_of("999") is None


@pytest.mark.parametrize(
    ("found", "enabled"),
    [
        (module(), True),
        (module(active=False), False),
        (module(active="true"), False),
        (Module("m", {"active": True, "freeze": True, "integrations": {"telephony": {}}}), False),
        (Module("m", {"active": True, "integrations": {}}), False),
        (Module("m", {}), False),
    ],
)
def test_a_module_is_enabled_when_active_not_frozen_and_a_telephony(found: Module, enabled: bool) -> None:
    assert found.enabled is enabled


def test_a_line_is_found_in_any_notation() -> None:
    line = POOL.line("8 (499) 999-99-99")
    assert line is not None
    assert line.site_code == "shop1"
    assert POOL.line("+7-444-444-44-44") is None


def test_each_addressee_gets_one_card_and_unknown_ones_are_listed_once() -> None:
    found = recipients(["100", "100", "999", "999"], [1, 2, 77, 77], POOL, {1, 2})
    assert found.users == {1: "100", 2: "200"}
    assert (found.unknown_codes, found.unknown_users) == (["999"], [77])


def test_an_extension_of_a_user_who_does_not_exist_is_unknown() -> None:
    assert recipients(["200"], [], POOL, {1}).unknown_codes == ["200"]


def card(number: int, call: str | None, at: float, phone: str = "+7 912 000-00-00") -> Card:
    return Card(number, "in", phone, 1, "100", call, None, None, None, at)


def test_a_hangup_ends_its_call_or_else_the_newest_of_the_number() -> None:
    cards = [card(1, "a", 1.0), card(2, "b", 2.0), card(3, "b", 2.0), card(4, "c", 3.0, "+7 913 111-11-11")]
    assert [c.id for c in ended_by_hangup(cards, "x", "a")] == [1]
    assert [c.id for c in ended_by_hangup(cards, "8 912 000 00 00", None)] == [2, 3]
    assert ended_by_hangup(cards, "+7 900", None) == []
    assert ended_by_hangup(cards, "+7 912 000-00-00", "z") == []


def test_moments_are_written_in_the_accounts_time_and_read_back() -> None:
    assert written(EPOCH) == "2024-05-01 12:00:00"
    assert written(EPOCH, "Europe/Moscow") == "2024-05-01 15:00:00"
    assert read("2024-05-01 15:00:00", "Europe/Moscow") == EPOCH


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 20)), max_size=30))
def test_actions_run_in_order_of_time_also_those_planned_on_the_way(
    plan: list[tuple[float, float]],
) -> None:
    clock, ran = ManualClock(0.0), list[float]()

    def act(again: float) -> None:
        ran.append(clock.now())
        clock.call_at(clock.now() + again, lambda: ran.append(clock.now()))

    for when, again in plan:
        clock.call_at(when, lambda again=again: act(again))  # type: ignore[misc]
    clock.advance(60)
    assert clock.now() == 60
    clock.advance(100)
    assert ran == sorted(ran)
    assert len(ran) == 2 * len(plan)
    assert clock.next_due() is None


def test_a_cancelled_action_is_not_due_and_does_not_run() -> None:
    clock, ran = ManualClock(0.0), list[str]()
    clock.call_at(5, lambda: ran.append("cancelled")).cancel()
    clock.call_at(7, lambda: ran.append("kept"))
    assert clock.next_due() == 7
    clock.advance(10)
    assert ran == ["kept"]


def test_time_does_not_run_backwards() -> None:
    clock = ManualClock(10.0)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
    clock.advance_to(5)
    assert clock.now() == 10.0


@pytest.mark.parametrize(
    ("off", "waited", "ahead", "words"),
    [
        (-3600.0, 3600.0, 0.0, ""),
        (-3600.0, 0.0, 0.0, "1 whole hours before"),
        (-5.5 * 3600, 0.0, 5.5 * 3600, "5.5 hours before"),
        (5.75 * 3600, 0.0, 5.75 * 3600, "5.75 hours after"),
        (-3 * 3600 - 600.0, 600.0, 0.0, "3 whole hours before"),
        (-1800.0, 0.0, 0.0, ""),
        (-1500.0, 0.0, 0.0, ""),
    ],
)
def test_waiting_is_no_other_time_zone(off: float, waited: float, ahead: float, words: str) -> None:
    now = EPOCH + 10 * 3600
    assert words in oddity(EPOCH + off, now, EPOCH, waited=waited, ahead=ahead)
    assert bool(words) is bool(oddity(EPOCH + off, now, EPOCH, waited=waited, ahead=ahead))


def test_the_hour_that_comes_twice_stands_for_two_moments() -> None:
    first, second = moments("2027-10-31 02:30:00", "Europe/Madrid")
    assert second - first == 3600
    assert len(moments("2027-10-31 04:30:00", "Europe/Madrid")) == 1
