"""What contributors are offered: the quick check, hooks before a commit, forms of issues."""

import re
from pathlib import Path

import pytest
import yaml

from tests.docs.snippets import ROOT
from tools import check_changed
from tools.check_changed import near

TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def test_the_quick_check_runs_what_was_touched_and_what_bears_the_name_of_it() -> None:
    tests = [
        "tests/cli/test_journal.py",
        "tests/exchange/test_journal.py",
        "tests/pbx/test_plan.py",
        "tests/test_a.py",
    ]
    touched = ["simulator/callproof/exchange/journal.py", "tests/pbx/test_plan.py", "docs/journal.md"]
    assert near(touched, tests) == [tests[2], tests[0], tests[1]]
    assert near([], tests) == []


def test_what_the_quick_check_names_is_there() -> None:
    for name in (*check_changed.ALWAYS, *check_changed.SLOW):
        assert (ROOT / name).exists(), name


def test_ci_runs_what_make_check_does() -> None:
    makefile, ci = ((ROOT / name).read_text("utf-8") for name in ("Makefile", ".ci/run"))
    # What the check needs is made while the machine's packages come, and not once more.
    assert re.findall(r"(?m)^make .*", ci) == ["make .venv/dev", "make check"]
    assert re.search(r"(?m)^check: \.venv/dev$", makefile)
    assert re.search(
        r"(?m)^check: .*(\n\t.*)?\n\t.* lint site kill-quick compiled\n\t\S+ test\nendif$", makefile
    )
    assert re.search(r"(?m)^kill-quick: .*\n\t.*kill_matrix --quick$", makefile)


def test_each_hook_before_a_commit_is_a_part_of_make_lint() -> None:
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    lint = (ROOT / "Makefile").read_text("utf-8").partition("\nlint:")[2].partition("\n\n")[0]
    programs = [hook["entry"].removesuffix(" --force-exclude") for hook in local["hooks"]]
    linted = re.findall(r"\$\(BIN\)/(.*?)(?: \.)?$", lint, re.MULTILINE)
    assert [program.removeprefix(".venv/bin/") for program in programs] == linted


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.stem)
def test_a_form_of_an_issue_asks_for_something(file: Path) -> None:
    form = yaml.safe_load(file.read_text("utf-8"))
    if file.stem == "config":
        assert form == {"blank_issues_enabled": True}
        return
    assert {"name", "description", "labels", "body"} == set(form)
    ids = [asked["id"] for asked in form["body"]]
    assert len(ids) == len(set(ids))
    assert all(asked["attributes"]["label"] for asked in form["body"])
    assert any(asked["id"] == "version" or asked["id"] == "client" for asked in form["body"])
