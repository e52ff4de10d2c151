"""What is wrong with hooks and views is said before anything is judged, each by its own name."""

import re
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from callproof.cli import main
from tools.docs import ROOT

# Whole services, on a machine that may be busy.
pytestmark = pytest.mark.timeout(300)


def probed(folder: Path, side: str, file: str = "", find: str = "", put: str = "") -> tuple[int, str]:
    """The exit code and the output about an example in which ``put`` is in the place of ``find``."""
    copytree(ROOT / "examples" / f"{side}-service", folder / "side")
    config = folder / "side" / "callproof.yaml"
    config.write_text(re.sub(r"patience: .*", "patience: 0.3", config.read_text("utf-8")), "utf-8")
    if file:
        changed = folder / "side" / file
        text = changed.read_text("utf-8")
        assert text.count(find) == 1, find
        changed.write_text(text.replace(find, put), "utf-8")
    done = CliRunner().invoke(main, ["check", "--probe", "--config", str(config)])
    return done.exit_code, done.output


def row(output: str, name: str) -> str:
    """The outcome of what was tried under this name and what is said of it, on one line."""
    found = re.search(rf"(?m)^{name}  +(.*(?:\n {{10}}.*)*)", output)
    assert found, output
    return " ".join(found[1].split())


@pytest.mark.parametrize("side", ["pbx", "crm"])
def test_of_an_example_everything_works(side: str, tmp_path: Path) -> None:
    code, output = probed(tmp_path, side)
    assert code == 0, output
    assert not re.search(r"  (wrong|look|not tried)  ", output), output
    assert "Nothing was judged. Now: callproof check" in output


YAML, HOOKS, SERVICE, EXCHANGE, CRM = "callproof.yaml", "hooks.py", "service.py", "exchange.py", "crm.py"


@pytest.mark.parametrize(
    ("file", "find", "put", "name", "said"),
    [
        (YAML, "/test/register}", "/test/registr}", "register", r"wrong .*404"),
        (YAML, "  drop: {request: {url: /test/calls/$call/drop}}\n", "", "drop",
         r"wrong .*absent as `drop`"),
        (YAML, "  hold: {request: {url: /test/calls/$call/hold}}\n", "", "hold", r"absent 1 scenario"),
        (YAML, "calls: {request: {url: /test/calls}}", "calls: {request: {url: /recordings/1.wav}}",
         "view calls", r"wrong .*404"),
        (SERVICE, "    return jsonify([call.as_json() for call in exchange.calls.values()])",
         "    return {}", "view calls", r"wrong .*answered no list"),
        (SERVICE, 'exchange.incoming(request.json["from"], request.json["to"]).as_json()',
         'exchange.incoming(request.json["from"], request.json["to"]) and {"uuid": 1}',
         "customer calls", r"wrong .*no `id`.*answer: \{id: \.\.\.\}"),
        (CRM, 'self.http.headers["X-API-KEY"] = api_key', "pass", "register",
         r"wrong .* callproof's CRM was asked POST .*edit: 403"),
        (SERVICE, 'os.environ["CALLPROOF_CRM_URL"]', '"http://127.0.0.1:9"', "register", r"wrong .*"),
        (EXCHANGE, '"callExternalId": call.id,', '"callExternalId": "x",',
         "customer calls", r"wrong .*both have to be the same"),
        (EXCHANGE, '            "state": self.state,\n', "", "view calls", r"wrong .*no `state`"),
        (EXCHANGE, '"state": self.state,', '"state": "up" if self.state != "ended" else "down",',
         "view calls", r"look .*'up'; as none of calling manager, dialled"),
        (EXCHANGE, '"hangup", hangupStatus=HANGUP[cause]', '"hangup", hangupStatus="gone"', "hang up",
         r"look done, but callproof's CRM refused what came of it: POST .*/call/event: 400"),
        (EXCHANGE, "        self.tell(call, \"in\")\n", "", "customer calls",
         r"wrong no call-event reached"),
        (SERVICE, '        exchange.offset += request.json["seconds"]\n', "", "pass time",
         r"wrong 10 s were"),
        (EXCHANGE, "self.outbox.clear()\n\n", "self.outbox.clear()\n        self.offset = 0\n\n",
         "pass time", r"wrong set-up takes the clock back"),
        (YAML, "stimuli:", "clean-up: [{request: {url: /none}}]\nstimuli:", "clean-up", r"wrong .*404"),
        (YAML, "views:\n  calls: {request: {url: /test/calls}}\n", "absent: [pbx keeps calls]\n",
         "view calls", r"absent \d+ scenarios are left out$"),
        (YAML, "  dial: {request: {url: /test/dial, json: {extension: $extension, to: $to}}}\n",
         "", "engaged", r"not tried it comes after `dial`, which is absent"),
        (SERVICE, "        exchange.run_due()\n", "", "pass time",
         r"look 120 s of the test clock later"),
        (SERVICE, '@app.post("/test/clock")', '@app.post("/test/clok")', "pass time", r"wrong .*404"),
        (SERVICE, '    exchange.upload_every(request.json["seconds"])\n', "", "upload every",
         r"wrong with 600 the call was uploaded at once"),
        (SERVICE, '            exchange.answer(call, asked.get("extension"))', "            pass",
         "answer", r"look"),
        (EXCHANGE, "        self.calls[call.id] = call\n        return call\n", "        return call\n",
         "view calls", r"wrong makeCallUrl answered 200, and no call"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_pbx_is_said_where_it_is(
    file: str, find: str, put: str, name: str, said: str, tmp_path: Path
) -> None:
    code, output = probed(tmp_path, "pbx", file, find, put)
    assert re.match(said, row(output, name)), output
    assert code == (2 if "wrong  " in output else 0)
    assert said.startswith(("wrong", "look", "not tried")) or "not tried" not in output
    assert not said.startswith("wrong") or code == 2


@pytest.mark.parametrize(
    ("file", "find", "put", "name", "said"),
    [
        ("api.py", 'os.environ["CALLPROOF_API_KEY"]', '"another"', "account", r"wrong api-key: 403"),
        (YAML, "api-key: 0", "account: {users: [7, 8]}\napi-key: 0", "account",
         r"wrong users/7 is answered 404"),
        (YAML, "  cards: {request: {url: /test/cards}}\n", "", "view cards", r"wrong .*`crm keeps cards`"),
        ("telephony.py", '        "open": True,\n', "", "view cards", r"wrong .*no `open`"),
        ("telephony.py", '        "userId": user_id,\n', '        "userId": f"user {user_id}",\n',
         "view cards", r"wrong `userId` has to be a number"),
        ("pbx.py", '"outcome": "started"', '"what": "started"', "view initiations",
         r"wrong .*no `outcome`"),
        ("pbx.py", "    started = status == 200\n", "    started = True\n", "view initiations",
         r"wrong makeCallUrl answered .* `succeeded` is true"),
        (HOOKS, '    change_user(known_user(number), **request.json)\n', "", "set user",
         r"wrong changeUserStatusUrl was not asked"),
        (HOOKS, "    pbx.notify_activity(module, request.host_url.rstrip(\"/\"))\n", "", "switch module",
         r"wrong freeze true was not told"),
        ("modules.py", '    sent = structure("integrationModule", dict)\n', "    sent = undefined\n",
         "registration", r"wrong .*: 500 .*It printed last: .*NameError: name 'undefined' is not defined"),
        (HOOKS, 'pbx.play(call, request.json.get("range"))', "pbx.play(call, None)", "play",
         r"wrong with `range` the header Range"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_crm_is_said_where_it_is(
    file: str, find: str, put: str, name: str, said: str, tmp_path: Path
) -> None:
    code, output = probed(tmp_path, "crm", file, find, put)
    assert re.match(said, row(output, name)), output
    assert code == 2


def test_a_side_that_ends_in_the_middle_is_out_of_reach(tmp_path: Path) -> None:
    code, output = probed(
        tmp_path,
        "pbx",
        SERVICE,
        "    with lock:\n        return exchange.incoming(",
        "    os._exit(3)\n    return (",
    )
    assert code == 3
    assert "ended with exit code 3" in output


def test_a_probe_needs_a_file() -> None:
    done = CliRunner().invoke(main, ["check", "--probe"])
    assert (done.exit_code, "--probe needs --config FILE" in done.output) == (2, True)


def test_a_crm_without_users_is_told_so_and_everything_else_is_tried(tmp_path: Path) -> None:
    code, output = probed(
        tmp_path, "crm", "people.py", '@v5.get("/users/<number>")', '@v5.get("/user/<number>")'
    )
    assert (code, output.count("  wrong  "), "not tried" in output) == (2, 1, False), output
    said = row(output, "account")
    assert said.startswith("wrong there is no GET users/{id}, which is answered 404; name `9-people/users`")
    (line,) = (line for line in output.splitlines() if line.startswith("absent: "))
    config = tmp_path / "side" / "callproof.yaml"
    config.write_text(re.sub("(?m)^absent: .*", line, config.read_text("utf-8")), "utf-8")
    done = CliRunner().invoke(main, ["check", "--probe", "--config", str(config)])
    assert done.exit_code == 0, done.output
    assert row(done.output, "account") == "works the key, both shops"


def test_a_hook_without_a_route_is_in_the_line_that_lets_go_of_it(tmp_path: Path) -> None:
    code, output = probed(tmp_path, "crm", HOOKS, '"/modules/<code>/account"', '"/modules/<code>/accont"')
    assert code == 2
    assert "absent: [give key, set budgets, 9-people/neighbours, open account]\n" in output


def test_what_is_named_under_absent_is_not_tried_though_it_is_still_written_down(tmp_path: Path) -> None:
    code, output = probed(tmp_path, "crm", YAML, "absent: [", "absent: [switch module, crm keeps cards, ")
    assert code == 0, output
    assert row(output, "switch module").startswith("absent")
    assert row(output, "view cards").startswith("absent")


def test_a_method_that_a_crm_does_not_have_is_named_and_can_be_let_go(tmp_path: Path) -> None:
    code, output = probed(
        tmp_path,
        "crm",
        "people.py",
        '@v5.post("/users/<number>/status")',
        '@v5.post("/users/<number>/state")',
    )
    assert code == 2, output
    said = row(output, "user-status")
    assert said.startswith(
        "wrong POST /api/v5/users/1/status is answered 404; name `user-status` under absent"
    )
    (line,) = (line for line in output.splitlines() if line.startswith("absent: "))
    assert line == "absent: [give key, set budgets, 9-people/neighbours, user-status]"
    config = tmp_path / "side" / "callproof.yaml"
    config.write_text(re.sub("(?m)^absent: .*", line, config.read_text("utf-8")), "utf-8")
    for arguments in (["--probe"], ["8-status", "11-trouble/notice-fails", "1-api/access"]):
        done = CliRunner().invoke(main, ["check", "--config", str(config), *arguments])
        assert done.exit_code == 0, done.output
