"""Annotations as GitHub Actions reads them."""

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from callproof.cli import main
from callproof.conformance.verdict import Check, ScenarioResult, Verdict
from callproof.reports.github import Annotation, annotations, shown

KINDS = ("warning", "error")
BAD = Check("PBX-EVENT-06", "pbx sends call-event", "s.yaml:3", problem="expected 1, found 0")
WEAK = Check("CRM-EVENT-04", "every message", "s.yaml", problem="a weak row")


def verdict(*checks: Check, broken: str = "", stopped: str = "") -> Verdict:
    scenario = ScenarioResult("a", "T", "s.yaml", list(checks), broken)
    return Verdict([scenario], 7, strict=False, stopped=stopped)


def test_what_is_special_to_github_is_escaped() -> None:
    told = str(Annotation("error", "a: b, c", "100 %\nnext", "x,y.yaml", 3))
    assert told == "::error file=x%2Cy.yaml,line=3,title=a%3A b%2C c::100 %25%0Anext"


def test_a_finding_is_one_annotation_with_its_remedy_and_the_worst_come_first() -> None:
    found = annotations(verdict(WEAK, BAD, replace(BAD, where="s.yaml:9")))
    assert [(one.kind, one.file, one.line) for one in found] == [
        ("error", "s.yaml", 3), ("warning", "s.yaml", 0),
    ]  # fmt: skip
    said = found[0].text.splitlines()
    assert said[0] == "expected 1, found 0"
    assert said[1].startswith("demanded: PBX-EVENT-06 (must, D): ")
    assert said[2].startswith("do: ")


def test_a_broken_scenario_and_a_stopped_run_are_annotations_too() -> None:
    found = annotations(verdict(broken="s.yaml:4: no call", stopped="The CRM does not answer."))
    assert [one.text.splitlines()[0] for one in found] == ["The CRM does not answer.", "no call"]
    assert {one.kind for one in found} == {"error"}


def test_no_more_are_printed_than_are_shown() -> None:
    every = [Annotation(kind, f"{kind} {number}", "") for number in range(40) for kind in KINDS]
    found = [*shown(every)]
    assert [one.kind for one in found] == ["error"] * 10 + ["warning"] * 10


def test_the_same_finding_of_several_scenarios_is_shown_once() -> None:
    every = [Annotation("error", "The end of a call is missing", f"in {name}") for name in "ab"]
    assert [one.text for one in shown(every)] == ["in a"]


@pytest.mark.parametrize(("value", "there"), [("true", True), ("", False)])
def test_a_check_prints_them_on_github_alone(
    monkeypatch: pytest.MonkeyPatch, value: str, there: bool
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", value)
    result = CliRunner().invoke(main, ["check", "6-event/missed", "--fault", "pbx-silent-end"])
    assert result.exit_code == 1
    assert ("\n::error file=scenarios/6-event/missed.yaml,line=" in result.output) is there
    assert result.output.endswith("Not conformant\n")
