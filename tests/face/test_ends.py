"""Ends that a program starts: on the clock they are given, opposite each other, gone after the block."""

from pathlib import Path

import pytest
import requests

import callproof


def test_a_clock_of_the_callers_is_used_and_left_open() -> None:
    clock = callproof.ManualClock()
    with callproof.start_crm(clock=clock) as crm, callproof.start_pbx(crm) as pbx:
        assert crm.clock is pbx.clock is clock
        assert pbx.crm_url == crm.url
    heard: list[str] = []
    clock.call_at(clock.now() + 1, lambda: heard.append("later"))
    clock.advance(2)
    clock.close()
    assert heard == ["later"]


def test_an_end_is_gone_after_its_block() -> None:
    with callproof.start_crm(seed=7) as crm:
        assert requests.get(f"{crm.url}/_bench/clock", timeout=5).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{crm.url}/_bench/clock", timeout=5)


def test_what_is_said_of_an_end_is_what_it_does() -> None:
    with callproof.start_pair(seed=7, timezone="Asia/Tokyo") as pair:
        pair.pbx.register()
        pair.pbx.incoming("+7 912 345-67-89", "+7-499-999-99-99").hang_up()
        pair.clock.advance(1)
        assert [call["date"] for call in pair.crm.calls()] == ["2024-05-01 21:00:00"]
        assert pair.clock is pair.crm.clock is pair.pbx.clock
        key = pair.crm.api_key
    with callproof.start_crm(seed=7) as crm:
        assert crm.api_key == key


def test_a_broken_plan_is_a_file_error() -> None:
    with pytest.raises(callproof.FileError, match=r"none\.yaml:1: "), callproof.start_pbx(plan="none.yaml"):
        pass


def test_no_such_structure_and_no_such_scenario_are_unknown_names() -> None:
    for look in (lambda: callproof.validate("users", {}), lambda: callproof.play("nobody")):
        with pytest.raises(callproof.UnknownName, match=r"named '(users|nobody)'"):
            look()


def test_a_side_that_is_flawed_fails_with_its_problems() -> None:
    flawed = Path(__file__).resolve().parent.parent.parent / "examples" / "pbx-service-flawed"
    verdict = callproof.play("6-event/missed", target=flawed / "callproof.yaml")
    assert not verdict.conformant
    assert "failed PBX-EVENT-08: hangupStatus is answered" in callproof.problems(verdict)
