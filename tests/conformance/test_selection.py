"""What a scenario needs of a CRM under test, beyond its steps."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml

from callproof.conformance import loading
from callproof.conformance.actions import ACTIONS
from callproof.conformance.scenario import KEPT, Scenario
from callproof.conformance.selection import choose, foreign_needs, lacks_method, misnamed
from callproof.conformance.target import Command, Prompt, Stimulus, Target
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import Side
from tools.docs import ROOT


def needs(scenario: str) -> set[str]:
    return set(foreign_needs(loading.find([scenario])[0], Side.CRM))


def test_users_that_are_given_have_to_be_set_and_customers_may_stay() -> None:
    assert needs("5-manager/not-free") == {"set user"}
    assert needs("5-manager/responsible") == set()
    assert needs("5-manager/no-customer") == set()


def test_what_a_pbx_need_not_know_is_absent_without_a_stimulus() -> None:
    scenarios = loading.find(["6-event/held", "6-event/busy"])
    played, left_out = choose(scenarios, Target(Side.PBX, Path()))
    assert [scenario.id for scenario in played] == ["6-event/busy"]
    assert [(found.scenario, found.why) for found in left_out] == [("6-event/held", "hold")]
    stimuli = {name: Stimulus(name, Prompt(name)) for name in ("hold", "take back")}
    played, left_out = choose(scenarios, Target(Side.PBX, Path(), stimuli=stimuli))
    assert (len(played), left_out) == (2, [])


def test_an_account_and_a_plan_that_nobody_can_set_leave_a_scenario_out() -> None:
    scenarios = loading.find(["3-history/zone", "6-event/closed"])
    _, left_out = choose(scenarios, Target(Side.PBX, Path()))
    assert [found.why for found in left_out] == ["set zone", "set hours"]
    assert "set account" in needs("3-history/zone")
    assert needs("6-event/closed") == set()


def test_a_crm_that_forgets_nothing_is_asked_everything_and_one_without_customers_is_not() -> None:
    scenarios = loading.find(["5-manager/responsible", "5-manager/no-customer"])
    keeps = Target(Side.CRM, Path(), absent=("set-up",))
    played, left_out = choose(scenarios, keeps)
    assert (misnamed(keeps.absent, scenarios), len(played), left_out) == ("", 2, [])
    _, left_out = choose(scenarios, Target(Side.CRM, Path(), absent=("customers",)))
    assert [(found.scenario, found.why) for found in left_out] == [("5-manager/responsible", "customers")]


def test_a_crm_without_a_method_is_not_asked_what_cannot_do_without_it() -> None:
    scenarios = loading.find(["1-api/access", "3-history/read-back", "8-status", "9-people/users"])
    lacks = Target(Side.CRM, Path(), absent=("user-status",))
    played, left_out = choose(scenarios, lacks)
    assert misnamed(lacks.absent, scenarios) == ""
    assert {"8-status/changed", "9-people/users"} <= {one.scenario for one in left_out}
    # A wrong key is refused whether there is such a method or not.
    assert {"1-api/access", "8-status/unwanted"} <= {one.id for one in played}
    # Nothing is asked of a CRM without these, or nothing of them is demanded.
    for name in ("call-event", "calls"):
        assert misnamed((name,), scenarios).startswith(f"no scenario needs {name!r}")


def test_a_missing_method_is_told_from_a_missing_user() -> None:
    said: JsonObject = {"success": False, "errorMsg": "API method not found"}
    assert lacks_method(404, said)
    assert lacks_method(404, {"detail": "Not Found"})
    assert lacks_method(405, "")
    assert not lacks_method(404, {"success": False, "errorMsg": "Not found"})
    assert not lacks_method(400, said)


def test_a_scenario_that_expects_nothing_is_asked_of_both_sides(tmp_path: Path) -> None:
    click = "title: T\nsteps:\n  - {do: manager clicks, user: $user1, phone: $number1}\n"
    keeps = (
        "  - {expect: pbx keeps calls, with: {phone: {$phone: $number1}}, proves: PBX-CALL-01, as: call}\n"
    )
    sends = "  - {expect: pbx sends call-event, at-most: 9, proves: PBX-EVENT-05}\n"
    for name, text in (("alone", click), ("named", click + keeps), ("judged", click + sends)):
        (tmp_path / f"{name}.yaml").write_text(text)
    _, left_out = choose(loading.find([str(tmp_path)]), Target(Side.CRM, Path()))
    assert [found.scenario for found in left_out] == ["judged"]


def test_a_crm_whose_time_cannot_be_moved_is_not_asked_for_budgets() -> None:
    scenarios = loading.find(["1-api/budgets"])
    untimed = Target(Side.CRM, Path(), url="http://crm", api_key="k")
    assert [(found.scenario, found.why) for found in choose(scenarios, untimed)[1]] == [
        ("1-api/budgets", "pass time")
    ]
    timed = replace(untimed, stimuli={"pass time": Stimulus("pass time", Command(("true",)))})
    assert [found.id for found in choose(scenarios, timed)[0]] == ["1-api/budgets"]


def words(part: object) -> Iterator[str]:
    """What the file of a scenario does, prepares, sends and looks for, read as plain YAML."""
    if isinstance(part, dict):
        for name, inner in part.items():
            if name in ("do", "expect", "send"):
                yield str(inner)
            if name in ("users", "customers", "settings", "upload-every"):
                yield f"given {name}"
            yield from words(inner)
            yield from map(str, inner) if name == "settings" and isinstance(inner, dict) else ()
    elif isinstance(part, list):
        for inner in part:
            yield from words(inner)


@cache
def written() -> tuple[list[Scenario], dict[str, set[str]]]:
    """The shipped scenarios, and the words in the file of each."""
    every = loading.find()
    return every, {
        one.id: set(words(yaml.safe_load((ROOT / one.file).read_text("utf-8")))) for one in every
    }


def needed(word: str, used: set[str]) -> bool:
    """Whether a scenario that uses this cannot do without what the word under ``absent`` is about."""
    if word == "customers":
        asks = any("customer" in one.split()[-1] and "calls" not in one for one in used)
        return asks or any("/api/v5/customers" in one for one in used)
    preparation = {"set user": "given users", "upload every": "given upload-every"}.get(word, word)
    return word in used or preparation in used


ABSENT = [
    *(
        ("crm", word)
        for word in ("customers", *(name for name in ACTIONS if ACTIONS[name].end is Side.CRM))
    ),
    *(
        ("pbx", word)
        for word in ("upload every", *(name for name in ACTIONS if ACTIONS[name].end is Side.PBX))
    ),
    *((str(side), f"{side} keeps {name}") for side in Side for name in KEPT[side]),
]


@pytest.mark.parametrize(("side", "word"), ABSENT)
def test_nothing_is_played_that_needs_what_is_absent(side: str, word: str) -> None:
    every, read = written()
    stimuli = {name: Stimulus(name, Prompt(name)) for name in ACTIONS}
    played, _ = choose(every, Target(Side(side), Path(), absent=(word,), stimuli=stimuli))
    assert [one.id for one in played if needed(word, read[one.id])] == []


def test_a_crm_without_customers_is_asked_for_none_and_a_pbx_that_cannot_register_for_nothing() -> None:
    _, left_out = choose(loading.find(["9-people"]), Target(Side.CRM, Path(), absent=("customers",)))
    assert {found.scenario for found in left_out if found.why == "customers"} == {
        "9-people/customers",
        "9-people/neighbours",
        "9-people/pages",
    }
    played, _ = choose(loading.find(), Target(Side.PBX, Path(), absent=("register",)))
    assert not [one.id for one in played if one.given.registered]
