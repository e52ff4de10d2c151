"""The command: exit codes, files and sentences."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
import requests
from click.testing import CliRunner
from junitparser import JUnitXml

from callproof.cli import main
from callproof.conformance.target import load_target
from callproof.running.pair import BuiltIn
from callproof.running.threads import Address
from tests.forking import Forked
from tests.support import call_item, mode_of


def run(*arguments: str, stdin: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(arguments), input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_a_check_lists_scenarios_rows_and_a_summary_and_writes_its_reports(tmp_path: Path) -> None:
    xml, json = tmp_path / "a" / "o.xml", tmp_path / "o.json"
    code, output = run("check", "6-event/missed", "--junit", str(xml), "--json", str(json))
    assert code == 0
    assert output.startswith("passed 6-event/missed: An incoming call is missed\n")
    assert output.endswith("Conformant\n")
    names = [case.name for suite in JUnitXml.fromfile(str(xml)) for case in suite]
    assert any(name.startswith("PBX-EVENT-08: ") for name in names)
    assert orjson.loads(json.read_bytes())["conformant"] is True


def test_a_check_says_nothing_beside_its_report() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "callproof", "check", "1-api"], capture_output=True, text=True, timeout=60
    )
    assert (process.returncode, process.stderr) == (0, "")


def test_a_file_that_nobody_asked_for_is_not_taken_for_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Nothing of yours was judged" not in run("check", "6-event/missed")[1]
    Path("callproof.yaml").touch()
    code, output = run("check", "6-event/missed")
    assert code == 0
    assert "Nothing of yours was judged" in output
    assert "callproof check --config callproof.yaml\n" in output


def test_a_failed_expectation_exits_with_1(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "title: T\nsteps:\n  - send: users\n  - expect: crm answers users\n"
        "    status: 418\n    proves: CRM-USER-01\n"
    )
    code, output = run("check", str(file))
    assert code == 1
    assert " 1 failed The CRM's answer to users: status is 200, expected 418." in output
    assert "demanded CRM-USER-01 (must, C): " in output
    assert f"seen in  mine ({file}:4)" in output
    assert "missed   expected 1 of crm answers users, found 0" in output
    assert "status is 200, expected 418" in output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "nobody"], "No scenario, file or folder is named 'nobody'"),
        (["check", "--crm-url", "http://127.0.0.1:1"], "--pbx-url and --api-key is missing"),
        (["serve", "--db", "mysql://127.0.0.1/x"], "mysql is neither sqlite nor postgresql"),
        (["check", "--seed", "x"], "'x' is not a valid integer"),
        (["check", "--timezone", "Moscow"], "there is no time zone 'Moscow'"),
        (["check", "--country", "UK"], "there is no country 'UK'"),
        (["serve", "--country", "Russia"], "there is no country 'Russia'"),
        (["check", "--colour"], "No such option"),
        (["serve", "--crm-port", "99999"], "is not in the range"),
        (["serve", "--db", "nonsense"], "The database nonsense cannot be used"),
        (["check", "1-api/service", "--json", "/proc/none/x.json"], "cannot be written"),
        (["dance"], "No such command"),
    ],
)
def test_a_wrong_option_exits_with_2_and_one_sentence(arguments: list[str], words: str) -> None:
    code, output = run(*arguments)
    assert code == 2
    assert words in output
    assert "Traceback" not in output


def test_variables_that_are_meant_for_the_integration_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLPROOF_CRM_URL", "http://127.0.0.1:8080")
    monkeypatch.setenv("CALLPROOF_API_KEY", "k")
    code, output = run("check", "1-api")
    assert code == 2
    assert "the environment has CALLPROOF_CRM_URL and CALLPROOF_API_KEY" in " ".join(output.split())


def test_a_broken_scenario_exits_with_2(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("title: T\nsteps:\n  - do: dance\n")
    code, output = run("check", str(file))
    assert (code, output.startswith(f"callproof: {file}:3: ")) == (2, True)


def test_an_end_that_does_not_answer_exits_with_3() -> None:
    closed = Address()
    closed.close()
    code, output = run("check", "--crm-url", closed.url, "--pbx-url", closed.url, "--api-key", "k")
    assert code == 3
    assert f"The CRM at {closed.url} does not answer" in output


def test_running_ends_can_be_judged_by_their_addresses(pair: BuiltIn) -> None:
    code, output = run(
        "check", "6-event/answered",
        "--crm-url", pair.crm_url, "--pbx-url", pair.pbx_url, "--api-key", pair.api_key,
    )  # fmt: skip
    assert code == 0, output


def test_options_are_also_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLPROOF_SEED", "not a number")
    assert run("check")[0] == 2


def test_requirements_are_listed_by_side() -> None:
    code, output = run("requirements", "--side", "pbx")
    assert code == 0
    assert "PBX-EVENT-01" in output
    assert "CRM-" not in output.replace("CRM ", "")


@pytest.mark.parametrize(
    ("kind", "payload", "code", "words"),
    [
        ("event", '{"phone":"1","type":"in","codes":["100"]}', 0, "0 violations, 0 findings"),
        ("event", '{"phone":"1","type":"on"}', 1, 'violation: event/type: "on" is none of'),
        ("calls", "[{}]", 1, "5 violations"),
        ("integration-module", '{"clientId":"c","makeCallUrl":"http://x"}', 0, "Move it to"),
        ("event", "{", 2, "no JSON"),
        ("event", " \n\t", 2, "-:1: nothing stands in it; it is to hold the JSON of one payload"),
    ],
)
def test_a_payload_is_judged_on_its_own(kind: str, payload: str, code: int, words: str) -> None:
    found, output = run("validate", kind, "-", stdin=payload)
    assert (found, words in output) == (code, True), output


def test_a_payload_that_is_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    file = tmp_path / "sound.mp3"
    file.write_bytes(b"\n\xff\xfb\x90")
    code, output = run("validate", "event", str(file))
    assert (code, output) == (2, f"callproof: {file}:2: no JSON: it is no text in UTF-8\n")


@pytest.mark.parametrize("command", [["validate", "event"], ["diff", "/dev/zero"]])
def test_a_file_without_end_is_refused(command: list[str]) -> None:
    code, output = run(*command, "/dev/zero")
    assert (code, output) == (2, "callproof: /dev/zero:1: the file has more than 16777216 bytes\n")


def test_a_call_by_hand_and_the_journal_of_what_came_of_it(pair: BuiltIn) -> None:
    code, output = run(
        "call", "--from", "+7 912 345-67-89", "--to", "+7-499-999-99-99", "--pbx-url", pair.pbx_url
    )
    assert (code, "from +7 912 345-67-89 to +7-499-999-99-99" in output) == (0, True)
    code, output = run("journal", "--url", pair.crm_url)
    assert "POST" in output
    assert "telephony/call/event -> 200" in output
    assert "notice: query/phone: no manager is returned: no customer has this number" in output


def test_a_call_of_a_running_end_is_drawn_as_a_ladder(
    pair: BuiltIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    told = "There are no such calls.\n"
    assert run("ladder", "--url", pair.crm_url) == (0, told)
    assert run("ladder", "nocall", "--url", pair.crm_url) == (0, told)
    assert run("calls", "--call", "nocall", "--url", pair.crm_url) == (0, told)
    pair.pbx.engine.place_incoming("+7 912 345-67-89", "+7-499-999-99-99")
    requests.post(f"{pair.crm_url}/_bench/clock", json={"advance": 300}, timeout=10)
    code, output = run("ladder", "--url", pair.crm_url)
    assert code == 0
    lines = output.splitlines()
    assert lines[0].endswith("with +7 912 345-67-89")
    assert lines[1].split() == ["customer", "PBX", "CRM", "manager"]
    assert "call-event in" in output
    assert "calls-upload no answer → 200" in output
    assert run("ladder", "no-such-call", "--url", pair.crm_url) == (0, told)


def test_a_call_from_nobody_is_a_mistake_of_the_user() -> None:
    code, output = run("call", "--from", " ", "--to", "1")
    assert (code, "--from anonymous hides the number" in output) == (2, True)


def test_an_address_without_a_scheme_is_told_what_it_lacks() -> None:
    code, output = run("cards", "--crm-url", "nonsense")
    assert (code, "an address begins with http:// or https://" in output) == (3, True)


def test_a_call_that_the_pbx_refuses_exits_with_1(pair: BuiltIn) -> None:
    code, output = run("call", "--from", "1", "--to", "+7-499-000-00-00", "--pbx-url", pair.pbx_url)
    assert (code, output) == (1, "callproof: There is no line +7-499-000-00-00.\n")


def test_serve_says_where_it_is_and_stops_quietly_in_the_middle_of_a_call() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "callproof", "serve", "--crm-port", "0", "--pbx-port", "0", "--register"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(6)]
    assert "for tests only" in lines[0]
    url, key, pbx_url = lines[1].split()[1], lines[1].split()[-1], lines[2].split()[2]
    assert lines[3] == "The PBX is registered.\n"
    assert "in memory" in lines[4]
    answer = requests.get(f"{url}/api/v5/integration-modules/virtual-pbx?apiKey={key}", timeout=10)
    assert answer.json()["integrationModule"]["active"] is True
    call = {"from": "+7 912 345-67-89", "to": "+7-499-999-99-99", "script": {"after": 0, "talk": 0}}
    for _ in range(5):
        assert requests.post(f"{pbx_url}/_bench/calls", json=call, timeout=10).status_code == 200
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in errors


def served(*arguments: str) -> tuple[subprocess.Popen[str], str, str]:
    """A running CRM, its address and key."""
    process = Forked(["serve", "--only", "crm", "--crm-port", "0", *arguments], stdout=subprocess.PIPE)
    assert process.stdout is not None
    words = [process.stdout.readline() for _ in range(4)][1].split()
    return process, words[1], words[-1]


def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'state.db'}"
    process, url, key = served("--db", database)
    module = orjson.dumps({"clientId": "c", "active": True, "integrations": {"telephony": {}}}).decode()
    headers = {"X-API-KEY": key}
    requests.post(
        f"{url}/api/v5/integration-modules/m/edit",
        headers=headers,
        data={"integrationModule": module},
        timeout=10,
    )
    for number in range(20):
        calls = orjson.dumps([call_item(f"c-{number}")]).decode()
        answer = requests.post(
            f"{url}/api/v5/telephony/calls/upload", headers=headers, data={"calls": calls}, timeout=10
        )
        assert answer.json()["processedCallsCount"] == 1
    process.kill()
    process.communicate()
    process, url, _ = served("--db", database)
    counts = requests.get(f"{url}/_bench/state", timeout=10).json()["counts"]
    process.terminate()
    process.communicate()
    assert counts == {"calls": 20, "events": 0, "customers": 20, "modules": 1}


def test_a_served_end_on_a_manual_clock_moves_only_when_told() -> None:
    process, url, _ = served("--clock", "manual")
    moved = requests.post(f"{url}/_bench/clock", json={"advance": 3600}, timeout=10).json()
    process.terminate()
    process.communicate()
    assert moved["written"] == "2024-05-01 13:00:00"


def test_nobody_at_an_address_is_said_with_what_to_do() -> None:
    for command, option in (("journal", "--url"), ("cards", "--crm-url")):
        code, output = run(command, option, "http://127.0.0.1:9")
        assert code == 3
        assert f"callproof serve starts one; {option} says where another one is." in output


def test_a_taken_port_is_named() -> None:
    taken = Address()
    code, output = run("serve", "--only", "crm", "--crm-port", str(taken.port))
    taken.close()
    assert code == 2
    assert (
        output.splitlines()[-1]
        == f"callproof: Cannot listen on 127.0.0.1:{taken.port}: Address already in use."
        " --crm-port 0 takes a free one, --host another address; callproof doctor tells who listens there."
    )


@pytest.mark.parametrize(
    ("file", "content", "command"),
    [
        ("package.json", '{"scripts": {"start": "node pbx.js"}}', "[node, pbx.js, $port]"),
        (
            "package.json",
            '{"scripts": {"start": "tsc && node x"}}',
            '[npm, run, "--silent", start, "--", $port]',
        ),
        ("package.json", '{"main": "lib/main.js"}', "[node, lib/main.js, $port]"),
        ("package.json", "no JSON", "[$python, service.py, $port]"),
        ("manage.py", "", '[$python, manage.py, runserver, $port, "--noreload"]'),
        ("Pbx.java", "public static void main(String[] a)", "[java, Pbx.java, $port]"),
        ("app.py", "", "[$python, app.py, $port]"),
        ("notes.txt", "", "[$python, service.py, $port]"),
        ("package.json", '{"scripts": {"dev": "nodemon x"}}', '[npm, run, "--silent", dev, "--", $port]'),
        ("service.js", "", "[node, service.js, $port]"),
        (
            "app.py",
            "import fastapi\n\ncrm = fastapi.FastAPI(docs_url=None)\n",
            '[$python, "-m", uvicorn, "app:crm", "--host", "127.0.0.1", "--port", $port]',
        ),
        (
            "app/main.py",
            "app: FastAPI = FastAPI()\n",
            '[$python, "-m", uvicorn, "app.main:app", "--host", "127.0.0.1", "--port", $port]',
        ),
        (
            "main.py",
            "app = Flask(__name__)\n",
            '[$python, "-m", flask, "--app", "main:app", run, "--port", $port]',
        ),
    ],
)
def test_init_guesses_how_a_side_is_started(file: str, content: str, command: str, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(content)
    code, output = run("init", str(tmp_path / "callproof.yaml"))
    assert code == 0
    assert f"\n  command: {command}\n" in (tmp_path / "callproof.yaml").read_text()
    assert (f"As {file} is there" in output) is ("service.py" not in command)
    start = load_target(str(tmp_path / "callproof.yaml")).start
    assert start
    assert dict(start.env) == ({"PORT": "$port"} if start.command[0] in ("node", "npm") else {})


@pytest.mark.parametrize("folder", [".venv", "venv", "v"])
def test_a_side_is_started_by_the_interpreter_of_its_own_environment(folder: str, tmp_path: Path) -> None:
    """callproof's own need not have what the side imports."""
    python = tmp_path / folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    (tmp_path / "manage.py").touch()
    assert run("init", str(tmp_path / "callproof.yaml"))[0] == 0
    start = load_target(str(tmp_path / "callproof.yaml")).start
    assert start
    assert start.command[0] == f"{folder}/bin/python"


def test_init_is_told_where_a_side_runs_and_by_which_key(tmp_path: Path) -> None:
    file, address = tmp_path / "callproof.yaml", Address()
    code, output = run("init", "--service-url", address.url, "--api-key", "k-1", str(file))
    assert (code, f"{address.url} answers." in output) == (0, True)
    address.close()
    target = load_target(str(file))
    assert (target.url, target.api_key, target.start, target.listen) == (address.url, "k-1", None, 8080)
    code, output = run("init", "--service-url", "nowhere", str(tmp_path / "other.yaml"))
    assert (code, "is no address" in output) == (2, True)
    code, output = run("init", "--start", 'node "x', str(tmp_path / "other.yaml"))
    assert (code, "is no command" in output) == (2, True)


def test_init_asks_at_a_terminal(tmp_path: Path) -> None:
    """For what was not said; what can be guessed is what Enter means."""
    (tmp_path / "server.js").write_text("")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "callproof", "init"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs) as asked:
        os.write(ours, b"crm\n\nk-2\n")
        assert asked.wait(30) == 0
    os.close(theirs)
    os.close(ours)
    target = load_target(str(tmp_path / "callproof.yaml"))
    assert target.start
    assert (target.side, target.api_key, target.start.command) == (
        "crm",
        "k-2",
        ("node", "server.js", "$port"),
    )


def test_init_writes_a_file_once(tmp_path: Path) -> None:
    file = tmp_path / "callproof.yaml"
    assert run("init", "--target", "crm", str(file))[0] == 0
    assert file.read_text().startswith("# How callproof reaches")
    assert mode_of(file) != 0o600
    keyed = tmp_path / "keyed.yaml"
    assert run("init", "--target", "crm", "--api-key", "0123456789abcdef", str(keyed))[0] == 0
    assert mode_of(keyed) == 0o600
    code, output = run("init", str(file))
    assert (code, "is there already" in output) == (2, True)


def test_faults_are_listed_and_break_an_end_in_a_check() -> None:
    code, output = run("faults", "--side", "crm")
    assert (code, output.startswith("crm-overloaded ")) == (0, True)
    code, output = run("check", "5-manager/not-free", "--fault", "crm-names-anybody")
    assert code == 1
    assert "CRM-MANAGER-04" in output
    code, output = run("check", "--fault", "nothing")
    assert (code, "There is no fault 'nothing'" in output) == (2, True)


def test_a_baseline_is_written_and_held_against_the_next_run(tmp_path: Path) -> None:
    file = str(tmp_path / "known.yaml")
    broken = ["check", "6-event/cancelled", "--fault", "pbx-untrue-history"]
    assert run(*broken, "--write-baseline", file)[0] == 1
    assert run(*broken, "--baseline", file)[0] == 0
    code, output = run("check", "6-event/cancelled", "--baseline", file)
    assert (code, "holds by now; remove the entry" in output) == (1, True)


def test_requirements_are_named_whole_or_by_a_beginning() -> None:
    code, output = run("requirements", "PBX-EVENT-08", "CRM-USER")
    ids = {line.partition(" ")[0] for line in output.splitlines()}
    assert code == 0
    assert {"PBX-EVENT-08", "CRM-USER-01"} < ids
    assert {row.rpartition("-")[0] for row in ids} == {"PBX-EVENT", "CRM-USER"}
    # What is named whole also says what to do.
    assert output.count(" To keep it: Send in hangupStatus how the call really ended") == 1
    assert output.count(" To keep it: ") == 1


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("PBX-EVNT-08", "PBX-EVENT-08"), ("pbx-event", "PBX-EVENT"), ("nothing", "lists all")],
)
def test_a_requirement_that_does_not_exist_is_a_mistake_and_near_ones_are_named(
    wrong: str, near: str
) -> None:
    code, output = run("requirements", "CRM-USER-01", wrong)
    assert (code, output.count("\n")) == (2, 1)
    assert f"No requirement's id is {wrong!r} or begins so." in output
    assert near in output


def test_requirements_are_filtered_and_the_untested_ones_have_a_reason() -> None:
    code, output = run("requirements", "PBX-TROUBLE", "--level", "should", "--evidence", "C")
    assert code == 0
    assert [line.split()[0] for line in output.splitlines()] == ["PBX-TROUBLE-01"]
    _, output = run("requirements", "--untested")
    assert all("(excluded: " in line for line in output.splitlines())
