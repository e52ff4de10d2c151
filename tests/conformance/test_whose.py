"""Whose doing it is that a scenario broke off, and what that does to a verdict."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from callproof.conformance import loading, runner
from callproof.conformance.baseline import load_baseline, written
from callproof.conformance.judge import BOTH, UnderTest
from callproof.conformance.scenario import BrokenScenario
from callproof.conformance.stimuli import Misconfigured, StimulusFailed
from callproof.conformance.verdict import Check, Outcome, ScenarioResult, Verdict, Whose
from callproof.conformance.whose import REGISTRATION, BrokenOff, answering, whose
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import BY_NAME, Operation, Side
from callproof.control.client import ActionRefused
from callproof.errors import InternalError
from callproof.pbx.crm_client import CrmClient, Told
from callproof.reports import html, json_report, junit, markdown
from tools.kill_matrix import bench

CRM, PBX = UnderTest(Side.CRM), UnderTest(Side.PBX)
WEAK = Check("PBX-MODULE-08", "POST", "s.yaml:1", "the scenario broke off", breaks=True)
GRAVE = Check("PBX-EVENT-04", "pbx sends call-event", "s.yaml:3", "the scenario broke off", breaks=True)


def caused(cause: Exception) -> BrokenScenario:
    error = BrokenScenario("mine.yaml:3: it broke")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "judged", "faulty", "wrong", "expected"),
    [
        (caused(Misconfigured("no stimulus")), PBX, False, True, Whose.CONFIGURATION),
        (caused(StimulusFailed("404")), PBX, False, False, Whose.CONFIGURATION),
        (caused(StimulusFailed("404")), PBX, False, True, Whose.SIDE),
        (caused(StimulusFailed("404", worked=True)), PBX, False, False, Whose.SIDE),
        (StimulusFailed("set-up was answered 500"), CRM, False, False, Whose.CONFIGURATION),
        (caused(ActionRefused("Extension 100 does not ring")), CRM, False, False, Whose.SIDE),
        (caused(ActionRefused("Extension 100 does not ring")), BOTH, False, False, Whose.CONFIGURATION),
        (caused(ActionRefused("Extension 100 does not ring")), BOTH, True, False, Whose.SIDE),
        (BrokenScenario("without the effect that was to be"), PBX, False, False, Whose.SIDE),
    ],
)
def test_only_what_is_certain_is_taken_from_the_side(
    error: Exception, judged: UnderTest, faulty: bool, wrong: bool, expected: Whose
) -> None:
    assert whose(error, judged, faulty=faulty, wrong=wrong) is expected


def test_the_next_row_that_can_fail_answers() -> None:
    (scenario,) = loading.find(["6-event/missed"])
    first = next(step for step in scenario.expectations if step.side is Side.PBX)
    broke = BrokenOff("6-event/missed.yaml:9", BrokenScenario("it broke"))
    at_once = answering(scenario, PBX, [], [], broke)
    assert at_once is not None
    assert (at_once.requirement in first.rows, at_once.breaks, at_once.outcome()) == (
        True, True, Outcome.FAILED,
    )  # fmt: skip
    assert at_once.where == "6-event/missed.yaml:9"
    assert at_once.problem == "the scenario broke off: it broke"
    later = answering(scenario, PBX, [first], [], broke)
    assert later is not None
    assert later.what != at_once.what or later.requirement != at_once.requirement


def test_what_was_being_prepared_answers_for_itself() -> None:
    (scenario,) = loading.find(["7-call/started"])
    broke = BrokenOff("7-call/started.yaml:1", BrokenScenario("it broke"), REGISTRATION)
    rows = {judged.side: answering(scenario, judged, [], [], broke) for judged in (CRM, PBX)}
    assert {side: found.requirement for side, found in rows.items() if found} == {
        Side.CRM: "CRM-MODULE-01", Side.PBX: "PBX-MODULE-01",
    }  # fmt: skip


def test_the_member_for_which_a_side_was_refused_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PBX that registers with a code that does not fit, and stops because of it."""
    post = CrmClient._post

    def wrong(client: CrmClient, asked: Operation, structure: JsonObject, **more: Any) -> Told:
        broken = {"integrationCode": "another"} if asked is BY_NAME["module-edit"] else {}
        return post(client, asked, {**structure, **broken}, **more)

    monkeypatch.setattr(CrmClient, "_post", wrong)
    with bench() as ends:
        (found,) = runner.run(loading.find(["7-call/started"]), ends, judged=PBX)
    assert (found.by, found.broken != "") == (Whose.SIDE, True)
    (check,) = [check for check in found.checks if check.breaks]
    assert check.requirement == "PBX-MODULE-08"
    assert check.problem.startswith("code: Code prefix must match integrationCode; the scenario broke")
    assert "PBX-CALL-01" in found.undecided


def verdict(*checks: Check, by: Whose = Whose.SIDE, undecided: tuple[str, ...] = ()) -> Verdict:
    result = ScenarioResult("6-event/x", "T", "s.yaml", [*checks], "it broke", by=by, undecided=undecided)
    return Verdict([result], 1, strict=False, target=Side.PBX)


def test_what_answers_counts_by_its_own_grade() -> None:
    assert verdict(GRAVE).conformant is False
    assert verdict(WEAK).conformant is True
    assert verdict(WEAK).outcome_of(verdict(WEAK).scenarios[0]) is Outcome.NOTED
    # A weak row beside it is none that answers.
    assert verdict(replace(WEAK, breaks=False)).conformant is False
    left = verdict(WEAK, undecided=("PBX-CALL-01", "PBX-EVENT-12"))
    assert (left.conformant, left.undecided) == (False, ["PBX-CALL-01"])


def test_every_report_says_whose_doing_it_was() -> None:
    for by, words in (
        (Whose.SIDE, "the PBX, by PBX-EVENT-04"),
        (Whose.CONFIGURATION, "the configuration"),
        (Whose.BENCH, "callproof"),
    ):
        found = verdict(GRAVE, by=by)
        assert found.cause(found.scenarios[0]) == words
        for write in (html.write, markdown.write, junit.write):
            assert f"roken off by {words}: it broke" in write(found).decode()
        assert f'"brokenBy": "{words}"' in json_report.write(found).decode()


def test_what_answers_for_a_known_break_is_known_with_it(tmp_path: Path) -> None:
    file = tmp_path / "known.yaml"
    file.write_bytes(written(verdict(GRAVE)))
    assert "broken" in file.read_text()
    assert "PBX-EVENT-04" not in file.read_text()
    known = load_baseline(str(file))
    found = verdict(GRAVE)
    found.scenarios = [known.marked(found.scenarios[0])]
    assert (found.conformant, known.stale(found.scenarios)) == (True, [])


def test_an_end_of_ours_that_fails_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_client: CrmClient) -> Told:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(CrmClient, "register", fails)
    heard: list[ScenarioResult] = []
    with bench() as ends, pytest.raises(InternalError, match="RuntimeError: a mistake of ours"):
        runner.run(loading.find(["7-call/started"]), ends, heard.append, judged=CRM)
    assert [found.by for found in heard] == [Whose.BENCH]
