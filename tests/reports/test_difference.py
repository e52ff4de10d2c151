"""Two reports compared, by the command as a person uses it."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import structs

from callproof.cli import main
from callproof.conformance.verdict import Check, ScenarioResult, Verdict
from callproof.contract.operations import Side
from callproof.reports import json_report

GOOD = Check("PBX-EVENT-06", "pbx sends call-event", "s.yaml:3")
BAD = structs.replace(GOOD, problem="expected 1 of pbx sends call-event, found 0")
WEAK = Check("CRM-EVENT-04", "crm answers", "s.yaml:9", problem="a weak row")


def run(name: str, *checks: Check, broken: str = "") -> ScenarioResult:
    return ScenarioResult(name, "Title", "s.yaml", list(checks), broken)


def verdict(*scenarios: ScenarioResult, target: Side | None = None) -> Verdict:
    return Verdict(list(scenarios), 7, strict=False, target=target)


def diff(folder: Path, old: Verdict, new: Verdict) -> tuple[int, list[str]]:
    files = [folder / "old.json", folder / "new.json"]
    for file, found in zip(files, (old, new), strict=True):
        file.write_bytes(json_report.write(found))
    result = CliRunner().invoke(main, ["diff", *map(str, files)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output.splitlines()


def test_what_fails_now_got_worse_and_says_where(tmp_path: Path) -> None:
    code, lines = diff(
        tmp_path, verdict(run("a", GOOD), run("b", GOOD)), verdict(run("a", BAD), run("b", BAD))
    )
    assert code == 1
    assert lines == [
        f"worse  PBX-EVENT-06 passed -> failed in a and 1 more: s.yaml:3: {BAD.what}: {BAD.problem}",
        "worse  a passed -> failed",
        "worse  b passed -> failed",
        "Rows and scenarios: 3 worse, 0 better, 0 the same",
    ]


def test_what_is_mended_got_better(tmp_path: Path) -> None:
    code, lines = diff(tmp_path, verdict(run("a", BAD)), verdict(run("a", GOOD)))
    assert (code, lines[0], lines[1]) == (
        0, "better PBX-EVENT-06 failed -> passed", "better a failed -> passed",
    )  # fmt: skip


def test_a_row_that_fails_as_before_may_fail_in_more_or_fewer_scenarios(tmp_path: Path) -> None:
    one, two = verdict(run("a", BAD), run("b", GOOD)), verdict(run("a", BAD), run("b", BAD))
    code, lines = diff(tmp_path, one, two)
    assert code == 1
    assert lines[0].startswith("worse  PBX-EVENT-06 fails as before, now also in b: s.yaml:3: ")
    code, lines = diff(tmp_path, two, one)
    assert (code, lines[0]) == (0, "better PBX-EVENT-06 fails in fewer scenarios, no longer in b")


def test_what_is_not_looked_at_any_more_got_worse_with_the_reason(tmp_path: Path) -> None:
    less = verdict(run("a", GOOD))
    less.left_out = [("b", "hold")]
    code, lines = diff(tmp_path, verdict(run("a", GOOD), run("b", WEAK)), less)
    assert code == 1
    assert lines[:2] == [
        "worse  CRM-EVENT-04 warned -> not looked at",
        "worse  b warned -> not looked at (hold is absent)",
    ]
    code, lines = diff(tmp_path, less, verdict(run("a", GOOD), run("b", WEAK)))
    assert (code, lines[1]) == (0, "better b not looked at -> warned")


def test_a_scenario_that_breaks_off_says_whose_doing_it_is(tmp_path: Path) -> None:
    _, lines = diff(tmp_path, verdict(run("a", GOOD)), verdict(run("a", GOOD, broken="a.yaml:4: no call")))
    assert lines[0] == "worse  a passed -> failed, broken off by a side: a.yaml:4: no call"


def test_the_same_report_is_no_change_and_a_stopped_one_says_so(tmp_path: Path) -> None:
    same = verdict(run("a", GOOD, WEAK))
    assert diff(tmp_path, same, same) == (0, ["Rows and scenarios: 0 worse, 0 better, 3 the same"])
    stopped = replace(same, stopped="The run was interrupted.")
    assert diff(tmp_path, same, stopped)[1][0] == "The new run was stopped: The run was interrupted."


def test_reports_on_different_sides_are_not_compared(tmp_path: Path) -> None:
    code, lines = diff(tmp_path, verdict(target=Side.CRM), verdict(target=Side.PBX))
    assert (code, lines) == (2, ["callproof: The old report is about the CRM, the new one about the PBX."])


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"callproof": 1}'])
def test_a_file_that_is_no_report_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(content)
    result = CliRunner().invoke(main, ["diff", str(file), str(file)])
    assert result.exit_code == 2
    assert result.output.startswith(f"callproof: {file}:1: the file is no report of callproof check")
