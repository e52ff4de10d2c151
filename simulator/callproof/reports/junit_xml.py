"""JUnit XML of any run, without times, so that the same run gives the same bytes."""

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
    """``group`` is the class name that CI servers sort by. ``error`` says why it could not be tried."""

    group: str
    name: str
    failure: JunitFailure | None = None
    error: str = ""
    output: str = ""


@dataclass(frozen=True)
class JunitSuite:
    name: str
    cases: Sequence[JunitCase]


def document(name: str, suites: Sequence[JunitSuite]) -> bytes:
    """The document as UTF-8, indented; characters that XML cannot carry at all are question marks."""
    cases = [case for suite in suites for case in suite.cases]
    root = ET.Element("testsuites", {"name": name, **_counts(cases)})
    root.extend(_suite(suite) for suite in suites)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _counts(cases: Sequence[JunitCase]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.failure is not None for case in cases)),
        "errors": str(sum(bool(case.error) for case in cases)),
        "skipped": "0",
    }


def _suite(suite: JunitSuite) -> ET.Element:
    element = ET.Element("testsuite", {"name": _clean(suite.name), **_counts(suite.cases)})
    element.extend(_case(case) for case in suite.cases)
    return element


def _case(case: JunitCase) -> ET.Element:
    element = ET.Element("testcase", classname=_clean(case.group), name=_clean(case.name))
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
