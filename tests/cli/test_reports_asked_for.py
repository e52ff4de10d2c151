"""What a person or a CI server finds when a check was broken, or could not even begin."""

import xml.etree.ElementTree as ET
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.reports.cases import LONGEST
from tools.docs import ROOT

OLD = "<testsuites name='of an earlier run'/>"
SILENT = """
target: crm
url: http://127.0.0.1:9
api-key: k
absent: [crm keeps calls, crm keeps cards]
"""


def edited(folder: Path, name: str, find: str, put: str) -> Path:
    """The file of the example CRM in which one text of one module is another."""
    copytree(ROOT / "examples" / "crm-service", folder / "crm")
    file = folder / "crm" / name
    text = file.read_text("utf-8")
    assert text.count(find) == 1, find
    file.write_text(text.replace(find, put), "utf-8")
    return folder / "crm" / "callproof.yaml"


@pytest.mark.parametrize("wrong", ["target: crm\nurl: 5\n", "no such thing: 1\n"])
def test_a_run_that_cannot_begin_leaves_no_report_of_an_earlier_one(tmp_path: Path, wrong: str) -> None:
    config, old = tmp_path / "callproof.yaml", tmp_path / "r.xml"
    config.write_text(wrong)
    old.write_text(OLD)
    done = CliRunner().invoke(main, ["check", "--config", str(config), "--junit", str(old)])
    assert (done.exit_code, old.exists()) == (2, False)


@pytest.mark.parametrize("looking", [["--list"], ["--help"], ["-h"], ["--probe"]])
def test_what_only_looks_leaves_the_report_of_an_earlier_run(tmp_path: Path, looking: list[str]) -> None:
    old = tmp_path / "r.xml"
    old.write_text(OLD)
    CliRunner().invoke(main, ["check", "6-event/missed", "--junit", str(old), *looking])
    assert old.read_text() == OLD


def test_a_file_that_is_not_there_as_well_and_a_link_stays_one(tmp_path: Path) -> None:
    old, link = tmp_path / "r.xml", tmp_path / "link.xml"
    old.write_text(OLD)
    link.symlink_to(old)
    none = str(tmp_path / "none.yaml")
    done = CliRunner().invoke(main, ["check", "--config", none, "--junit", str(link)])
    assert (done.exit_code, old.exists(), link.is_symlink()) == (2, False, True)


def test_a_run_says_at_its_end_which_reports_it_wrote(tmp_path: Path) -> None:
    junit, lines = tmp_path / "r.xml", tmp_path / "r.ndjson"
    asked = ["check", "6-event/missed"]
    done = CliRunner().invoke(main, [*asked, "--ndjson", str(lines), "--junit", str(junit)])
    assert f"\nReports: {junit}, {lines}\n" in done.stdout
    assert "Reports:" not in CliRunner().invoke(main, asked).output


def test_of_a_side_that_never_answers_the_cause_is_told_and_what_is_left_out_is_counted(
    tmp_path: Path,
) -> None:
    config = tmp_path / "callproof.yaml"
    config.write_text(SILENT)
    done = CliRunner().invoke(main, ["check", "--config", str(config)])
    assert done.exit_code == 3, done.output
    first, *_ = [line for line in done.stdout.splitlines() if line]
    assert first.startswith("No verdict: nothing was played; left out: ")
    assert " is absent" not in done.output
    assert "does not answer at http://127.0.0.1:9" in done.output


def test_a_case_begins_with_what_was_seen_there_and_has_no_long_line_to_send_again(tmp_path: Path) -> None:
    config = edited(tmp_path, "telephony.py", "len(sent) - len(known)}", "str(len(sent))}")
    file = tmp_path / "r.xml"
    args = ["check", "3-history/periodic", "--config", str(config), "--junit", str(file)]
    assert CliRunner().invoke(main, args).exit_code == 1
    failures = list(ET.parse(file).iter("failure"))
    assert failures
    for failure in failures:
        text = failure.text or ""
        assert text.splitlines()[0].startswith("scenarios/3-history/periodic.yaml")
        assert max(map(len, text.splitlines())) <= 2 * LONGEST
    assert any("(whole in --html FILE, as" in (failure.text or "") for failure in failures)
