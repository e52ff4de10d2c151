"""Known failures do not count, new ones and stale entries do."""

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from callproof.conformance.baseline import Baseline, load_baseline, written
from callproof.conformance.verdict import Check, Outcome, ScenarioResult, Verdict
from callproof.contract.schemas import load
from callproof.files.yamlfile import FileError

BAD = Check("PBX-EVENT-06", "pbx sends call-event", "s.yaml:3", "found 0")
MESSAGE = Check("PBX-EVENT-08", "POST http://crm/x -> 400", "s.yaml", "no choice")
PAGE = Path(__file__).parents[2] / "docs" / "reports.md"


def played(*checks: Check, broken: str = "") -> ScenarioResult:
    return ScenarioResult("6-event/x", "T", "s.yaml", list(checks), broken)


def baseline(tmp_path: Path, result: ScenarioResult) -> Baseline:
    file = tmp_path / "known.yaml"
    file.write_bytes(written(Verdict([result], 1, strict=False)))
    Draft202012Validator(load("baseline")).validate(yaml.safe_load(file.read_text()))
    return load_baseline(str(file))


def judged(known: Baseline, result: ScenarioResult) -> Verdict:
    verdict = Verdict([known.marked(result)], 1, strict=False)
    verdict.stale = known.stale(verdict.scenarios)
    return verdict


def test_what_is_written_is_put_up_with(tmp_path: Path) -> None:
    result = played(BAD, MESSAGE, broken="it broke")
    verdict = judged(baseline(tmp_path, result), result)
    assert verdict.conformant
    assert verdict.counts[Outcome.KNOWN] == 2
    assert verdict.outcome_of(verdict.scenarios[0]) is Outcome.KNOWN


def test_a_new_failure_is_red(tmp_path: Path) -> None:
    known = baseline(tmp_path, played(BAD))
    assert not judged(known, played(BAD, MESSAGE)).conformant
    assert not judged(known, played(BAD, broken="it broke")).conformant


def test_an_entry_that_holds_by_now_is_stale_and_red(tmp_path: Path) -> None:
    known = baseline(tmp_path, played(BAD, MESSAGE))
    verdict = judged(known, played(replace(BAD, problem=""), MESSAGE))
    assert not verdict.conformant
    (entry,) = verdict.stale
    assert entry.startswith(f"{tmp_path}/known.yaml:3: 6-event/x PBX-EVENT-06 pbx sends call-event holds")


def test_an_entry_of_a_scenario_that_was_not_played_is_not_stale(tmp_path: Path) -> None:
    known = baseline(tmp_path, played(BAD))
    assert known.stale([ScenarioResult("other", "T", "o.yaml")]) == []


def test_lines_may_move(tmp_path: Path) -> None:
    known = baseline(tmp_path, played(BAD, MESSAGE))
    moved = [replace(BAD, where="s.yaml:30"), replace(MESSAGE, what="POST http://crm/y -> 400")]
    assert judged(known, played(*moved)).conformant


def test_a_mistake_in_the_file_is_named_by_line(tmp_path: Path) -> None:
    file = tmp_path / "known.yaml"
    file.write_text("known:\n  - scenario: a\n")
    with pytest.raises(FileError, match=r"known\.yaml:2: .*'requirement' is a required property"):
        load_baseline(str(file))


def test_the_example_of_the_page_is_one(tmp_path: Path) -> None:
    file = tmp_path / "known.yaml"
    file.write_text(PAGE.read_text("utf-8").split("```yaml\n")[1].split("```")[0])
    assert load_baseline(str(file)).stale([ScenarioResult("6-event/missed", "T", "m.yaml")])
