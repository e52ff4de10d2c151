"""The verdict as CTRF: a test for each requirement that a scenario looked at, as in JUnit."""

from collections.abc import Sequence

from callproof.conformance.findings import RootCause, findings
from callproof.conformance.verdict import Outcome, ScenarioResult, Verdict, worst
from callproof.contract.requirements import all_requirements
from callproof.reports.cases import PLAYED, broken_off, explained, of_the_run, place, told
from callproof.reports.ctrf_json import CtrfStatus, CtrfTest, document, milliseconds


def write(verdict: Verdict) -> bytes:
    """The document as UTF-8."""
    found = findings(verdict)
    tests = [test for scenario in verdict.scenarios for test in _tests(verdict, scenario, found)]
    tests += [
        CtrfTest(
            PLAYED, CtrfStatus.SKIPPED, 0, _suite(scenario), f"{absent} is absent", raw_status="left out"
        )
        for scenario, absent in verdict.left_out
    ]
    tests += [
        CtrfTest(name, CtrfStatus.FAILED, 0, ("callproof",), problem)
        for name, problem in of_the_run(verdict)
    ]
    times = [scenario.timed for scenario in verdict.scenarios]
    began = min((timed.began for timed in times), default=0.0)
    return document(tests, began, max((timed.began + timed.took for timed in times), default=began))


def _tests(verdict: Verdict, scenario: ScenarioResult, found: Sequence[RootCause]) -> list[CtrfTest]:
    count = len(scenario.by_row) + bool(scenario.broken)
    share = milliseconds(scenario.timed.took / max(count, 1))
    tests = [
        _test(verdict, scenario, row, share, explained(found, scenario.id, row)) for row in scenario.by_row
    ]
    if scenario.broken:
        error = broken_off(verdict, scenario)
        suite, file = _suite(scenario.id), scenario.file
        tests.append(
            CtrfTest(
                PLAYED, CtrfStatus.FAILED, share, suite, error, raw_status="broken off", file_path=file
            )
        )
    return tests


def _test(verdict: Verdict, scenario: ScenarioResult, row: str, duration: int, cause: str) -> CtrfTest:
    checks = scenario.by_row[row]
    outcome = worst(verdict.outcome(check) for check in checks)
    problems = [check for check in checks if check.problem]
    return CtrfTest(
        f"{row}: {all_requirements()[row].text}",
        CtrfStatus.FAILED if outcome is Outcome.FAILED else CtrfStatus.PASSED,
        duration,
        _suite(scenario.id),
        problems[0].problem if problems else "",
        f"{told(problems)}{cause}" if problems else "",
        place((problems or checks)[0].where)[1],
        outcome.value,
        (row, all_requirements()[row].level.value),
        scenario.file,
    )


def _suite(scenario: str) -> tuple[str, ...]:
    """The chapter and the scenario; one of the integrator's own is alone."""
    chapter = scenario.rpartition("/")[0]
    return (chapter, scenario) if chapter else (scenario,)
