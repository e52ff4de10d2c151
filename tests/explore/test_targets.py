"""Runs against a side that somebody else wrote."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.explore import exploring

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


def config(name: str) -> list[str]:
    return ["--config", str(EXAMPLES / name / "callproof.yaml")]


def test_a_flawed_crm_is_found_out_by_a_scenario_that_fails_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exploring, "SHRINKING", 5.0)
    file, flawed = tmp_path / "flaw.yaml", config("crm-service-flawed")
    found = CliRunner().invoke(main, ["explore", *flawed, "--for", "2m", "--save", str(file)])
    assert found.exit_code == 1, found.output
    rows = [line.split()[1].rstrip(":") for line in found.output.splitlines() if line.startswith("failed ")]
    assert rows
    assert all(row.startswith("CRM-") for row in rows), rows
    assert f"callproof check {file} {' '.join(flawed)}" in found.output.replace("\n", "")
    checked = CliRunner().invoke(main, ["check", str(file), *flawed])
    assert checked.exit_code == 1, checked.output
    failed = {line.split()[1] for line in checked.output.splitlines() if line.startswith("failed ")}
    assert set(rows) <= failed


def test_a_pbx_that_keeps_the_contract_has_nothing_found_about_it(tmp_path: Path) -> None:
    file = tmp_path / "none.yaml"
    done = CliRunner().invoke(
        main, ["explore", *config("pbx-service"), "--steps", "30", "--save", str(file)]
    )
    assert (done.exit_code, file.exists()) == (0, False), done.output
    assert "Nothing found" in done.output


def test_a_pbx_that_shows_no_calls_cannot_be_explored(tmp_path: Path) -> None:
    text = (EXAMPLES / "pbx-service" / "callproof.yaml").read_text()
    file = tmp_path / "callproof.yaml"
    service = EXAMPLES / "pbx-service" / "service.py"
    file.write_text(text.partition("views:")[0].replace("service.py", str(service)))
    done = CliRunner().invoke(main, ["explore", "--config", str(file), "--steps", "5"])
    assert done.exit_code == 2
    assert "explore has to see the calls of a PBX; write the view calls" in done.output
