"""Demands that a report has the form that its readers published."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson
from jsonschema import Draft7Validator

CTRF = Path(__file__).with_name("ctrf-schema-0.0.json")


@cache
def _ctrf() -> Draft7Validator:
    schema = orjson.loads(CTRF.read_bytes())
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)


def demand_ctrf(written: bytes) -> None:
    """By the schema, and that the report names the version that the schema is of."""
    document = orjson.loads(written)
    _ctrf().validate(document)
    assert document["specVersion"].startswith("0.0."), document["specVersion"]


@dataclass(frozen=True)
class Form:
    """The attributes that an element needs and those it may have, its children, and whether it has text."""

    needs: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    text: bool = False


def _form(needs: str = "", may: str = "", children: str = "", *, text: bool = False) -> Form:
    return Form(frozenset(needs.split()), frozenset(may.split()), frozenset(children.split()), text)


# What junit-10.xsd of Jenkins' xUnit plugin allows, without Surefire's reruns, which nobody here writes.
JUNIT = {
    "testsuites": _form("", "name time tests failures errors", "testsuite"),
    "testsuite": _form(
        "name tests failures errors",
        "group time skipped timestamp hostname id package file log url",
        "testsuite properties testcase system-out system-err",
    ),
    "testcase": _form("name", "time classname group", "skipped error failure system-out system-err"),
    **{name: _form("", "type message", text=True) for name in ("skipped", "error", "failure")},
    **{name: _form(text=True) for name in ("system-out", "system-err")},
    "properties": _form("", "", "property"),
    "property": _form("name value"),
}
SUREFIRE_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def demand_junit(written: bytes) -> None:
    """By the form above, and that the counts of suites and of all are those of the cases."""
    root = ET.fromstring(written)
    assert root.tag == "testsuites"
    for element in root.iter():
        form = JUNIT[element.tag]
        assert form.needs <= set(element.keys()) <= form.needs | form.may, ET.tostring(element)
        assert {child.tag for child in element} <= form.children, ET.tostring(element)
        assert form.text or not (element.text or "").strip(), ET.tostring(element)
        assert SUREFIRE_TIME.fullmatch(element.get("time", "0")), element.get("time")
    for counting in (root, *root.iter("testsuite")):
        cases = list(counting.iter("testcase"))
        assert counting.get("tests") == str(len(cases))
        for counted, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            found = sum(case.find(tag) is not None for case in cases)
            assert counting.get(counted, str(found)) == str(found)
