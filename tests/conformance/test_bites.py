"""A verdict is worth something only if a broken side turns it red, and only where it is broken."""

import pytest

from callproof.conformance import loading, runner
from callproof.conformance.killing import EVERY_MESSAGE, Looked, _kill, _play, matrix
from callproof.conformance.verdict import Outcome, Verdict
from callproof.contract.requirements import all_requirements
from callproof.exchange.faults import catalogue
from callproof.pbx.crm_client import CrmClient
from callproof.running.pair import built_in
from tools.kill_matrix import bench

BAD = (Outcome.FAILED, Outcome.WARNED, Outcome.NOTED)


def verdict(wanted: str, *faults: str, strict: bool = False) -> Verdict:
    found = Verdict([], 1, strict)
    with built_in() as pair:
        ends = pair.ends
        broken = [catalogue()[name] for name in faults]
        runner.run(loading.find([wanted]), ends, found.scenarios.append, faults=broken)
    return found


def rows(found: Verdict, *outcomes: Outcome) -> set[str]:
    return {result.requirement.id for result in found.requirements if result.outcome in outcomes}


@pytest.mark.parametrize(
    ("wanted", "fault", "expected"),
    [
        ("2-module/change", "crm-accepts-later", {"CRM-MODULE-01", "CRM-MODULE-02"}),
        ("5-manager/not-free", "crm-names-anybody", {"CRM-MANAGER-04"}),
        ("6-event/answered", "pbx-silent-end", {"PBX-EVENT-06", "PBX-EVENT-12"}),
        ("3-history/at-once", "pbx-untrue-history", {"PBX-HISTORY-12", "PBX-HISTORY-09"}),
        ("4-record", "pbx-recording-as-download", {"PBX-RECORD-01", "PBX-RECORD-02"}),
        ("6-event/cancelled", "pbx-unknown-member", {"PBX-API-04"}),
    ],
)  # fmt: skip
def test_a_broken_side_fails_the_rows_that_it_breaks(wanted: str, fault: str, expected: set[str]) -> None:
    side = catalogue()[fault].side
    red = {row for row in rows(verdict(wanted, fault), *BAD) if all_requirements()[row].side is side}
    assert expected <= red
    assert set(catalogue()[fault].breaks) & red


def test_a_weak_row_warns_and_fails_only_when_strict() -> None:
    lenient = verdict("6-event/cancelled", "pbx-json-bodies")
    assert (rows(lenient, Outcome.WARNED), lenient.conformant) == ({"PBX-API-02"}, True)
    assert verdict("6-event/cancelled", "pbx-json-bodies", strict=True).conformant is False


def test_what_a_scenario_breaks_itself_is_nobodys_fault() -> None:
    found = verdict("11-trouble/garbled")
    assert found.conformant
    assert rows(found, *BAD) == set()


def test_a_scenario_that_cannot_be_played_is_not_conformant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CrmClient, "manager_extension", lambda *_: ("200", ""))
    found = verdict("3-history/at-once")
    assert "Extension 100 does not ring" in found.broken[0].broken
    assert found.conformant is False


def test_the_nearest_miss_says_what_differs() -> None:
    (result,) = verdict("3-history/at-once", "pbx-untrue-history").scenarios
    problem = next(check.problem for check in result.checks if check.requirement == "PBX-HISTORY-12")
    assert "duration is 7, expected one of 61, 69" in problem


def test_the_kill_matrix_names_the_faults_of_each_check_and_what_survives() -> None:
    faults = [catalogue()["pbx-silent-end"], catalogue()["crm-too-many-requests"]]
    found = matrix(loading.find(["6-event/cancelled"]), faults, bench, processes=1)
    end = Looked("scenarios/6-event/cancelled.yaml:14", "PBX-EVENT-06")
    assert found.killed[end] == ["pbx-silent-end"]
    assert Looked(EVERY_MESSAGE, "PBX-API-01") in found.survivors


def test_what_is_judged_in_every_message_is_killed_in_whichever_scenario_a_fault_does_it_first() -> None:
    faults = [
        catalogue()[name] for name in ("pbx-silent-end", "crm-too-many-requests", "crm-tells-the-key")
    ]
    played = [
        _play(one, faults=[], bench=bench, whole=False)
        for one in loading.find(["7-call/not-taken", "7-call/refused"])
    ]
    told, unkilled = (Looked(EVERY_MESSAGE, row) for row in ("CRM-API-16", "CRM-API-01"))
    assert _kill(told, played=played, faults=faults, bench=bench) == {told: ["crm-tells-the-key"]}
    assert _kill(unkilled, played=played, faults=faults, bench=bench) == {}


def test_every_fault_names_rows_of_its_own_side_and_of_the_other() -> None:
    for fault in catalogue().values():
        assert fault.breaks or fault.challenges, fault.name
        assert {all_requirements()[row].side for row in fault.breaks} <= {fault.side}, fault.name
        assert fault.side not in {all_requirements()[row].side for row in fault.challenges}, fault.name
