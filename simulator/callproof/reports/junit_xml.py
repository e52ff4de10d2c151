"""JUnit XML of any run, with a time where one is given."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass

from callproof.contract.printing import printable_lines as clean


@dataclass(frozen=True)
class JunitFailure:
    """``message`` is a line, ``text`` all of it; ``kind`` says what failed, or ""."""

    message: str
    text: str = ""
    kind: str = ""


@dataclass(frozen=True)
class JunitCase:
    """``group`` is the class name that CI servers sort by. ``error`` says why it could not be tried,
    ``skipped`` why it was not; ``seconds`` is how long it took."""

    group: str
    name: str
    failure: JunitFailure | None = None
    error: str = ""
    output: str = ""
    skipped: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class JunitSuite:
    name: str
    cases: Sequence[JunitCase]
    seconds: float | None = None


def document(name: str, suites: Sequence[JunitSuite]) -> bytes:
    """The document as UTF-8, indented; what XML cannot carry, or nobody sees, stands as an escape."""
    cases = [case for suite in suites for case in suite.cases]
    times = [suite.seconds for suite in suites if suite.seconds is not None]
    # The schema of Jenkins' xUnit plugin knows what was skipped of a suite alone.
    counts = {counted: count for counted, count in _counts(cases).items() if counted != "skipped"}
    attributes = {"name": clean(name), **counts, **_time(sum(times) if times else None)}
    root = ET.Element("testsuites", attributes)
    root.extend(_suite(suite) for suite in suites)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _counts(cases: Sequence[JunitCase]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.failure is not None for case in cases)),
        "errors": str(sum(bool(case.error) for case in cases)),
        "skipped": str(sum(bool(case.skipped) for case in cases)),
    }


def _time(seconds: float | None) -> dict[str, str]:
    return {} if seconds is None else {"time": f"{seconds:.3f}"}


def _suite(suite: JunitSuite) -> ET.Element:
    attributes = {"name": clean(suite.name), **_counts(suite.cases), **_time(suite.seconds)}
    element = ET.Element("testsuite", attributes)
    element.extend(_case(case) for case in suite.cases)
    return element


def _case(case: JunitCase) -> ET.Element:
    names = {"classname": clean(case.group), "name": clean(case.name)}
    element = ET.Element("testcase", {**names, **_time(case.seconds)})
    if case.skipped:
        ET.SubElement(element, "skipped", message=clean(case.skipped))
    if case.error:
        ET.SubElement(element, "error", message=clean(case.error)).text = clean(case.error)
    if case.failure is not None:
        kind = {"type": clean(case.failure.kind)} if case.failure.kind else {}
        failure = ET.SubElement(element, "failure", {"message": clean(case.failure.message), **kind})
        failure.text = clean(case.failure.text)
    if case.output:
        ET.SubElement(element, "system-out").text = clean(case.output)
    return element
