"""Two ends that ask each other without sockets say and are judged the same as over HTTP, with a fault too.

That a whole check without one is, is seen where `make demo` is played for the README.
"""

import pytest

from callproof.conformance import loading, runner
from callproof.conformance.verdict import Verdict
from callproof.exchange.faults import catalogue
from callproof.reports import json_report
from callproof.running.pair import built_in


def report(fault: str, wanted: tuple[str, ...], nearby: bool) -> object:
    found = Verdict([], 1, strict=False)
    with built_in(1, nearby=nearby) as pair:
        broken = [catalogue()[fault]]
        runner.run(loading.find(wanted), pair.ends, found.scenarios.append, faults=broken)
    return json_report.write(found)


@pytest.mark.parametrize("fault", ["crm-down", "crm-answer-lost", "crm-truncated", "pbx-down", "crm-slow"])
def test_faults_act_alike(fault: str) -> None:
    wanted = ("6-event", "7-call")
    assert report(fault, wanted=wanted, nearby=True) == report(fault, wanted=wanted, nearby=False)
