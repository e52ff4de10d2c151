"""What all pages share: their safety, their language, and how they hear of changes."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from callproof.clocks.machine import monotonic
from callproof.clocks.manual import ManualClock
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.exchange.exchange import Exchange, Request
from callproof.exchange.journal import Journal
from callproof.pbx.app import create_app as pbx_app
from callproof.pbx.pbx import Pbx
from callproof.pbx.settings import PbxSettings
from callproof.web import texts
from callproof.web.pulse import PAUSE, Pulse
from callproof.web.site import stream
from tests.support import KEY

TOKEN = "tell-nobody"
# Of an end at an address without a port.
COOKIE = "callproof_crm_localhost"


def app(token: str = "") -> Flask:
    return create_app(Crm(CrmSettings(api_key=KEY, base_url="http://localhost"), ManualClock()), token)


@pytest.fixture
def client() -> FlaskClient:
    return app().test_client()


def csrf(client: FlaskClient, path: str = "/") -> str:
    page = client.get(path).get_data(as_text=True)
    return page.partition('name="csrf" value="')[2].partition('"')[0]


def test_a_page_says_what_it_is(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    for words in ("For tests only", "memory", "http://localhost", "***KKKK"):
        assert words in page
    assert KEY not in page
    assert KEY in client.get("/?secrets=1").get_data(as_text=True)


def test_a_page_has_nothing_inline_and_lets_nothing_in_from_elsewhere(client: FlaskClient) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = answer.get_data(as_text=True)
    assert " style=" not in page
    assert " onclick=" not in page


def test_an_open_page_asks_for_its_content_alone(client: FlaskClient) -> None:
    page = client.get("/", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in page
    assert "<h1>" in page


@pytest.mark.parametrize(
    ("headers", "token"),
    [({}, ""), ({}, "wrong"), ({"Origin": "http://elsewhere.example"}, None)],
    ids=["none", "wrong", "elsewhere"],
)
def test_a_form_without_its_token_does_nothing(
    client: FlaskClient, headers: dict[str, str], token: str | None
) -> None:
    sent = {"csrf": csrf(client) if token is None else token, "language": "ru"}
    answer = client.post("/language", data=sent, headers=headers)
    assert (answer.status_code, "Nothing was done" in answer.get_data(as_text=True)) == (403, True)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("ru-RU,ru;q=0.9,en;q=0.8", "ru"), ("de,en;q=0.5", "en"), ("", "en"), ("fr", "en")],
)
def test_the_browser_says_which_language(client: FlaskClient, accepted: str, language: str) -> None:
    page = client.get("/", headers={"Accept-Language": accepted}).get_data(as_text=True)
    assert f'<html lang="{language}">' in page


def test_a_language_that_was_chosen_by_hand_stays(client: FlaskClient) -> None:
    sent = {"csrf": csrf(client), "language": "ru", "back": "/"}
    assert client.post("/language", data=sent).status_code == 303
    assert '<html lang="ru">' in client.get("/").get_data(as_text=True)


@pytest.mark.parametrize("back", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere"])
def test_the_way_back_leads_to_no_other_site(client: FlaskClient, back: str) -> None:
    sent = {"csrf": csrf(client), "language": "en", "back": back}
    assert client.post("/language", data=sent).headers["Location"] == "/"


def test_a_link_from_elsewhere_replaces_no_cookie(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Sec-Fetch-Site": "cross-site"})
    assert "Set-Cookie" not in answer.headers
    assert 'http-equiv="refresh"' in answer.get_data(as_text=True)


def test_cookies_are_strict_and_named_by_the_port(client: FlaskClient) -> None:
    cookie = client.get("/").headers["Set-Cookie"]
    assert cookie.startswith("callproof_crm_")
    assert "SameSite=Strict" in cookie
    assert "HttpOnly" in cookie


def test_the_control_token_opens_the_pages() -> None:
    client = app(TOKEN).test_client()
    page = client.get("/")
    assert page.status_code == 403
    assert KEY not in page.get_data(as_text=True)
    for told, status in (("guess", 403), (TOKEN, 303)):
        sent = {"csrf": csrf(client), "token": told}
        assert client.post("/unlock", data=sent).status_code == status
    assert client.get("/").status_code == 200


def test_a_page_outlives_a_restart() -> None:
    before, after = app().test_client(), app().test_client()
    token = csrf(before)
    cookie = before.get_cookie(COOKIE)
    assert cookie is not None
    after.set_cookie(COOKIE, cookie.value)
    assert after.post("/language", data={"csrf": token, "language": "ru"}).status_code == 303


def test_every_text_is_there_in_every_language() -> None:
    for key, found in texts.known().items():
        assert set(found) == set(texts.LANGUAGES), key
        assert all(found.values()), key


def test_a_text_that_nobody_wrote_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        texts.Texts("en")("nobody.wrote-this")


@pytest.fixture
def pulse() -> Iterator[Pulse]:
    found = Pulse(Journal())
    yield found
    found.close()


def test_a_stream_hears_of_each_change_and_is_silent_otherwise(pulse: Pulse) -> None:
    beats = pulse.beats(silence=0.01)
    assert next(beats) is None
    pulse.bump()
    assert next(beats) == 1
    assert next(beats) is None


def test_a_page_misses_nothing_from_the_first_line_on(pulse: Pulse) -> None:
    lines = stream(pulse.beats(silence=0.01))
    assert next(lines) == b"retry: 500\n\n"
    pulse.bump()
    assert next(lines) == b"data: 1\n\n"


def test_a_burst_of_changes_is_told_in_pauses(pulse: Pulse) -> None:
    beats = pulse.beats(silence=0.01)
    assert next(beats) is None
    pulse.bump()
    assert next(beats) == 1
    told = monotonic()
    for _ in range(5):
        pulse.bump()
    assert next(beats) == 6
    assert monotonic() - told >= PAUSE / 2


def test_all_streams_end_with_the_end(pulse: Pulse) -> None:
    heard: list[int | None] = []
    thread = threading.Thread(target=lambda: heard.extend(pulse.beats(silence=60)))
    thread.start()
    pulse.close()
    thread.join(10)
    assert not thread.is_alive()


def test_they_end_too_when_nobody_may_wait_for_the_journal() -> None:
    journal = Journal()
    beats = Pulse(journal).beats(silence=60)
    journal.write(Exchange(0.0, "in", Request("GET", "http://crm"), None))
    thread = threading.Thread(target=lambda: list(beats))
    thread.start()
    journal.interrupt()
    thread.join(10)
    assert not thread.is_alive()


OF_BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
OF_JAVA = {"Accept": "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/nope", OF_BROWSER),
        ("/v5/orders", {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}),
        ("/apple-touch-icon.png", {"Sec-Fetch-Mode": "no-cors"}),
        ("/favicon.ico", {}),
        ("/customers/x/nope", OF_BROWSER),
    ],
)
@pytest.mark.parametrize("end", ["crm", "pbx"])
def test_a_browser_that_finds_no_page_is_told_so_and_nobody_is_judged(
    end: str, path: str, headers: dict[str, str]
) -> None:
    made, journal = ends()[end]
    answer = made.test_client().get(path, headers=headers)
    assert (answer.status_code, "There is no such page" in answer.get_data(as_text=True)) == (404, True)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert journal.last_id == 0


@pytest.mark.parametrize(
    ("verb", "path", "headers"),
    [
        ("GET", "/v5/telephony/manager", {}),
        ("GET", "/v5/telephony/manager", OF_JAVA),
        ("GET", "/v5/telephony/manager", {"Sec-Fetch-Mode": "cors"}),
        ("GET", "/api/v6/nope", OF_BROWSER),
        ("POST", "/v5/telephony/call/event", OF_BROWSER),
        ("GET", "//api/v5/telephony/manager", {}),
    ],
)
def test_a_program_with_a_wrong_address_is_judged(verb: str, path: str, headers: dict[str, str]) -> None:
    made, journal = ends()["crm"]
    answer = made.test_client().open(path, method=verb, headers=headers)
    assert answer.mimetype == "application/json"
    [entry] = journal.since()
    assert entry.findings


def test_a_page_that_is_not_there_is_locked_like_all_others() -> None:
    answer = app(TOKEN).test_client().get("/nope", headers=OF_BROWSER)
    assert (answer.status_code, KEY in answer.get_data(as_text=True)) == (403, False)


def ends() -> dict[str, tuple[Flask, Journal]]:
    crm = Crm(CrmSettings(api_key=KEY, base_url="http://localhost"), ManualClock())
    pbx = Pbx(PbxSettings("http://localhost", "http://crm", KEY), ManualClock())
    return {"crm": (create_app(crm), crm.journal), "pbx": (pbx_app(pbx), pbx.journal)}
