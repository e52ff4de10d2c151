"""The history as managers look through it and play it."""

import re

import pytest
from flask import Response

from tests.crm.desk.browsing import Browser, Listener
from tests.support import Account, call_item

SOUND = Response(bytes(range(100)), 200, content_type="audio/mpeg")


@pytest.fixture
def filled(registered: Account) -> Account:
    """Three calls: c-1 of yesterday, c-2 and c-3 of today."""
    calls = (
        call_item("c-1", date="2024-04-30 23:59:59", phone="+7 (912) 000-00-01", code="100", result="busy"),
        call_item("c-2", phone="89120000002", code="200", type="out", result="no answer"),
        call_item("c-3", phone="+79120000003", code="100", result="answered", duration=5),
    )
    assert registered.upload(*calls).get_json()["processedCallsCount"] == 3
    return registered


def listed(page: str) -> list[str]:
    return re.findall(r'<tr id="call-([^"]+)"', page)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["c-3", "c-2", "c-1"]),
        ("phone=8+912+000+00+01", ["c-1"]),
        ("phone=0002", ["c-2"]),
        ("phone=%25", []),
        ("type=out", ["c-2"]),
        ("type=sideways", ["c-3", "c-2", "c-1"]),
        ("result=busy", ["c-1"]),
        ("result=no+answer", ["c-2"]),
        ("manager=1", ["c-3", "c-1"]),
        ("manager=1&result=answered", ["c-3"]),
        ("until=2024-04-30", ["c-1"]),
        ("since=2024-05-01", ["c-3", "c-2"]),
        ("since=2024-05-01&until=2024-05-01&type=in", ["c-3"]),
        ("since=yesterday", ["c-3", "c-2", "c-1"]),
        ("page=2", []),
    ],
)
def test_the_history_is_filtered(filled: Account, asked: str, found: list[str]) -> None:
    assert listed(Browser(filled).sign_in().see(f"/history?{asked}")) == found


def test_pages_keep_what_was_asked(registered: Account) -> None:
    for first in range(0, 60, 30):
        registered.upload(*(call_item(f"c-{number}") for number in range(first, first + 30)))
    page = Browser(registered).sign_in().see("/history?type=in&page=2")
    assert "/history?type=in&amp;page=1" in page
    assert "/history?type=in&amp;page=3" in page


def test_a_call_with_a_recording_has_a_player(filled: Account) -> None:
    filled.upload(call_item("c 4&", recordUrl="http://127.0.0.1:9/4.mp3"))
    page = Browser(filled).sign_in().see("/history")
    assert page.count("<audio") == 1
    assert 'src="/recording?call=c+4%26"' in page


@pytest.fixture
def player(registered: Account, listener: Listener) -> Browser:
    registered.upload(call_item("c-1", recordUrl=f"{listener.address.url}/1.mp3"))
    return Browser(registered).sign_in()


def test_a_recording_is_played_from_the_pbx(
    registered: Account, player: Browser, listener: Listener
) -> None:
    listener.answer = SOUND
    answer = player.client.get("/recording?call=c-1")
    assert (answer.status_code, answer.data, answer.content_type) == (200, bytes(range(100)), "audio/mpeg")
    asked = next(one for one in registered.crm.journal.since() if "/1.mp3" in one.request.url)
    assert "clientId=" in asked.request.url


def test_a_player_that_seeks_gets_the_part(
    registered: Account, player: Browser, listener: Listener
) -> None:
    heads = {"Content-Range": "bytes 20-24/100", "Accept-Ranges": "bytes"}
    listener.answer = Response(bytes(5), 206, heads, content_type="audio/mpeg")
    answer = player.client.get("/recording?call=c-1", headers={"Range": "bytes=20-24"})
    assert (answer.status_code, len(answer.data)) == (206, 5)
    assert {name: answer.headers[name] for name in heads} == heads
    asked = next(one for one in registered.crm.journal.since() if "/1.mp3" in one.request.url)
    assert asked.request.header("Range") == "bytes=20-24"


@pytest.mark.parametrize(
    ("given", "status", "why"),
    [
        (Response("gone", 404), 404, "The PBX answered 404."),
        (
            Response("<script>", 200, content_type="text/html"),
            502,
            "The PBX sent text/html, which is no audio.",
        ),
        (Response("", 200, content_type="audio/mpeg"), 502, "The recording is empty."),
    ],
)
def test_why_a_recording_cannot_be_heard_is_said(
    player: Browser, listener: Listener, given: Response, status: int, why: str
) -> None:
    listener.answer = given
    answer = player.client.get("/recording?call=c-1")
    assert (answer.status_code, answer.get_data(as_text=True)) == (status, why)
    assert answer.mimetype == "text/plain"


def test_a_pbx_that_is_not_there_is_told(registered: Account) -> None:
    registered.upload(call_item("c-1", recordUrl="http://127.0.0.1:9/1.mp3"))
    answer = Browser(registered).client.get("/recording?call=c-1")
    assert answer.status_code == 404
    assert "The PBX gave no answer" in answer.get_data(as_text=True)
    assert "no recording" in Browser(registered).see("/recording?call=other", status=404)
