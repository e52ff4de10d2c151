"""Secrets are shown by no command, unless it is told to."""

import json
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from callproof.cli import main
from callproof.running.pair import BuiltIn

KEY, CLIENT, COOKIE = "a-key-that-nobody-may-see", "client-that-nobody-0815", "cookie-of-nobody-4711"
EVENT = "/api/v5/telephony/call/event"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code in (0, 1, 2, 3), result.output
    return result.output


@pytest.fixture
def asked(pair: BuiltIn) -> BuiltIn:
    """Secrets in every place of a request, some of them encoded twice."""
    module = json.dumps({"clientId": CLIENT, "x": f"apiKey={KEY}"})
    requests.post(
        f"{pair.crm_url}{EVENT}?apiKey={KEY}&clientId={CLIENT}&recordUrl=http%3A%2F%2Fh%2F%3Ftoken%3D{KEY}",
        data={"event": module, "apiKey": [KEY, CLIENT], "clientId": CLIENT},
        headers={"x-api-key": KEY, "Cookie": f"session={COOKIE}", "Authorization": f"Bearer {COOKIE}"},
        timeout=20,
    )
    return pair


@pytest.mark.parametrize("command", [["journal"], ["journal", "--bodies"], ["journal", "--json"]])
def test_none_is_shown_and_all_are_with_the_option(asked: BuiltIn, command: list[str]) -> None:
    told = run(*command, "--url", asked.crm_url)
    for secret in (KEY, CLIENT, COOKIE):
        assert secret not in told
    # Which one it is can be told.
    assert "***0815" in told
    told = run(*command, "--url", asked.crm_url, "--show-secrets")
    assert KEY in told
    assert CLIENT in told


@pytest.mark.parametrize("command", [["journal"], ["journal", "--bodies"], ["journal", "--json"]])
def test_no_spelling_of_json_shows_it(asked: BuiltIn, command: list[str]) -> None:
    escaped = "".join(f"\\u{ord(sign):04X}" for sign in KEY)
    event = f'{{"phone": "{escaped}", "type": "\\/{KEY[:1]}\\u002D{KEY[2:]}"}}'
    requests.post(f"{asked.crm_url}{EVENT}", data={"event": event}, headers={"x-api-key": KEY}, timeout=20)
    told = run(*command, "--url", asked.crm_url)
    assert KEY not in told
    assert escaped not in told
    assert "\\u002D" not in told


def test_a_request_is_made_again_with_what_is_not_shown(asked: BuiltIn) -> None:
    number = str(asked.crm.journal.last_id)
    told = run("replay", number, "--url", asked.crm_url)
    assert "apiKey=***" in told
    for secret in (KEY, CLIENT, COOKIE):
        assert secret not in told
    first, again = list(asked.crm.journal.since())[-2:]
    assert again.request.body == first.request.body
    assert again.request.header("cookie") == f"session={COOKIE}"
    assert KEY in run("replay", number, "--url", asked.crm_url, "--show-secrets")


def test_what_is_kept_is_shown_without(asked: BuiltIn) -> None:
    url = f"http://me:{COOKIE}@h/?apiKey={KEY}"
    calls = '[{"date": "2024-05-01 10:00:00", "type": "in", "phone": "+74990000000", "result": "answered",'
    calls += f' "externalId": "x-1", "recordUrl": "{url}"}}]'
    requests.post(
        f"{asked.crm_url}/api/v5/telephony/calls/upload",
        data={"calls": calls},
        headers={"X-API-KEY": asked.api_key},
        timeout=20,
    )
    for options in ([], ["--json"]):
        told = run("calls", "--url", asked.crm_url, *options)
        assert "x-1" in told
        assert KEY not in told
        assert COOKIE not in told
        assert KEY in run("calls", "--url", asked.crm_url, "--show-secrets", *options)


@pytest.mark.parametrize("command", ["calls", "cards"])
def test_what_is_kept_is_shown_without_what_the_journal_knows_as_a_secret(
    pair: BuiltIn, command: str
) -> None:
    client = pair.pbx.settings.client_id
    call = {"type": "in", "phone": "+79120000001", "externalPhone": client}
    kept = {**call, "date": "2024-05-01 10:00:00", "result": "answered", "externalId": pair.api_key}
    event = {**call, "codes": ["100"], "callExternalId": pair.api_key, "externalPhone": client}
    for path, form in (
        (EVENT, {"event": json.dumps(event)}),
        ("/api/v5/telephony/calls/upload", {"calls": json.dumps([kept])}),
    ):
        answer = requests.post(
            pair.crm_url + path, data=form, headers={"X-API-KEY": pair.api_key}, timeout=20
        )
        assert answer.ok, answer.text
    options = ("--url" if command == "calls" else "--crm-url", pair.crm_url)
    for way in ((), ("--json",)):
        told = run(command, *options, *way)
        assert pair.api_key[-4:] in told
        assert pair.api_key not in told
        assert client not in told
        assert pair.api_key in run(command, *options, *way, "--show-secrets")


def test_no_error_tells_a_password() -> None:
    told = run("calls", "--url", f"http://me:{COOKIE}@127.0.0.1:9/?apiKey={KEY}")
    assert "does not answer" in told
    assert COOKIE not in told
    assert KEY not in told


def test_a_verdict_has_secrets_only_when_it_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        f"title: Mine\nsteps:\n- send: users\n  query: {{apiKey: {KEY}}}\n  api-key: ''\n"
        "- expect: crm answers users\n  status: 418\n  proves: CRM-EVENT-01\n"
    )
    for options, seen in (([], False), (["--show-secrets"], True)):
        har = tmp_path / "r.har"
        run("check", str(file), "--har", str(har), *options)
        assert (KEY in har.read_text()) is seen


def test_a_call_is_told_without(pair: BuiltIn) -> None:
    pair.ends.pbx.post("/register")
    asked = (
        "call",
        "--from",
        f"http://me:{COOKIE}@h",
        "--to",
        "+7-499-999-99-99",
        "--pbx-url",
        pair.pbx_url,
    )
    assert COOKIE not in run(*asked)
    assert COOKIE in run(*asked, "--show-secrets")
