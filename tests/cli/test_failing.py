"""callproof itself fails: one sentence, the exit code 4, and never a verdict on anybody."""

import os
import signal
import socket
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import click
import orjson
import pytest
from click.testing import CliRunner, Result

from callproof.cli import CommandLine, main
from callproof.cli.common import echo
from callproof.conformance.expecting import Expectations
from callproof.crm.api import CrmApi
from callproof.errors import InternalError
from callproof.running.pair import BuiltIn

SCENARIO = "6-event/missed"
BIN = Path(sys.executable).with_name("callproof")


def ended(with_: Callable[[], object], *, debug: bool = False) -> Result:
    """A command that does so."""

    @click.group(cls=CommandLine)
    def group() -> None:
        """A group."""

    @group.command()
    def fail() -> None:
        with_()

    return CliRunner().invoke(group, ["fail"], env={"CALLPROOF_DEBUG": "1" if debug else None})


def raising(error: BaseException) -> Callable[[], object]:
    def fail() -> None:
        raise error

    return fail


def test_what_nobody_expected_is_a_sentence_with_a_file_that_has_the_traceback(tmp_path: Path) -> None:
    result = ended(raising(KeyError("\x1b[2J\nConformant")))
    assert (result.exit_code, result.stdout) == (4, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("callproof: callproof itself failed, which is no verdict on anybody: KeyError: ")
    assert "test_failing.py:" in line
    assert line.isprintable()
    (file,) = [Path(word.rstrip(",")) for word in line.split() if "callproof-failure-" in word]
    assert "Traceback (most recent call last)" in file.read_text("utf-8")
    assert file.parent == tmp_path


def test_the_traceback_is_printed_where_it_is_asked_for() -> None:
    result = ended(raising(RuntimeError("so")), debug=True)
    assert result.exit_code == 4
    assert result.stderr.startswith("Traceback (most recent call last)")
    assert result.stderr.splitlines()[-1].endswith("Please report it with the traceback above.")


def test_ctrl_c_in_any_command_is_130() -> None:
    for error in (KeyboardInterrupt(), click.Abort()):
        result = ended(raising(error))
        assert (result.exit_code, result.stderr) == (130, "callproof: interrupted.\n")


def test_sigterm_is_130_before_a_command_is_up(tmp_path: Path) -> None:
    mix = tmp_path / "mix.yaml"
    os.mkfifo(mix)
    process = begun("traffic", "--mix", str(mix))
    # Whoever writes waits for who reads it.
    with mix.open("w"):
        assert ended_by_sigterm(process) == "callproof: The traffic was interrupted.\n"


def test_sigterm_is_130_in_a_command_that_waits() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = begun("wait", f"http://127.0.0.1:{silent.getsockname()[1]}")
        peer, _ = silent.accept()
        with peer:
            assert ended_by_sigterm(process) == "callproof: interrupted.\n"


def test_sigterm_is_130_where_a_journal_is_followed(pair: BuiltIn) -> None:
    process = begun("journal", "--follow", "--url", pair.crm_url, "--since", "1h", "--limit", "1")
    assert process.stdout is not None
    process.stdout.readline()
    ended_by_sigterm(process)


def test_serve_that_is_stopped_before_it_serves_ends_as_it_does_later(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    os.mkfifo(plan)
    process = begun("serve", "--pbx-config", str(plan))
    with plan.open("w"):
        assert ended_by_sigterm(process, 0) == ""
    # Here its processes have begun, and wait for a database.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = f"postgresql://x@127.0.0.1:{silent.getsockname()[1]}/x"
        process = begun("serve", "--only", "crm", "--crm-port", "0", "--db", database)
        peer, _ = silent.accept()
        with peer:
            assert ended_by_sigterm(process, 0) == ""


def begun(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([BIN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended_by_sigterm(process: subprocess.Popen[str], code: int = 130) -> str:
    """What it says then on stderr."""
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == code, errors
    return errors


def test_usage_is_as_it_was_and_acts_on_no_terminal() -> None:
    result = CliRunner().invoke(main, ["check", "--target", "\x1b[2J\x9b"])
    assert result.exit_code == 2
    assert result.output.replace("\n", "").isprintable()
    result = CliRunner().invoke(main, ["\x1b[2J"])
    assert result.exit_code == 2
    assert result.output.replace("\n", "").isprintable()


def test_a_name_of_a_scenario_is_shown_as_it_is_and_does_nothing() -> None:
    result = CliRunner().invoke(main, ["check", "no\x1b[2J\nConformant"])
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.isprintable()


def test_what_cannot_be_printed_is_no_failure_of_callproof() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [BIN, "requirements"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode == 2
    assert done.stderr == "callproof: What is printed cannot be written: No space left on device.\n"


def test_who_reads_no_further_is_told_nothing() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [BIN, "requirements"], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.fixture
def reports(tmp_path: Path) -> tuple[list[str], Path]:
    kinds = ("json", "junit", "html", "markdown", "ctrf", "har", "ndjson")
    return [part for kind in kinds for part in (f"--{kind}", str(tmp_path / f"r.{kind}"))], tmp_path


def check_fails(options: list[str], folder: Path) -> str:
    result = CliRunner().invoke(main, ["check", SCENARIO, *options], env={"CALLPROOF_DEBUG": "1"})
    assert result.exit_code == 4, result.output
    assert "No verdict" in result.stdout.splitlines()
    report = orjson.loads((folder / "r.json").read_bytes())
    assert report["conformant"] is False
    assert "callproof itself failed" in report["stopped"]
    # No row is blamed on the side for it.
    assert {row["outcome"] for row in report["requirements"]} <= {"passed"}
    assert [one["brokenBy"] for one in report["scenarios"]] == ["callproof"]
    assert orjson.loads((folder / "r.ndjson").read_bytes().splitlines()[-1])["event"] == "ended"
    ET.fromstring((folder / "r.junit").read_bytes())
    return result.output


def test_a_crash_of_an_expectation_is_no_verdict(
    reports: tuple[list[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Expectations, "meet", lambda *_: {}["what"])  # type: ignore[index]
    assert "KeyError" in check_fails(*reports)


def test_a_crash_inside_an_end_of_ours_is_no_verdict(
    reports: tuple[list[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = CrmApi._decide

    def broken(api: CrmApi, incoming: object, findings: list[object]) -> object:
        if "/telephony/call/event" in incoming.path:  # type: ignore[attr-defined]
            raise ZeroDivisionError("of ours")
        return decide(api, incoming, findings)  # type: ignore[arg-type]

    monkeypatch.setattr(CrmApi, "_decide", broken)
    assert "ZeroDivisionError" in check_fails(*reports)


def test_a_crash_of_one_report_leaves_the_others(
    reports: tuple[list[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    options, folder = reports
    monkeypatch.setattr("callproof.reports.junit.document", raising_any(ZeroDivisionError("of ours")))
    result = CliRunner().invoke(main, ["check", SCENARIO, *options], env={"CALLPROOF_DEBUG": "1"})
    assert result.exit_code == 4
    assert not (folder / "r.junit").exists()
    for kind in ("json", "html", "markdown", "ctrf", "har", "ndjson"):
        assert (folder / f"r.{kind}").stat().st_size, kind


def raising_any(error: Exception) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_echo_goes_on_where_nobody_reads_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click, "echo", raising_any(BrokenPipeError()))
    echo("said", err=True)
    with pytest.raises(BrokenPipeError):
        echo("said")


def test_the_sentence_is_made_without_a_traceback() -> None:
    said = str(InternalError.of(ValueError("It is so.")))
    assert said.endswith(": ValueError: It is so.")
