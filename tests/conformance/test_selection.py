"""What a scenario needs of a CRM under test, beyond its steps."""

from dataclasses import replace
from pathlib import Path

from callproof.conformance import loading
from callproof.conformance.selection import choose, foreign_needs, unused
from callproof.conformance.target import Command, Prompt, Stimulus, Target
from callproof.contract.operations import Side


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
    assert (unused(keeps, scenarios), len(played), left_out) == ([], 2, [])
    _, left_out = choose(scenarios, Target(Side.CRM, Path(), absent=("customers",)))
    assert [(found.scenario, found.why) for found in left_out] == [("5-manager/responsible", "customers")]


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
