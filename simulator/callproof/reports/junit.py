"""JUnit XML: a suite for each scenario, a case for each requirement that it looked at."""

import xml.etree.ElementTree as ET

from callproof.conformance.verdict import (
    Check,
    Outcome,
    ScenarioResult,
    Verdict,
    worst,
)
from callproof.contract.requirements import all_requirements


def write(verdict: Verdict) -> bytes:
    """The document as UTF-8. Without times, so that the same run gives the same bytes."""
    suites = [_suite(verdict, scenario) for scenario in verdict.scenarios]
    root = ET.Element("testsuites", name="callproof")
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.extend(suites)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _suite(verdict: Verdict, scenario: ScenarioResult) -> ET.Element:
    by_row: dict[str, list[Check]] = {}
    for check in scenario.checks:
        by_row.setdefault(check.requirement, []).append(check)
    cases = [_case(verdict, scenario, row, checks) for row, checks in sorted(by_row.items())]
    if scenario.broken:
        case = ET.Element("testcase", classname=scenario.id, name="the scenario can be played")
        ET.SubElement(case, "error", message=_clean(scenario.broken)).text = _clean(scenario.broken)
        cases.append(case)
    suite = ET.Element(
        "testsuite",
        name=scenario.id,
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors=str(int(bool(scenario.broken))),
        skipped="0",
    )
    suite.extend(cases)
    return suite


def _case(verdict: Verdict, scenario: ScenarioResult, row: str, checks: list[Check]) -> ET.Element:
    requirement = all_requirements()[row]
    case = ET.Element("testcase", classname=scenario.id, name=f"{row}: {requirement.text}")
    problems = [check for check in checks if check.problem]
    text = _clean("\n".join(f"{check.where}: {check.what}: {check.problem}" for check in problems))
    outcome = worst(verdict.outcome(check) for check in checks)
    if outcome is Outcome.FAILED:
        failure = ET.SubElement(case, "failure", message=_clean(problems[0].problem), type=row)
        failure.text = text
    elif outcome is not Outcome.PASSED:
        ET.SubElement(case, "system-out").text = f"{outcome}\n{text}"
    return case


def _clean(text: str) -> str:
    """Without the characters that XML cannot carry at all."""
    return "".join(ch if ch in "\t\n" or " " <= ch <= "\ud7ff" or ch > "\udfff" else "?" for ch in text)
