"""Secrets are on no page unless it is asked for with them, and forms send what is not shown."""

import json
from collections.abc import Iterator

import pytest
import requests

from callproof.running.pair import BuiltIn, built_in
from tests.bench.forms import Visitor

KEY, CLIENT, COOKIE = "a-key-that-nobody-may-see", "client-that-nobody-0815", "cookie-of-nobody-4711"
HIDDEN = (KEY, CLIENT, COOKIE)
EVENT = "/api/v5/telephony/call/event"


@pytest.fixture
def asked() -> Iterator[BuiltIn]:
    """Secrets in every place of a request that belongs to a call, and the account's own key in another."""
    with built_in() as pair:
        pair.ends.pbx.post("/register")
        event = {"phone": "+79161234567", "type": "in", "codes": ["100"], "clientId": CLIENT}
        requests.post(
            f"{pair.crm_url}{EVENT}?clientId={CLIENT}&x=http%3A%2F%2Fh%2F%3Ftoken%3D{KEY}",
            data={"event": json.dumps({**event, "callExternalId": KEY}), "apiKey": pair.api_key},
            headers={"Cookie": f"session={COOKIE}", "Authorization": f"Bearer {COOKIE}"},
            timeout=20,
        )
        yield pair


def pages(pair: BuiltIn) -> list[str]:
    number = pair.ends.crm.journal(limit=0).last_id
    call = "/bench/calls/%2B79161234567"
    text = "/bench/ladder.txt?call=%2B79161234567"
    return ["/", "/bench", f"/bench/exchanges/{number}", "/bench/latest", "/bench/controls", call, text]


def test_no_page_shows_a_secret(asked: BuiltIn) -> None:
    visitor = Visitor(asked.crm_url)
    for path in pages(asked):
        answer = visitor.get(path)
        for secret in (*HIDDEN, asked.api_key):
            assert secret not in answer.text, path
    assert "***0815" in visitor.page("/bench/latest")
    assert "$CLIENT_ID" in visitor.page("/bench/latest")


def test_a_page_shows_them_when_it_is_asked_to_and_the_next_one_does_not(asked: BuiltIn) -> None:
    visitor = Visitor(asked.crm_url)
    for path in ("/bench/latest", f"/bench/exchanges/{asked.ends.crm.journal(limit=0).last_id}"):
        assert f'href="{path}?secrets=1"' in visitor.page(path)
        shown = visitor.page(f"{path}?secrets=1")
        assert f'href="{path}"' in shown
        for secret in (*HIDDEN, asked.api_key):
            assert secret in shown
        assert CLIENT not in visitor.page(path)


def test_what_is_looked_for_stays_when_secrets_are_shown(asked: BuiltIn) -> None:
    page = Visitor(asked.crm_url).page("/bench?phone=%2B7916&secrets=1")
    assert 'href="/bench?phone=%2B7916"' in page
    assert asked.api_key in page


def field(page: str, name: str) -> str:
    """What stands in a field of the form by which the message is sent again."""
    from html import unescape

    found = page.partition(f'name="{name}"')[2]
    text = found.partition('value="')[2].partition('"')[0] if name == "url" else found.partition(">\n")[2]
    return unescape(text.partition("</textarea>")[0])


@pytest.mark.parametrize("shown", [False, True])
def test_a_message_is_sent_again_with_what_is_not_shown(asked: BuiltIn, shown: bool) -> None:
    visitor = Visitor(asked.crm_url)
    number = asked.ends.crm.journal(limit=0).last_id
    path = f"/bench/exchanges/{number}{'?secrets=1' if shown else ''}"
    page = visitor.page(path)
    texts = {name: field(page, name) for name in ("url", "headers", "body")}
    assert (CLIENT in "".join(texts.values())) is shown
    more = {"shown": "1"} if shown else {}
    visitor.send(path, "/bench/again", method="POST", fields="1", **{"from": str(number)}, **texts, **more)
    before, again = asked.ends.crm.journal(number - 1).entries[:2]
    assert again.request.body == before.request.body
    assert again.request.url.partition("?")[2] == before.request.url.partition("?")[2]
    assert again.request.header("cookie") == f"session={COOKIE}"


def test_what_stars_stood_for_in_a_message_that_is_gone_is_not_guessed(asked: BuiltIn) -> None:
    visitor = Visitor(asked.crm_url)
    last = asked.ends.crm.journal(limit=0).last_id
    sent = {"method": "GET", "url": "/api/v5/users?apiKey=***", "headers": "", "body": "", "from": "999"}
    assert "nobody knows what ***" in visitor.answer("/bench", "/bench/again", **sent).text
    assert asked.ends.crm.journal(limit=0).last_id == last


def test_the_session_is_saved_with_what_was_sent(asked: BuiltIn) -> None:
    saved = Visitor(asked.crm_url).page("/bench/session.yaml")
    assert "call/event" in saved
    assert asked.api_key not in saved
