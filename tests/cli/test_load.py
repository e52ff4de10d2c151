"""``callproof load`` hands everything to locust, and says what to install without it."""

import os
import re
import shlex
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from threading import Event

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
    found = re.findall(r'add\(\s*"(--[a-z-]+)",(?:\s*default="[^"]*",)?\s*env_var="(\w+)"', locustfile)
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
    assert "none.yaml:1: there is no such file; callproof init --load writes one" in done.stderr


def test_without_locust_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "locust" else find_spec(name)
    )
    result = CliRunner().invoke(main, ["load", "--headless"])
    assert result.exit_code == 2
    assert result.output == (
        f"callproof: Locust is not installed. Install it beside callproof: {shlex.quote(sys.executable)}"
        " -m pip install 'callproof[load]'\n"
    )


# Stands where locust would be found: it goes on when it is told to stop.
DEAF = """
import shlex
import signal
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: print("told to stop", flush=True))
print("running", flush=True)
while True:
    signal.pause()
"""


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_a_run_at_once(first: int, tmp_path: Path) -> None:
    (tmp_path / "locust.py").write_text(DEAF)
    path = os.pathsep.join([str(tmp_path), *sys.path])
    command = [sys.executable, "-m", "callproof", "load"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    process.send_signal(first)
    if first == signal.SIGTERM:
        assert process.stdout.readline() == "told to stop\n"
    assert process.poll() is None
    # The first one has to be heard before.
    Event().wait(0.3)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 130
