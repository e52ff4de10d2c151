"""Reports for tools of others have the form that those published, whatever came out."""

from collections.abc import Callable

import pytest
from jsonschema import ValidationError

from callproof.conformance.timing import Timed
from callproof.conformance.verdict import Verdict
from callproof.reports import ctrf, junit
from tests.conformance.test_reports import BAD, GOOD, WEAK, verdict
from tests.published.forms import demand_ctrf, demand_junit


def conformant() -> Verdict:
    found = verdict(GOOD, WEAK)
    found.scenarios[0].timed = Timed(1.5e9, 12345.678)
    found.left_out = [("4-click/x", "the action 'manager clicks'")]
    return found


def not_conformant() -> Verdict:
    return verdict(GOOD, BAD, WEAK)


def broken() -> Verdict:
    found = verdict(GOOD, BAD, broken="it \x01 broke")
    found.stopped = "The run was interrupted."
    return found


def empty() -> Verdict:
    """Broken before a scenario was played."""
    return Verdict([], 7, False, stopped="The address does not answer.")


@pytest.mark.parametrize("outcome", [conformant, not_conformant, broken, empty])
def test_a_verdict_is_read_by_the_tools_of_others(outcome: Callable[[], Verdict]) -> None:
    demand_ctrf(ctrf.write(outcome()))
    demand_junit(junit.write(outcome()))


def test_a_report_of_another_form_is_found() -> None:
    written = ctrf.write(not_conformant())
    with pytest.raises(ValidationError, match="'unlucky' is not one of"):
        demand_ctrf(written.replace(b'"status": "failed"', b'"status": "unlucky"'))
    with pytest.raises(ValidationError, match="Additional properties are not allowed"):
        demand_ctrf(written.replace(b'"tool": {', b'"tool": {"url": "",'))
    with pytest.raises(AssertionError, match="testcase"):
        demand_junit(junit.write(not_conformant()).replace(b"<testcase ", b'<testcase row="" '))
