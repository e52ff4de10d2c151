"""A check is never empty and never lost: how it ends, what it says then, and what it has written."""

import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import orjson
import pytest
import requests
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from callproof.cli import main
from callproof.contract.schemas import load
from callproof.running.threads import Address

KINDS = ("html", "markdown", "junit", "json", "har", "ndjson")
# A PBX's integration that does nothing of its own accord; ROUTES says what it does when it is asked.
SERVICE = """
import http.server, json, os, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        status, answer = ROUTES.get(self.path, lambda body: (404, "no such page"))(body)
        said = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status); self.send_header("Content-Length", str(len(said))); self.end_headers()
        self.wfile.write(said)
    do_GET = do_POST
    def log_message(self, *args): pass
def dies(body):
    print("no memory left for " + os.environ["CALLPROOF_API_KEY"])
    os._exit(7)
def sleeps(body):
    open("asleep", "w").close()
    time.sleep(60)
"""
SERVE = '\nhttp.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()\n'
TARGET = """
target: pbx
url: http://127.0.0.1:$port
start:
  command: [$python, service.py, $port]
  ready: http://127.0.0.1:$port/
stimuli:
  register: {request: {url: /register}}
  customer calls: {request: {url: /calls}}
  hang up: {request: {url: /hang-up}}
views:
  calls: {request: {url: /views/calls}}
absent: [answer, refuse, drop, upload every]
patience: 0.1
"""
MINE = """
title: A call comes in
given: {{registered: false}}
steps:
  - do: customer calls
    from: "+7 912 345-67-89"
    to: "+7-499-999-99-99"
    as: call
{steps}
  - expect: pbx sends call-event
    with: {{type: in, callExternalId: $call.id}}
    proves: PBX-EVENT-10
  - expect: pbx sends call-event
    with: {{type: hangup}}
    proves: PBX-EVENT-08
"""


def free_port() -> int:
    address = Address()
    address.close()
    return address.port


def laid_out(folder: Path, routes: str, steps: str = "", target: str = TARGET) -> list[str]:
    """A side under test, a scenario that does what it can, and the options that judge it."""
    routes = f"ROUTES = {{{routes}, '/views/calls': lambda body: (200, [])}}\n"
    (folder / "service.py").write_text(SERVICE + routes + SERVE)
    (folder / "callproof.yaml").write_text(target)
    (folder / "mine.yaml").write_text(MINE.format(steps=steps).lstrip())
    files = [str(folder / "mine.yaml"), "--config", str(folder / "callproof.yaml")]
    return ["check", *files, *reports(folder)]


def reports(folder: Path) -> list[str]:
    return [part for kind in KINDS for part in (f"--{kind}", str(folder / f"r.{kind}"))]


def run(arguments: Sequence[str]) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def callproof(arguments: Sequence[str], out: int) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "callproof", *arguments]
    return subprocess.run(command, stdout=out, stderr=subprocess.PIPE, timeout=60, check=False)


def written(folder: Path) -> dict[str, Any]:
    """The JSON report; every other one is there as well and can be read."""
    report = orjson.loads((folder / "r.json").read_bytes())
    Draft202012Validator(load("report")).validate(report)
    ET.fromstring((folder / "r.junit").read_bytes())
    assert orjson.loads((folder / "r.har").read_bytes())["log"]["version"] == "1.2"
    assert "</html>" in (folder / "r.html").read_text("utf-8")
    assert (folder / "r.markdown").read_text("utf-8").startswith("## callproof: ")
    lines = [orjson.loads(line) for line in (folder / "r.ndjson").read_bytes().splitlines()]
    for line in lines:
        Draft202012Validator(load("report-event")).validate(line)
    assert (lines[0]["event"], lines[-1]["event"]) == ("started", "ended")
    assert lines[-1]["stopped"] == report["stopped"]
    found: dict[str, Any] = report
    return found


@pytest.mark.parametrize("side", ["crm", "pbx"])
def test_a_target_that_does_not_answer_is_no_verdict(side: str, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    began = time.monotonic()
    if side == "crm":
        options = ["--target", "crm", "--crm-url", url, "--api-key", "0123456789abcdef"]
    else:
        (tmp_path / "callproof.yaml").write_text(
            f"target: pbx\nurl: {url}\nstimuli: {{register: {{request: {{url: /r}}}}}}\n"
        )
        options = ["--config", str(tmp_path / "callproof.yaml")]
    code, output = run(["check", *options, *reports(tmp_path)])
    assert (code, time.monotonic() - began < 10) == (3, True)
    assert f"The side under test does not answer at {url} (ConnectionError)." in output.splitlines()[-1]
    assert "onformant" not in output
    report = written(tmp_path)
    assert (report["conformant"], report["scenarios"]) == (False, [])
    assert url in str(report["stopped"])
    assert 'name="the run comes to its end"' in (tmp_path / "r.junit").read_text()


def test_a_run_without_a_scenario_is_no_verdict(tmp_path: Path) -> None:
    target = TARGET.replace("[answer", "[customer calls, answer")
    arguments = laid_out(tmp_path, "'/calls': dies", target=target)
    code, output = run(arguments)
    assert code == 3
    assert output.splitlines()[-1] == (
        "callproof: No scenario was played, so this is no verdict: customer calls is absent."
    )
    assert written(tmp_path)["leftOut"] == [{"scenario": "mine", "absent": "customer calls"}]
    (tmp_path / "other.yaml").write_text(
        "title: T\nsteps: [{send: users}, {expect: crm answers users, proves: CRM-USER-01}]\n"
    )
    code, output = run(["check", str(tmp_path / "other.yaml"), *arguments[2:]])
    assert (code, "nothing is asked of this side" in output) == (3, True)


def test_a_side_that_dies_in_the_middle_leaves_what_it_printed_and_every_report(tmp_path: Path) -> None:
    arguments = laid_out(tmp_path, "'/calls': lambda body: (200, {'id': '1'}), '/hang-up': dies", HANG_UP)
    code, output = run(arguments)
    assert code == 1
    assert (
        "callproof: The side under test ended with exit code 7 while it was asked for 'hang up' (" in output
    )
    assert "It printed last: no memory left for ***" in output
    report = written(tmp_path)
    assert "no memory left for ***" in str(report["stopped"])
    (played,) = report["scenarios"]
    assert played["brokenBy"] == "the PBX"
    assert "Not conformant\n" in output


HANG_UP = "  - do: hang up\n    call: $call.id\n    by: customer"


def test_a_side_that_died_unnoticed_has_broken_no_row(tmp_path: Path) -> None:
    # It answers and dies a moment later; all that is seen is that nothing came.
    late = "(__import__('threading').Timer(0.05, dies, [0]).start(), (200, {'id': '1'}))[1]"
    code, output = run(laid_out(tmp_path, f"'/calls': lambda body: {late}"))
    assert (code, "The side under test ended with exit code 7 " in output) == (1, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_exits_with_130_and_writes_what_was_seen(number: int, tmp_path: Path) -> None:
    arguments = laid_out(tmp_path, "'/calls': sleeps, '/pid': lambda body: (200, os.getpid())")
    process = subprocess.Popen(
        [sys.executable, "-m", "callproof", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    until = time.monotonic() + 30
    while not (tmp_path / "asleep").exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 130, output
    assert b"Traceback" not in output
    report = written(tmp_path)
    assert report["stopped"] == "The run was interrupted."
    assert [one["id"] for one in report["scenarios"]] == ["mine"]


def test_one_report_that_cannot_be_written_takes_no_other_with_it(tmp_path: Path) -> None:
    code, output = run(["check", "1-api/service", *reports(tmp_path), "--html", "/proc/none/x.html"])
    assert (code, "/proc/none/x.html cannot be written" in output) == (2, True)
    assert (tmp_path / "r.json").exists()
    assert (tmp_path / "r.har").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_is_told_at_the_end_and_stops_nothing(kind: str, tmp_path: Path) -> None:
    code, output = run(["check", "1-api/service", *reports(tmp_path), f"--{kind}", "/dev/full"])
    assert code == 2
    assert output.splitlines()[-1] == (
        "callproof: The report /dev/full cannot be written: No space left on device"
    )
    assert "Conformant\n" in output
    assert {f"r.{other}" for other in KINDS} - {f"r.{kind}"} <= {file.name for file in tmp_path.iterdir()}


def test_too_few_rows_are_not_conformant(tmp_path: Path) -> None:
    assert run(["check", "1-api/service", "--at-least", "1"])[0] == 0
    code, output = run(["check", "1-api/service", "--at-least", "90", *reports(tmp_path)])
    assert code == 1
    assert "rows were looked at" in output.splitlines()[-2]
    assert output.splitlines()[-2].endswith("%; at least 90 % were to be")
    assert output.splitlines()[-1] == "Not conformant"
    assert "at least 90 %" in str(written(tmp_path)["tooFew"])
    assert run(["check", "--at-least", "101"])[0] == 2


@pytest.mark.parametrize("page", ["cp1252", "cp866", "ascii"])
def test_a_page_of_characters_decides_nothing(page: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "title: Звонок → 電話\nsteps: [{send: users}, {expect: crm answers users, proves: CRM-USER-01}]\n",
        "utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "callproof", "check", str(file)],
        env={**os.environ, "PYTHONIOENCODING": page}, capture_output=True, timeout=60,
    )  # fmt: skip
    # On a busy machine it says what it waits for.
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert done.stdout.endswith(b"Conformant\n")


UNPRINTED = {
    "closed": (141, []),
    "full": (2, ["callproof: What is printed cannot be written: No space left on device."]),
}


def said_at_last(done: subprocess.CompletedProcess[bytes]) -> tuple[int, list[str]]:
    """The exit code and the sentence; on a slow machine a run says before how far it is."""
    lines = done.stderr.decode().splitlines()
    assert not any("Traceback" in line for line in lines)
    return done.returncode, [line for line in lines if line.startswith("callproof: ")]


@contextmanager
def unread(gone: str) -> Iterator[int]:
    """A standard output that nobody reads."""
    if gone == "full":
        out = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, out = os.pipe()
        os.close(reader)
    yield out
    os.close(out)


@pytest.mark.parametrize("gone", ["closed", "full"])
def test_what_a_check_could_not_print_is_told_once_all_else_is_written(gone: str, tmp_path: Path) -> None:
    command = ["check", "1-api/service", "6-event/missed", *reports(tmp_path)]
    with unread(gone) as out:
        done = callproof(command, out)
    assert written(tmp_path)["conformant"] is True
    assert said_at_last(done) == UNPRINTED[gone]


@pytest.mark.parametrize("gone", ["closed", "full"])
def test_what_traffic_could_not_print_is_told_once_all_else_is_written(gone: str, tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    with unread(gone) as out:
        done = callproof(["traffic", "--calls", "2", "--json", str(file)], out)
    assert said_at_last(done) == UNPRINTED[gone]
    assert orjson.loads(file.read_bytes())["attempted"] == 2


@pytest.mark.parametrize("gone", ["closed", "full"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["explore", "--steps", "3"],
        ["check", "1-api/service", "--at-least", "100"],
        ["--help"],
        ["--version"],
        ["check", "--help"],
        ["requirements"],
    ],
)
def test_no_command_ends_well_that_could_not_print(arguments: list[str], gone: str) -> None:
    with unread(gone) as out:
        done = callproof(arguments, out)
    assert said_at_last(done) == UNPRINTED[gone]


class TestABrokenScenario:
    """It says whose doing it was."""

    @pytest.mark.parametrize(
        ("routes", "target", "words"),
        [
            ("'/calls': lambda body: (404, 'no such page')", TARGET,
             "callproof.yaml:9: 'customer calls' was answered 404: no such page"),
            ("'/calls': lambda body: (200, 'call 1')", TARGET,
             "callproof.yaml:9: 'customer calls' was answered, but with no JSON alone: 'call 1'"),
            ("'/calls': lambda body: (200, {'uuid': 1})", TARGET,
             "callproof.yaml:9: 'customer calls' was answered, but its answer has no `id`, it is"),
            ("'/calls': dies", TARGET.replace("request: {url: /calls}", "command: [./none]"),
             "callproof.yaml:9: The program of 'customer calls' cannot be run"),
            ("'/calls': dies", TARGET.replace("request: {url: /calls}", "prompt: Call 100"),
             "callproof.yaml:9: 'customer calls' asks a person to act, and nobody is there"),
            ("'/calls': dies", TARGET.replace("  customer calls: {request: {url: /calls}}\n", ""),
             "callproof.yaml:7: there is no stimulus 'customer calls'"),
            ("'/calls': lambda body: (200, {'id': 1}), '/hang-up': lambda body: (200, {})",
             TARGET.replace("/views/calls", "/hang-up"),
             "callproof.yaml:12: the view 'calls' answered no list"),
            ("'/calls': lambda body: (200, {'id': 1}), '/odd': lambda body: (200, [{'direction': 'to'}])",
             TARGET.replace("/views/calls", "/odd"),
             "callproof.yaml:12: in the view 'calls', element 0, `direction` is 'to', expected 'in' or"),
        ],
    )  # fmt: skip
    def test_by_the_configuration_exits_with_2_and_the_place(
        self, routes: str, target: str, words: str, tmp_path: Path
    ) -> None:
        code, output = run(laid_out(tmp_path, routes, target=target))
        rows = [line for line in output.splitlines() if line.startswith("failed   PBX")]
        assert words in output
        assert "broken off by the configuration:" in output
        assert code == (1 if rows else 2), output
        assert f"\n{'Not conformant' if rows else 'No verdict'}\n" in output

    def test_by_a_row_exits_with_1_and_names_it(self, tmp_path: Path) -> None:
        register = "{'integrationModule': '{}'}"
        url = "os.environ['CALLPROOF_CRM_URL'] + '/api/v5/integration-modules/x/edit'"
        post = f"__import__('requests').post({url}, data={register}, timeout=5)"
        ask = f"({post}, (502, 'the CRM said no'))[1]"
        code, output = run(laid_out(tmp_path, f"'/calls': lambda body: {ask}"))
        assert code == 1, output
        assert "the CRM said no" in output
        assert "broken off by the PBX, by PBX-" in output
        assert "0 failed" not in output

    def test_of_a_self_check_without_a_fault_is_the_scenarios(self, tmp_path: Path) -> None:
        file = tmp_path / "mine.yaml"
        file.write_text(dedent("""
            title: T
            steps:
              - do: answer
                call: nobody
                extension: "100"
              - expect: pbx sends call-event
                proves: PBX-EVENT-04
        """).lstrip())  # fmt: skip
        code, output = run(["check", str(file)])
        assert (code, f"{file}:3: " in output.splitlines()[-1]) == (2, True), output


def test_a_served_end_is_not_asked_to_be_there_twice(tmp_path: Path) -> None:
    """What is started is waited for; somebody else at its address is not it."""
    port = free_port()
    server = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    stranger = subprocess.Popen(server, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                requests.get(f"http://127.0.0.1:{port}/", timeout=1)
                break
            except requests.ConnectionError:
                time.sleep(0.05)
        target = TARGET.replace("$port]", f'"{port}"]').replace("$port", str(port))
        code, output = run(laid_out(tmp_path, "'/calls': dies", target=target))
    finally:
        stranger.terminate()
        stranger.wait()
    assert (code, f"Something else answers at http://127.0.0.1:{port}/" in output) == (3, True), output
