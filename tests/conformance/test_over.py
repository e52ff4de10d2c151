"""Two ends that ask each other without sockets say and are judged the same as over HTTP."""

import pytest

from callproof.conformance import loading, runner
from callproof.conformance.verdict import Verdict
from callproof.exchange.faults import catalogue
from callproof.reports import json_report
from callproof.running.pair import built_in


def report(*faults: str, wanted: tuple[str, ...] = (), nearby: bool) -> object:
    found = Verdict([], 1, strict=False)
    with built_in(1, nearby=nearby) as pair:
        broken = [catalogue()[name] for name in faults]
        runner.run(loading.find(wanted), pair.ends, found.scenarios.append, faults=broken)
    return json_report.write(found)


def test_all_scenarios_are_played_alike() -> None:
    assert report(nearby=True) == report(nearby=False)


@pytest.mark.parametrize("fault", ["crm-down", "crm-answer-lost", "crm-truncated", "pbx-down", "crm-slow"])
def test_faults_act_alike(fault: str) -> None:
    wanted = ("6-event", "7-call")
    assert report(fault, wanted=wanted, nearby=True) == report(fault, wanted=wanted, nearby=False)
