"""``callproof traffic`` and the plan of ``callproof serve``: what they print and how they exit."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.pbx.rules import reports
from callproof.pbx.rules.call import Cause
from callproof.running.pair import BuiltIn


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def traffic(*arguments: str) -> tuple[int, str]:
    return run("traffic", "--rate", "1", *arguments)


def test_traffic_prints_a_summary_and_its_verdict_and_writes_json(tmp_path: Path) -> None:
    file = tmp_path / "a" / "traffic.json"
    code, output = traffic("--calls", "15", "--json", str(file))
    assert code == 0
    assert output.startswith("Attempted          15  in ")
    assert output.endswith("Reconciled: no call is lost, none is double, none differs\n")
    written = orjson.loads(file.read_bytes())
    assert (written["attempted"], written["inHistory"], written["reconciled"]) == (15, 15, True)


def test_traffic_on_running_ends_counts_its_own_calls_only(pair: BuiltIn) -> None:
    ends = ["--crm-url", pair.crm_url, "--pbx-url", pair.pbx_url, "--api-key", pair.api_key]
    made = 0
    for seed in ("1", "2"):
        code, output = traffic("--for", "8s", "--seed", seed, *ends)
        assert code == 0, output
        made += int(output.partition("In the CRM")[2].split()[0])
    with pair.crm.store.begin() as session:
        assert len(session.calls()) == made >= 5


def test_the_same_seed_gives_the_same_summary() -> None:
    def counted() -> list[str]:
        return [line for line in traffic("--calls", "10")[1].splitlines() if "calls per second" not in line]

    assert counted() == counted()


def test_a_difference_between_the_ends_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reports.RESULT, Cause.ANSWERED, "busy")
    code, output = traffic("--calls", "5")
    assert code == 1
    assert "has result 'busy' in the CRM, expected 'answered'" in output
    assert "Not reconciled: " in output.splitlines()[-1]


def test_traffic_in_real_time_takes_that_long(tmp_path: Path) -> None:
    mix = tmp_path / "mix.yaml"
    mix.write_text(
        "answer: {median: 0.2, sigma: 0}\ntalk: {median: 1, sigma: 0}\nincoming: 1\nhold: 0\n"
        "incoming-outcomes: {answered: 1, cancelled: 1}\ntransfer: 0\n"
    )
    code, output = run("traffic", "--rate", "10", "--calls", "10", "--clock", "real", "--mix", str(mix))
    assert code == 0, output
    assert "Missed              4" in output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["traffic", "--mix", "{file}"], "bad.yaml:2: "),
        (["traffic", "--pbx-config", "{file}"], "bad.yaml:"),
        (["serve", "--pbx-config", "{file}"], "bad.yaml:"),
        (["traffic", "--for", "soon"], "'soon' is no time; write 90s, 10m or 2h"),
        (["traffic", "--crm-url", "http://127.0.0.1:1"], "belong together"),
    ],
)
def test_a_wrong_file_or_option_exits_with_2(tmp_path: Path, arguments: list[str], words: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("incoming: 1\nknown: many\n")
    code, output = run(*(argument.format(file=file) for argument in arguments))
    assert code == 2
    assert words in output


def test_ends_that_do_not_answer_exit_with_3() -> None:
    ends = ["--crm-url", "http://127.0.0.1:1", "--pbx-url", "http://127.0.0.1:1", "--api-key", "k"]
    code, output = traffic(*ends)
    assert code == 3
    assert "does not answer as a callproof end" in output


def stopped(tmp_path: Path, number: int, *options: str) -> tuple[int, Any]:
    """How traffic without an end ends that was told to stop, and what it wrote."""
    file = tmp_path / "traffic.json"
    command = [sys.executable, "-m", "callproof", "traffic", "--calls", "100000", "--json", str(file)]
    process = subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    # It has no ends that could be asked, so its processor time tells when it is at work.
    while cpu_seconds(process.pid) < 2.5:
        assert process.poll() is None
        Event().wait(0.05)
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    assert "The traffic was stopped after" in errors
    assert output.startswith("Attempted")
    return process.returncode, orjson.loads(file.read_bytes())


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_traffic_that_is_stopped_compares_what_was_made(tmp_path: Path, number: int) -> None:
    code, written = stopped(tmp_path, number)
    assert (code, written["stopped"], written["reconciled"]) == (130, True, True)
    assert 0 < written["attempted"] < 100_000
