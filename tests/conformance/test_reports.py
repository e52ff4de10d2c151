"""What is written about a verdict."""

import io
import xml.etree.ElementTree as ET

import orjson
import pytest
from jsonschema import Draft202012Validator
from junitparser import JUnitXml
from msgspec.structs import replace
from rich.console import Console

from callproof.conformance.findings import findings
from callproof.conformance.timing import Timed
from callproof.conformance.verdict import Check, Outcome, ScenarioResult, Verdict
from callproof.contract.schemas import load
from callproof.reports import json_report, junit, terminal

GOOD = Check("PBX-EVENT-06", "pbx sends call-event", "s.yaml:3")
BAD = replace(GOOD, problem="expected 1, found <0> & \x00nothing")
WEAK = Check("CRM-EVENT-04", "crm answers", "s.yaml:9", problem="a weak row")
INFERRED = Check("PBX-EVENT-12", "pbx sends", "s.yaml:9", problem="an inferred row")


def verdict(*checks: Check, broken: str = "", strict: bool = False) -> Verdict:
    return Verdict([ScenarioResult("6-event/x", "Title [x]", "s.yaml", list(checks), broken)], 7, strict)


@pytest.mark.parametrize(
    ("found", "outcomes", "conformant"),
    [
        (verdict(GOOD), ["passed"], True),
        (verdict(GOOD, BAD), ["failed"], False),
        (verdict(WEAK), ["warned"], True),
        (verdict(INFERRED), ["noted"], True),
        (verdict(WEAK, INFERRED, strict=True), ["warned", "failed"], False),
        (verdict(GOOD, broken="could not"), ["passed"], False),
        (verdict(replace(BAD, forgiven=True)), ["warned"], True),
    ],
)
def test_level_and_evidence_decide_what_a_miss_is(
    found: Verdict, outcomes: list[str], conformant: bool
) -> None:
    assert [result.outcome for result in found.requirements] == outcomes
    assert found.conformant is conformant


def test_junit_has_a_case_for_each_requirement_and_a_failure_for_each_miss() -> None:
    written = junit.write(verdict(GOOD, BAD, WEAK, broken="it \x01 broke"))
    document = JUnitXml.fromstring(written)
    (suite,) = document
    assert (suite.name, suite.tests, suite.failures, suite.errors) == ("6-event/x", 3, 1, 1)
    assert [case.name.partition(":")[0] for case in suite] == [
        "CRM-EVENT-04",
        "PBX-EVENT-06",
        "the scenario can be played",
    ]
    failure = ET.fromstring(written).find(".//failure")
    assert failure is not None
    assert failure.get("message") == "expected 1, found <0> & \\x00nothing"


def test_junit_says_how_long_a_scenario_took_and_what_was_left_out() -> None:
    found = verdict(GOOD, WEAK)
    found.scenarios[0].timed = Timed(1.0e9, 2.5)
    found.left_out = [("4-click/x", "the action 'manager clicks'")]
    root = ET.fromstring(junit.write(found))
    played, left_out = root
    assert (root.get("time"), root.get("tests"), left_out.get("skipped")) == ("2.500", "3", "1")
    assert [case.get("time") for case in played] == ["1.250", "1.250"]
    skipped = left_out.find("testcase/skipped")
    assert left_out.get("name") == "4-click/x"
    assert skipped is not None
    assert skipped.get("message") == "the action 'manager clicks' is absent"


def test_json_follows_its_published_schema() -> None:
    document = orjson.loads(json_report.write(verdict(GOOD, BAD, broken="x")))
    Draft202012Validator(load("report")).validate(document)
    assert (document["conformant"], document["seed"], document["ruleset"]) == (False, 7, "2020-07")
    assert document["requirements"][0]["problems"][0]["where"] == "s.yaml:3"


def test_the_summary_comes_last_and_markup_in_texts_stays_text() -> None:
    out, found = io.StringIO(), verdict(GOOD, BAD)
    console = Console(file=out, width=140, highlight=False)
    terminal.scenario(console, found.scenarios[0], Outcome.FAILED)
    terminal.told(console, findings(found))
    terminal.table(console, found)
    terminal.summary(console, found)
    lines = out.getvalue().rstrip("\n").split("\n")
    assert lines[0] == "failed 6-event/x: Title [x]"
    assert lines[-1] == "Not conformant"
    assert any(line.startswith("failed   PBX-EVENT-06") for line in lines)
    assert any("The PBX's call-event: expected 1, found <0> &" in line for line in lines)
    assert "   seen in  6-event/x (s.yaml:3)" in lines


def test_a_row_says_what_came_of_it_and_one_that_nothing_looked_at_says_so() -> None:
    held = Check("PBX-API-01", "asks with the key", "scenarios/x.yaml:3")
    found = verdict(held, replace(held, requirement="PBX-EVENT-08", problem="it is 'no answer'"))
    assert found.row("PBX-API-01").passed
    failed = found.row("PBX-EVENT-08")
    assert (failed.passed, failed.held, len(failed.problems)) == (False, 0, 1)
    with pytest.raises(LookupError, match="Nothing looked at 'PBX-EVENT-04'"):
        found.row("PBX-EVENT-04")
    with pytest.raises(LookupError, match="There is no requirement 'PBX-NONE-01'"):
        found.row("PBX-NONE-01")
