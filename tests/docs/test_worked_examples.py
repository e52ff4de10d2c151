"""Worked examples of CONTRIBUTING are applied to a copy of the house; their commands print what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from tests.docs.snippets import ROOT, blocks, looks_like

PAGE = ROOT / "CONTRIBUTING.md"
HOUSE = ("simulator", "schemas", "scenarios")
CALLPROOF = "import callproof.cli; callproof.cli.main(prog_name='callproof')"


def sections() -> dict[str, tuple[int, int]]:
    """The examples with their first and last lines."""
    lines = PAGE.read_text("utf-8").splitlines()
    found = [number for number, line in enumerate(lines, start=1) if line.startswith("### ")]
    return {
        lines[first - 1].removeprefix("### "): (first, last)
        for first, last in zip(found, [*found[1:], len(lines)], strict=True)
    }


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for name in HOUSE:
        copytree(ROOT / name, tmp_path / name, ignore=ignore_patterns("__pycache__"))
    return tmp_path


def test_there_is_one_of_each_kind() -> None:
    assert list(sections()) == ["A row", "A fault", "A method", "A report", "A dialect"]


@pytest.mark.parametrize("name", sections())
def test_it_works_as_it_stands(name: str, house: Path) -> None:
    first, last = sections()[name]
    done = {"diff": 0, "console": 0}
    for block in blocks(PAGE):
        if not first < block.line <= last:
            continue
        done[block.language] += 1
        if block.language == "diff":
            apply(block.text, house)
        for command, printed in block.commands if block.language == "console" else ():
            output = said(command, house)
            assert looks_like(printed or [], output), (command, output)
    assert min(done.values()) >= 1


def apply(diff: str, house: Path) -> None:
    command = ["git", "apply", "--unidiff-zero", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=house, input=diff, text=True, check=True, timeout=60)


def said(command: str, house: Path) -> str:
    """What it prints, where ``callproof`` is that of the house."""
    quiet = {
        name: value for name, value in os.environ.items() if not re.match("CALLPROOF|GITHUB|COV", name)
    }
    script = f'callproof() {{ "{sys.executable}" -c "{CALLPROOF}" "$@"; }}\n{command}'
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=house,
        env={**quiet, "PYTHONPATH": str(house / "simulator"), "COLUMNS": "108"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout
