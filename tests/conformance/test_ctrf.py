"""What CTRF says of a verdict; its form is for tests/reports/test_published.py."""

import orjson
from msgspec.structs import replace

from callproof.conformance.timing import Timed
from callproof.reports import ctrf
from tests.conformance.test_reports import BAD, GOOD, WEAK, verdict


def test_a_report_counts_what_it_has() -> None:
    found = verdict(GOOD, BAD, WEAK, broken="it broke")
    found.scenarios[0].timed = Timed(1.5e9, 3.0)
    found.left_out = [("4-click/x", "the action 'manager clicks'")]
    found.stopped = "The run was interrupted."
    results = orjson.loads(ctrf.write(found))["results"]
    assert all(test["suite"] for test in results["tests"])
    assert results["summary"] == {
        "tests": 5, "passed": 1, "failed": 3, "skipped": 1, "pending": 0, "other": 0,
        "start": 1_500_000_000_000, "stop": 1_500_000_003_000,
    }  # fmt: skip


def test_a_test_is_a_row_of_a_scenario_with_its_problem_and_its_place() -> None:
    found = verdict(GOOD, replace(BAD, where="s.yaml:17"))
    found.scenarios[0].timed = Timed(0.0, 0.25)
    (test,) = orjson.loads(ctrf.write(found))["results"]["tests"]
    assert test["name"].startswith("PBX-EVENT-06: ")
    assert (test["suite"], test["status"], test["duration"]) == (["6-event", "6-event/x"], "failed", 250)
    assert (test["filePath"], test["line"]) == ("s.yaml", 17)
    assert test["message"].startswith("expected 1, found <0>")
    assert "\ndo: " in test["trace"]
    assert test["trace"].startswith("s.yaml:17: pbx sends call-event: expected 1")


def test_what_only_warns_is_passed_and_says_so() -> None:
    (test,) = orjson.loads(ctrf.write(verdict(WEAK)))["results"]["tests"]
    assert (test["status"], test["rawStatus"], test["message"]) == ("passed", "warned", "a weak row")
