"""``callproof replay``: a request of the journal goes out again, as it was or as it was edited."""

import shlex
import sys
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import requests
from click.testing import CliRunner

from callproof.cli import main
from callproof.cli.editing import read, written
from callproof.errors import Misuse
from callproof.exchange.exchange import Body, Request
from callproof.running.pair import BuiltIn

EVENT = "/api/v5/telephony/call/event"
KEY = "0123456789abcdef"
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def posted(body: str, *headers: tuple[str, str], url: str = "http://crm/x") -> Request:
    return Request("POST", url, headers, Body(body.encode()))


@pytest.mark.parametrize(
    "request_",
    [
        posted("event=%7B%22phone%22%3A%22%2B7+912%22%7D&note=a%3Db", FORM),
        posted("apiKey=" + KEY + "&a=", FORM, ("X-API-KEY", "another-key-of-16")),
        posted('{"apiKey": "0123456789abcdef"}\n\nmore', ("Content-Type", "application/json")),
        posted("", ("X-API-KEY", "k/e+y with=signs")),
        posted("", url=f"http://crm/x?apiKey={KEY}&y=1"),
        posted("two%0Alines=1&b=2", FORM),
        posted("not a form", FORM),
    ],
    ids=["form", "two keys", "JSON", "signs", "query", "two lines", "no form"],
)
def test_what_is_left_alone_is_sent_as_it_was_and_shows_no_key(request_: Request) -> None:
    text = written(request_)
    assert KEY not in text
    assert "another-key" not in text
    again = read(text, request_)
    assert (again.method, again.url, again.headers) == (request_.method, request_.url, request_.headers)
    before, after = (
        parse_qsl(found.body.text or "", keep_blank_values=True) for found in (request_, again)
    )
    assert after == before
    assert before or again.body == request_.body


def test_a_form_is_edited_field_by_field() -> None:
    asked = posted("event=%7B%22phone%22%3A%22%2B7%22%7D&code=1", FORM)
    text = written(asked)
    assert text.endswith('\n\nevent={"phone":"+7"}\ncode=1\n')
    edited = read(text.replace('{"phone":"+7"}', '{\n  "phone": "+8 1"\n}'), asked)
    assert parse_qsl(edited.body.text or "") == [("event", '{\n  "phone": "+8 1"\n}'), ("code", "1")]


def test_verb_address_and_headers_can_be_edited_and_a_key_be_written() -> None:
    asked = posted("", ("X-API-KEY", KEY))
    edited = read("put http://pbx/y\r\nX-API-KEY: mine\r\nX-More: 1\r\n\r\n", asked)
    assert edited == Request("PUT", "http://pbx/y", (("X-API-KEY", "mine"), ("X-More", "1")), Body(b""))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The first line has to be a verb and an address"),
        ("POST /x\n\n", "not 'POST /x'"),
        ("GET http://x\nno header\n\n", "Line 2 has to be a header"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_line(text: str, said: str) -> None:
    with pytest.raises(Misuse, match=said):
        read(text, posted(""))


def test_what_is_no_text_is_not_edited() -> None:
    with pytest.raises(Misuse, match="cannot be edited"):
        written(Request("POST", "http://x", (), Body(b"\xff\xfe")))


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.output


@pytest.fixture
def number(pair: BuiltIn) -> str:
    """The number of an event in the CRM's journal."""
    event = '{"type": "in", "phone": "+7 912 345-67-89", "codes": ["100"]}'
    url, headers = f"{pair.crm_url}{EVENT}", {"X-API-KEY": pair.api_key}
    assert requests.post(url, data={"event": event}, headers=headers, timeout=20).ok
    return str(pair.crm.journal.last_id)


def test_a_request_is_sent_again_with_its_key(pair: BuiltIn, number: str) -> None:
    code, output = run("replay", number, "--url", pair.crm_url)
    assert (code, output.splitlines()[0]) == (0, f"POST {pair.crm_url}{EVENT} -> 200")
    first, again = list(pair.crm.journal.since())[-2:]
    assert again.request.body == first.request.body
    assert again.request.header("x-api-key") == pair.api_key
    assert not again.by_bench


def test_it_is_edited_and_a_refusal_is_told(
    pair: BuiltIn, number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, script = tmp_path / "seen", tmp_path / "editor.py"
    script.write_text(
        "import os, sys, pathlib\n"
        "file = pathlib.Path(sys.argv[1]); text = file.read_text()\n"
        f"pathlib.Path({str(seen)!r}).write_text(text)\n"
        "file.write_text(text.replace('\"in\"', '\"nonsense\"')); os.utime(file, (9, 9))\n"
    )
    monkeypatch.setenv("EDITOR", shlex.join([sys.executable, str(script)]))
    code, output = run("replay", number, "--edit", "--url", pair.crm_url)
    assert (code, " -> 400\n" in output) == (1, True)
    assert pair.api_key not in seen.read_text() + output
    found = list(pair.crm.journal.since())[-1]
    assert "nonsense" in (found.request.body.text or "")
    assert found.request.header("x-api-key") == pair.api_key


def test_without_a_change_nothing_is_sent(
    pair: BuiltIn, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    code, output = run("replay", number, "--edit", "--url", pair.crm_url)
    assert (code, output) == (
        1,
        "callproof: The request was not saved in the editor, so nothing was sent.\n",
    )
    assert str(pair.crm.journal.last_id) == number


def test_what_is_not_in_the_journal_is_told(pair: BuiltIn) -> None:
    code, output = run("replay", "99", "--url", pair.crm_url)
    assert (code, output.startswith("callproof: The journal of the CRM has no exchange 99")) == (1, True)


def test_what_went_out_goes_to_the_other_side_or_nobody_is_there(pair: BuiltIn) -> None:
    pair.pbx.engine.place_incoming("+7 912 345-67-89", "+7-499-999-99-99")
    requests.post(f"{pair.pbx_url}/_bench/clock", json={"advance": 1}, timeout=20)
    sent = next(e for e in pair.pbx.journal.since() if e.request.url.endswith(EVENT))
    before = pair.crm.journal.last_id
    assert run("replay", str(sent.id), "--end", "pbx", "--url", pair.pbx_url)[0] == 0
    assert pair.crm.journal.last_id == before + 1
    code, output = run("replay", "1", "--url", "http://127.0.0.1:9")
    assert (code, "does not answer" in output) == (3, True)


@pytest.mark.parametrize("number", ["abc", "0", "-1", "²"])
def test_what_is_no_number_is_told_what_it_should_be(number: str) -> None:
    code, output = run("replay", "--", number)
    assert (code, "ID is the number of a journal entry" in output) == (2, True)
