"""A side under test: its file, what it is asked to do, and what stands in for its control API."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests
import trustme
from flask import Flask, Response, jsonify, request

from callproof.conformance.actions import ACTIONS
from callproof.conformance.drivers import act
from callproof.conformance.foreign import Foreign
from callproof.conformance.hooks import asked_of
from callproof.conformance.loading import find
from callproof.conformance.process import running, surroundings
from callproof.conformance.scenario import KEPT, Verb
from callproof.conformance.stimuli import ANSWERED, Hands, Misconfigured, filled, text
from callproof.conformance.target import (
    ADD_CUSTOMER,
    PASS_TIME,
    UPLOAD_EVERY,
    Command,
    HttpRequest,
    Prompt,
    Start,
    Stimulus,
    Target,
    load_target,
)
from callproof.conformance.target_file import START, written
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.control.client import ActionRefused, End, Ends, Unreachable
from callproof.errors import Misuse
from callproof.exchange.trust import Trust
from callproof.files.yamlfile import FileError
from callproof.pbx.plan import account_plan
from callproof.running.opposite import opposite
from callproof.running.pair import BuiltIn
from callproof.running.threads import Address, serving


def write(folder: Path, content: str) -> str:
    file = folder / "callproof.yaml"
    file.write_text(content)
    return str(file)


def test_a_file_says_how_a_side_is_reached_and_poked(tmp_path: Path) -> None:
    target = load_target(write(tmp_path, """
target: pbx
url: http://127.0.0.1:$port
stimuli:
  register: {command: [./register.sh, $crm_url]}
  drop: {prompt: Pull the plug of $call}
  customer calls: {request: {url: /calls, json: {from: $from}}, answer: {id: call.uuid}}
views: {calls: {request: {url: /calls}}}
absent: [play]
patience: 3
rewrite: {https://pbx.example: "http://127.0.0.1:9"}
insecure-callbacks: [pbx.example]
"""))  # fmt: skip
    assert (target.side, target.folder, target.patience) == (Side.PBX, tmp_path, 3)
    assert target.stimuli["register"].way == Command(("./register.sh", "$crm_url"))
    assert target.stimuli["drop"].way == Prompt("Pull the plug of $call")
    assert target.stimuli["customer calls"].answer == {"id": "call.uuid"}
    assert target.views["calls"].way == HttpRequest("GET", "/calls", {})
    assert target.rewrite == {"https://pbx.example": "http://127.0.0.1:9"}
    assert target.trust == Trust(unchecked=("pbx.example",))
    assert not target.timed


def test_a_private_ca_stands_beside_the_file(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    target = load_target(write(tmp_path, "target: pbx\nca: [ca.pem]\n"))
    assert target.trust.files == (str(tmp_path / "ca.pem"),)


SEVERAL = """\
target: pbx
url: http://127.0.0.1:$port
start:
  command: [run, $port]
  ready: http://127.0.0.1:$port/
  instances: 2
  log: side.log
"""


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("target: car\n", 1, "'car' is not one of"),
        ("target: pbx\ncolour: red\n", 1, "colour"),
        ("target: pbx\nca:\n  - callproof.yaml\n", 3, "callproof.yaml holds no certificate in PEM"),
        ("target: pbx\nca:\n  - none.pem\n", 3, "none.pem cannot be read: No such file"),
        ("target: pbx\nstimuli:\n  dance: {prompt: x}\n", 3, "'dance' is none of the pbx's stimuli"),
        ("target: pbx\nstimuli:\n  play: {prompt: x}\n", 3, "'play' is none of the pbx's stimuli"),
        ("target: crm\nviews:\n  outbox: {prompt: x}\n", 3, "'outbox' is none of the crm's views"),
        ("target: pbx\nstimuli:\n  drop: {}\n", 3, "stimuli.drop"),
        ("target: pbx\nstimuli:\n  drop: {prompt: x, command: [y]}\n", 3, "stimuli.drop"),
        ("target: pbx\nurl: nowhere\n", 2, "url"),
        (SEVERAL, 7, "$port in it"),
    ],
)
def test_a_mistake_in_the_file_is_named_by_line(
    tmp_path: Path, content: str, line: int, words: str
) -> None:
    file = write(tmp_path, content)
    with pytest.raises(FileError) as caught:
        load_target(file)
    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(
    "start", [START, Start(("npm", "start"), "http://x/", env={"PORT": "$port"}), None]
)
def test_the_files_that_init_writes_are_taken(side: Side, start: Start | None, tmp_path: Path) -> None:
    target = load_target(write(tmp_path, written(side, "http://127.0.0.1:9", start)))
    assert (target.side, target.url, target.start) == (side, "http://127.0.0.1:9", start)
    assert bool(target.listen) is (side is Side.PBX and start is None)
    assert target.views.keys() == asked_of(side).views.keys()
    text = written(side).replace("  # ", "  ")
    for name in asked_of(side).stimuli:
        assert f"  {name}: {{request: " in text


@pytest.mark.parametrize("side", Side)
def test_what_is_said_of_hooks_is_said_of_what_there_is(side: Side) -> None:
    asked, more = asked_of(side), [PASS_TIME, UPLOAD_EVERY if side is Side.PBX else ADD_CUSTOMER]
    actions = {name for name, rule in ACTIONS.items() if rule.end is side}
    assert set(asked.stimuli) == actions | set(more)
    assert set(asked.views) == set(KEPT[side]) - {"outbox"}
    for name, hook in asked.stimuli.items():
        known = set(ACTIONS[name].args) if name in actions else {"seconds", "customer"}
        in_path = set(re.findall(r"{(\w+)}", ACTIONS[name].path)) if name in actions else set()
        assert set(hook.args) <= known | in_path, name
        assert set(re.findall(r"\$(\w+)", hook.url)) == in_path, name
        assert bool(hook.answers.get("id")) is (name in ANSWERED), name


@pytest.mark.parametrize("side", Side)
def test_a_view_is_asked_for_what_scenarios_read_of_it(side: Side) -> None:
    """A member that a scenario names is in the list, and needed where one cannot do without."""
    for name, view in asked_of(side).views.items():
        steps = [step for scenario in find() for step in scenario.expectations if step.subject == name]
        read = [
            pattern
            for step in steps
            if step.verb is Verb.KEEPS and step.side is side
            for pattern in (step.matching, *step.about.values())
        ]
        named = dict(pair for pattern in read for pair in members_of(pattern))
        known = {member.name: member.needed for member in view.members}
        assert set(named) - {"site"} <= set(known), name
        assert not [member for member, needed in named.items() if needed and not known.get(member)], name


def members_of(pattern: Json) -> Iterator[tuple[str, bool]]:
    """The members that a pattern names, and whether it does not match without."""
    if not isinstance(pattern, Mapping):
        return
    for name, inner in pattern.items():
        if isinstance(inner, list) and name == "$one-of":
            for choice in inner:
                yield from ((member, False) for member, _ in members_of(choice))
        elif not name.startswith("$"):
            yield name, not (isinstance(inner, Mapping) and "$if-present" in inner)


def test_an_id_may_have_a_slash_in_it(side: str, pair: BuiltIn) -> None:
    way = HttpRequest("POST", "/echo", {}, {"call": "$call"})
    target = Target(Side.PBX, Path(), url=side, stimuli={"drop": Stimulus("drop", way)})
    ends = Ends(End(Side.CRM, pair.crm_url), Foreign(target, hands(side), End(Side.CRM, pair.crm_url)), "k")
    assert act(ends, "drop", {"call": "SIP/100-1"})["call"] == {"uuid": {"call": "SIP/100-1"}}
    ends.close()


def test_names_are_filled_in_and_members_without_a_value_are_left_out() -> None:
    names: JsonObject = {"from": "+7 1", "n": 5}
    assert filled({"a": "$from", "b": "$to", "c": ["no $n"], "d": "$n"}, names) == {
        "a": "+7 1", "c": ["no 5"], "d": 5,
    }  # fmt: skip
    assert text("/calls/$call/x", {"call": "7"}) == "/calls/7/x"


# What the side was told.
TOLD: list[Json] = []


@pytest.fixture
def side() -> Iterator[str]:
    """A side that says back what it was asked."""
    app = Flask(__name__)

    @app.route("/echo", methods=["GET", "POST"])
    def echo() -> Response:
        TOLD.append(request.get_json(silent=True))
        return jsonify({"call": {"uuid": request.get_json(silent=True)}, "form": request.form})

    @app.post("/no")
    def no() -> tuple[str, int]:
        return "not today", 409

    @app.get("/calls")
    def calls() -> Response:
        return jsonify([{"id": "1", "state": "ended"}])

    address = Address()
    with serving(app, address):
        yield address.url


def hands(url: str, ask: str = "") -> Hands:
    return Hands({"port": "1", "crm_url": "http://crm"}, url, Path(), lambda _: ask)


def test_a_request_is_made_and_the_answers_members_are_found(side: str) -> None:
    way = HttpRequest("POST", "/echo", {}, {"from": "$from", "to": "$to"})
    answer = hands(side).do(Stimulus("customer calls", way, {"id": "call.uuid.from"}), {"from": "1"})
    assert isinstance(answer, dict)
    assert answer["id"] == "1"
    form = hands(side).do(Stimulus("x", HttpRequest("POST", "/echo", {}, form={"a": "$crm_url"})))
    assert isinstance(form, dict)
    assert form["form"] == {"a": "http://crm"}


def test_a_side_that_says_no_or_nothing_is_told_apart(side: str) -> None:
    with pytest.raises(ActionRefused, match="409: not today"):
        hands(side).do(Stimulus("drop", HttpRequest("POST", "/no", {})))
    with pytest.raises(Unreachable, match="does not answer 'drop'"):
        hands("http://127.0.0.1:9").do(Stimulus("drop", HttpRequest("POST", "/no", {})))


def test_a_program_is_run_and_a_person_is_asked() -> None:
    program = "import os; print('{\"id\": \"' + os.environ['CALLPROOF_CRM_URL'] + '\"}')"
    found = hands("").do(Stimulus("register", Command((sys.executable, "-c", program))))
    assert found == {"id": "http://crm"}
    with pytest.raises(ActionRefused, match="exited with 3"):
        hands("").do(Stimulus("register", Command((sys.executable, "-c", "raise SystemExit(3)"))))
    with pytest.raises(Misconfigured, match="cannot be run"):
        hands("").do(Stimulus("register", Command(("./no-such-program",))))
    assert hands("", "c-7").do(Stimulus("drop", Prompt("Pull the plug"))) == {"id": "c-7"}


def test_a_whole_number_of_a_view_reads_the_same_with_a_point() -> None:
    program = 'print(\'[{"duration": 61.0, "share": 0.5, "code": "1.0"}]\')'
    found = hands("").look(Stimulus("calls", Command((sys.executable, "-c", program))))
    assert str(found) == "[{'duration': 61, 'share': 0.5, 'code': '1.0'}]"


def test_what_a_view_shows_in_another_type_is_read_as_what_it_is() -> None:
    found: JsonObject = {
        "externalId": 7,
        "userId": "1",
        "duration": "61",
        "phone": 79123456781,
        "result": "busy",
    }
    for member in asked_of(Side.CRM).views["calls"].members:
        found = member.read(found)
    assert found == {
        "externalId": "7", "userId": 1, "duration": 61, "phone": "79123456781", "result": "busy",
    }  # fmt: skip
    card: JsonObject = {"open": 1, "userId": "user 1", "callExternalId": None}
    for member in asked_of(Side.CRM).views["cards"].members:
        card = member.read(card)
    assert card == {"open": True, "userId": "user 1", "callExternalId": None}


def test_actions_become_stimuli_and_views_become_state(side: str, pair: BuiltIn) -> None:
    way = HttpRequest("POST", "/echo", {}, {"call": "$call", "who": "$extension"})
    target = Target(
        Side.PBX,
        Path(),
        url=side,
        stimuli={"answer": Stimulus("answer", way)},
        views={"calls": Stimulus("calls", HttpRequest("GET", "/calls", {}))},
    )  # fmt: skip
    end = Foreign(target, hands(side), End(Side.CRM, pair.crm_url))
    answer = end.post("/calls/c-1/answer", {"extension": "100"})
    assert answer["call"] == {"uuid": {"call": "c-1", "who": "100"}}
    assert end.state() == {"calls": [{"id": "1", "state": "ended"}]}
    with pytest.raises(ActionRefused, match="no stimulus 'drop'"):
        end.post("/calls/c-1/fail")
    end.close()


def test_a_crm_without_the_method_is_given_its_customers_by_a_stimulus(side: str, pair: BuiltIn) -> None:
    customer: JsonObject = {"externalId": "c-1", "phones": [{"number": "+7 912 345-67-89"}]}
    way = HttpRequest("POST", "/echo", {}, {"customer": "$customer"})
    known = {"add customer": Stimulus("add customer", way)}
    facing = End(Side.PBX, pair.pbx_url)
    end = Foreign(Target(Side.CRM, Path(), url=side, stimuli=known), hands(side), facing)
    end.add_customer("key", customer, "shop1")
    assert TOLD[-1] == {"customer": customer}
    without = Foreign(Target(Side.CRM, Path(), url=side), hands(side), facing)
    with pytest.raises(ActionRefused, match="customers/create was answered 404"):
        without.add_customer("key", customer, "shop1")
    end.close()
    without.close()


def test_a_structure_within_a_text_is_json() -> None:
    assert text("--customer=$customer", {"customer": {"phones": [1]}}) == '--customer={"phones":[1]}'


def test_a_process_is_started_awaited_and_ended(tmp_path: Path) -> None:
    address = Address()
    address.close()
    command = (sys.executable, "-m", "http.server", str(address.port), "--bind", "127.0.0.1")
    with running(Start(command, address.url), tmp_path, {}):
        assert requests.get(address.url, timeout=5).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(address.url, timeout=5)


def test_a_process_is_told_its_port_by_the_variable_that_it_reads(tmp_path: Path) -> None:
    serve = "import http.server as h, os; h.test(h.SimpleHTTPRequestHandler, port=int(os.environ['PORT']))"
    start = Start(
        (sys.executable, "-c", serve), "http://127.0.0.1:$port/", env={"PORT": "$port", "KEY": "$api_key"}
    )
    target = Target(Side.CRM, tmp_path, url="http://127.0.0.1:$port", api_key="k", start=start)
    with opposite(target, 1, strict=False) as (_, theirs):
        assert requests.get(theirs.url, timeout=5).ok


def test_a_process_that_ends_too_early_is_shown_with_what_it_printed(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "print('no database'); raise SystemExit(4)")
    with (
        pytest.raises(Unreachable, match="no database"),
        running(Start(command, "http://127.0.0.1:9/", 5), tmp_path, {}),
    ):
        pass
    with (
        pytest.raises(Unreachable, match="cannot be started"),
        running(Start(("./none",), "http://127.0.0.1:9/"), tmp_path, {}),
    ):
        pass


def test_all_that_a_process_prints_goes_to_its_log(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "side.log").write_text("of an earlier run\n")
    noisy = (
        "print('line\\n' * 9999); import http.server as h; h.test(h.SimpleHTTPRequestHandler, port=PORT)"
    )
    address = Address()
    address.close()
    command = (sys.executable, "-c", noisy.replace("PORT", str(address.port)))
    with running(Start(command, address.url, log="logs/side.log"), tmp_path, {}):
        requests.get(f"{address.url}/missing", timeout=5)
    printed = (tmp_path / "logs" / "side.log").read_text()
    assert (printed.count("line\n"), "earlier" in printed, "GET /missing" in printed) == (9999, False, True)
    with (
        pytest.raises(Misuse, match=r"prints cannot be written to logs/side\.log/1: File exists"),
        running(Start(command, address.url, log="logs/side.log/1"), tmp_path, {}),
    ):
        pass


CHILD = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"
SERVER = "-m http.server {port} --bind 127.0.0.1"


def told_by_child(folder: Path) -> Path:
    """A file that can be read once the child has written it."""
    os.mkfifo(folder / "pid")
    return folder / "pid"


def free_port() -> int:
    address = Address()
    address.close()
    return address.port


def alive(pid: int) -> bool:
    """Whether it runs; one that nobody has buried yet does not."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_what_a_process_started_itself_ends_with_it(tmp_path: Path) -> None:
    port, pid = free_port(), told_by_child(tmp_path)
    command = ("sh", "-c", f'"$0" -c "$1" "$2" & "$0" {SERVER.format(port=port)}; echo ended')
    words = (*command, sys.executable, CHILD, str(pid))
    with running(Start(words, f"http://127.0.0.1:{port}/"), tmp_path, {}) as process:
        found = int(pid.read_text())
        assert alive(found)
        assert process.ended == ""
    assert not alive(found)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/", timeout=5)


def test_a_child_that_outlives_its_parent_and_ignores_the_end_is_killed(tmp_path: Path) -> None:
    port, pid = free_port(), told_by_child(tmp_path)
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {CHILD}"
    command = ("sh", "-c", f'"$0" -c "$1" "$2" & exec "$0" {SERVER.format(port=port)}')
    words = (*command, sys.executable, deaf, str(pid))
    with running(Start(words, f"http://127.0.0.1:{port}/"), tmp_path, {}):
        found = int(pid.read_text())
    assert not alive(found)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells another's environment")
def test_a_daemon_in_a_session_of_its_own_ends_as_well(tmp_path: Path) -> None:
    port, pid = free_port(), told_by_child(tmp_path)
    command = ("sh", "-c", f'setsid "$0" -c "$1" "$2" & exec "$0" {SERVER.format(port=port)}')
    words = (*command, sys.executable, CHILD, str(pid))
    with running(Start(words, f"http://127.0.0.1:{port}/"), tmp_path, {}):
        found = int(pid.read_text())
        assert os.getsid(found) == found
    assert not alive(found)


def test_somebody_else_who_answers_is_not_the_side_under_test(side: str, tmp_path: Path) -> None:
    started = tmp_path / "started"
    words = (sys.executable, "-c", f"open({str(started)!r}, 'w')")
    with (
        pytest.raises(Unreachable, match=r"Something else answers at .* before the side under test"),
        running(Start(words, f"{side}/calls"), tmp_path, {}),
    ):
        pass
    assert not started.exists()


SLOW = """
import http.server, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(1.2)
        self.send_response(204)
        self.end_headers()
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_side_that_takes_its_time_gets_ready_as_well(tmp_path: Path) -> None:
    port = free_port()
    words = (sys.executable, "-c", SLOW, str(port))
    with running(Start(words, f"http://127.0.0.1:{port}/"), tmp_path, {}) as process:
        assert process.ended == ""


def test_what_it_printed_is_kept_to_a_bound(tmp_path: Path) -> None:
    port = free_port()
    program = f"print('x' * 10**6); print('no disk'); import http.server as h; h.test(port={port})"
    with running(Start((sys.executable, "-c", program), f"http://127.0.0.1:{port}/"), tmp_path, {}) as it:
        requests.get(f"http://127.0.0.1:{port}/", timeout=5)
        assert "no disk" in it.printed()
        assert len(it.printed()) < 3000


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "127.0.0.1,localhost,::1"),
        ({"no_proxy": "corp.example"}, "corp.example,127.0.0.1,localhost,::1"),
        ({"NO_PROXY": "localhost"}, "localhost,127.0.0.1,::1"),
        ({"NO_PROXY": "*"}, "*"),
    ],
)
def test_no_proxy_stands_between_what_is_started_and_our_ends(
    given: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = surroundings({"CALLPROOF_API_KEY": "k"})
    assert (found["NO_PROXY"], found["no_proxy"], found["CALLPROOF_API_KEY"]) == (expected, expected, "k")


def test_a_side_has_others_in_the_places_of_the_guides_users_and_shops(tmp_path: Path) -> None:
    target = load_target(write(tmp_path, """
target: crm
url: http://127.0.0.1:9000
account:
  users: [17, 23]
  extensions: ["701", "702"]
  shops: [moscow, spb]
"""))  # fmt: skip
    judged = target.judged("r7")
    assert (judged.account.users, judged.account.shops) == ((17, 23), ("moscow", "spb"))
    assert judged.account.lines == ("+7-499-999-99-99", "+7-499-888-88-88")
    plan = account_plan(judged.account)
    assert {code: extension.user for code, extension in plan.extensions.items()} == {"701": 17, "702": 23}
    assert [(line.phone, line.site) for line in plan.lines] == [
        ("+7-499-999-99-99", "moscow"),
        ("+7-499-888-88-88", "spb"),
    ]


def test_an_account_has_a_zone_and_a_country_that_there_are(tmp_path: Path) -> None:
    text = "target: crm\nurl: http://x\naccount:\n  timezone: {}\n  country: {}\n"
    account = load_target(write(tmp_path, text.format("Europe/Madrid", "ES"))).account
    assert (account.timezone, account.country) == ("Europe/Madrid", "ES")
    for zone, country, words in (
        ("Moscow", "RU", ":4: there is no time"),
        ("UTC", "UK", ":5: there is no"),
    ):
        with pytest.raises(FileError, match=words):
            load_target(write(tmp_path, text.format(zone, country)))


def test_an_account_has_two_of_each(tmp_path: Path) -> None:
    file = write(tmp_path, "target: crm\nurl: http://x\naccount:\n  users: [1]\n")
    with pytest.raises(FileError, match=r"callproof.yaml:4: "):
        load_target(file)


def test_a_pbx_is_told_of_its_test_clock_before_anything_else() -> None:
    assert "Build the test clock first" in written(Side.PBX).split("target: pbx", 1)[1][:120]
    assert "test clock first" not in written(Side.CRM)
