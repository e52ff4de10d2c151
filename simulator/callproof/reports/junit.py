"""The verdict as JUnit XML: a suite for each scenario, a case for each requirement that it looked at.

The time of a suite is that of its scenario; the cases, which were looked at in the same seconds, have equal
shares of it, for servers that add them up.
"""

from collections.abc import Sequence
from dataclasses import replace

from callproof.conformance.findings import RootCause, findings
from callproof.conformance.verdict import Check, Outcome, ScenarioResult, Verdict, worst
from callproof.contract.requirements import all_requirements
from callproof.reports.cases import PLAYED, broken_off, explained, of_the_run, told
from callproof.reports.junit_xml import JunitCase, JunitFailure, JunitSuite, document


def write(verdict: Verdict) -> bytes:
    """The document as UTF-8."""
    found = findings(verdict)
    suites = [_suite(verdict, scenario, found) for scenario in verdict.scenarios]
    suites += [_left_out(scenario, absent) for scenario, absent in verdict.left_out]
    whole = [JunitCase("callproof", name, error=problem) for name, problem in of_the_run(verdict)]
    return document("callproof", [*suites, *([JunitSuite("callproof", whole)] if whole else [])])


def _suite(verdict: Verdict, scenario: ScenarioResult, found: Sequence[RootCause]) -> JunitSuite:
    cases = [_case(verdict, scenario, row, checks, found) for row, checks in scenario.by_row.items()]
    if scenario.broken:
        error = broken_off(verdict, scenario)
        cases.append(JunitCase(scenario.id, PLAYED, error=error))
    took = scenario.timed.took
    shared = [replace(case, seconds=took / len(cases)) for case in cases]
    return JunitSuite(scenario.id, shared, took)


def _left_out(scenario: str, absent: str) -> JunitSuite:
    return JunitSuite(scenario, [JunitCase(scenario, PLAYED, skipped=f"{absent} is absent")], 0.0)


def _case(
    verdict: Verdict, scenario: ScenarioResult, row: str, checks: list[Check], found: Sequence[RootCause]
) -> JunitCase:
    name = f"{row}: {all_requirements()[row].text}"
    problems = [check for check in checks if check.problem]
    text = told(problems)
    outcome = worst(verdict.outcome(check) for check in checks)
    if outcome is Outcome.FAILED:
        text += explained(found, scenario.id, row)
        return JunitCase(scenario.id, name, JunitFailure(problems[0].problem, text, row))
    return JunitCase(scenario.id, name, output="" if outcome is Outcome.PASSED else f"{outcome}\n{text}")
