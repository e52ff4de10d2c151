"""``callproof load`` hands everything to locust, and says what to install without it."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.contract.files import shipped


def load(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "callproof", "load", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_help_names_every_option_that_the_locustfile_adds() -> None:
    shown = CliRunner().invoke(main, ["load", "--help"]).output
    locustfile = shipped("locustfile.py").read_text("utf-8")
    found = re.findall(r'add\(\s*"(--[a-z-]+)",\s*default="[^"]*",\s*env_var="(\w+)"', locustfile)
    assert len(found) == 6
    for option, variable in found:
        assert f"\n  {option} " in shown
        assert variable == f"CALLPROOF_{option.removeprefix('--').upper().replace('-', '_')}"


def test_locust_gets_every_option() -> None:
    done = load("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("locust ")


def test_the_exit_code_is_locusts(tmp_path: Path) -> None:
    done = load("--headless", "--load", str(tmp_path / "none.yaml"))
    assert done.returncode == 2
    assert "none.yaml:1: the file cannot be read" in done.stderr


def test_without_locust_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "locust" else find_spec(name)
    )
    result = CliRunner().invoke(main, ["load", "--headless"])
    assert result.exit_code == 2
    assert result.output == (
        "callproof: Locust is not installed. Install it with: pip install 'callproof[load]'\n"
    )
