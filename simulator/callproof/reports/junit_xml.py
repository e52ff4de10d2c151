"""JUnit XML of any run, with a time where one is given."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass


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
    """The document as UTF-8, indented; characters that XML cannot carry at all are question marks."""
    cases = [case for suite in suites for case in suite.cases]
    times = [suite.seconds for suite in suites if suite.seconds is not None]
    root = ET.Element(
        "testsuites", {"name": name, **_counts(cases), **_time(sum(times) if times else None)}
    )
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
    attributes = {"name": _clean(suite.name), **_counts(suite.cases), **_time(suite.seconds)}
    element = ET.Element("testsuite", attributes)
    element.extend(_case(case) for case in suite.cases)
    return element


def _case(case: JunitCase) -> ET.Element:
    names = {"classname": _clean(case.group), "name": _clean(case.name)}
    element = ET.Element("testcase", {**names, **_time(case.seconds)})
    if case.skipped:
        ET.SubElement(element, "skipped", message=_clean(case.skipped))
    if case.error:
        ET.SubElement(element, "error", message=_clean(case.error)).text = _clean(case.error)
    if case.failure is not None:
        kind = {"type": case.failure.kind} if case.failure.kind else {}
        failure = ET.SubElement(element, "failure", {"message": _clean(case.failure.message), **kind})
        failure.text = _clean(case.failure.text)
    if case.output:
        ET.SubElement(element, "system-out").text = _clean(case.output)
    return element


def _clean(text: str) -> str:
    return "".join(ch if ch in "\t\n" or " " <= ch <= "\ud7ff" or ch > "\udfff" else "?" for ch in text)
