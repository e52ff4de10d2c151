"""The pages of the journal, of a call and of an exchange, as the end writes them."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
import requests
from markupsafe import escape

from callproof.control.client import Ends
from callproof.running.pair import BuiltIn, built_in

SCRIPT = "<script>alert(1)</script>"
CALLER, LINE = "+79161234567", "+7-499-999-99-99"


@pytest.fixture(scope="module")
def pair() -> Iterator[BuiltIn]:
    """After one answered call, a refused request and one from a caller with a strange name."""
    with built_in() as pair:
        pair.ends.pbx.post("/register")
        _call(pair.ends, CALLER)
        _call(pair.ends, SCRIPT)
        _event(pair, '{"type": "sideways"}')
        yield pair


def _event(pair: BuiltIn, event: str) -> None:
    url, key = f"{pair.crm_url}/api/v5/telephony/call/event", {"X-API-KEY": pair.api_key}
    requests.post(url, headers=key, data={"event": event}, timeout=10)


def _call(ends: Ends, caller: str) -> None:
    ends.pbx.post("/calls", {"from": caller, "to": LINE, "script": {"after": 2, "talk": 20}})
    ends.pass_time(60)


def _page(url: str, **query: str) -> str:
    answer = requests.get(url, params=query, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_call_is_one_line(pair: BuiltIn) -> None:
    page = _page(f"{pair.crm_url}/bench", phone="9161234567")
    assert page.count("<li id=") == 1
    assert "calls-upload" in page


def test_a_finding_and_its_remedy_are_sentences_of_their_own(pair: BuiltIn) -> None:
    findings = [one for entry in pair.ends.crm.journal().entries for one in entry.findings if one.remedy]
    words = " ".join(re.sub(r"<[^>]+>", " ", _page(f"{pair.crm_url}/bench", finding="violation")).split())
    assert any(str(escape(f"{one.message.rstrip('.')}. {one.remedy}")) in words for one in findings)


def test_calls_without_an_id_are_told_by_their_newest_finding() -> None:
    with built_in() as pair:
        _event(pair, '{"phone":"+79160000000","type":"in","codes":["100"]}')
        pair.ends.pbx.post("/register")
        _event(pair, '{"phone":"+79160000000","type":"hangup","codes":["100"],"hangupStatus":"no answer"}')
        page = _page(f"{pair.crm_url}/bench", phone="9160000000", finding="hangupStatus")
    assert page.count("<li id=") == 1
    assert "is none of" in page
    assert "Telephony not enabled" not in page


def test_a_request_that_belongs_to_no_call_is_a_line(pair: BuiltIn) -> None:
    assert _page(f"{pair.crm_url}/bench", method="module-edit").count("<li id=") == 1


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ({"status": "400"}, 1),
        ({"status": "4xx"}, 1),
        ({"refused": "1"}, 1),
        ({"finding": "CRM-EVENT"}, 0),
        ({"finding": "violation"}, 1),
        ({"phone": "9161234567", "refused": "1"}, 0),
        ({"method": "nothing-like-it"}, 0),
        ({"status": "none"}, 0),
    ],
)
def test_filters_stand_in_the_address(pair: BuiltIn, asked: dict[str, str], lines: int) -> None:
    assert _page(f"{pair.crm_url}/bench", **asked).count("<li id=") == lines


def test_what_a_caller_sent_is_text(pair: BuiltIn) -> None:
    pages = [_page(f"{pair.crm_url}/bench"), _page(f"{pair.crm_url}/bench", phone=SCRIPT)]
    for page in pages:
        assert SCRIPT not in page
    assert "&lt;script&gt;" in pages[0]


def test_the_newest_exchange_has_an_address(pair: BuiltIn) -> None:
    page = _page(f"{pair.crm_url}/bench/latest")
    assert "sideways" in page
    assert "curl" in page
    assert "/bench/rows/" in page


def test_a_finding_leads_to_its_row_and_a_message_to_its_schema(pair: BuiltIn) -> None:
    page = _page(f"{pair.crm_url}/bench/latest")
    row = page.partition('href="/bench/rows/')[2].partition('"')[0]
    assert row in _page(f"{pair.crm_url}/bench/rows/{row}")
    for name in ("payloads/call-event", "answers/call-event"):
        assert f"/bench/schemas/{name}" in page
        assert "properties" in _page(f"{pair.crm_url}/bench/schemas/{name}")


@pytest.mark.parametrize(
    "path", ["exchanges/0", "rows/CRM-NOTHING-99", "schemas/../../pyproject", "calls/nobody", "ladder.txt"]
)
def test_what_is_not_there_is_said(pair: BuiltIn, path: str) -> None:
    assert requests.get(f"{pair.crm_url}/bench/{path}", timeout=10).status_code == 404


def test_a_row_or_schema_that_is_not_there_is_called_so(pair: BuiltIn) -> None:
    for name in ("row", "schema"):
        told = requests.get(f"{pair.crm_url}/bench/{name}s/NOPE", timeout=10).text
        assert f"no {name} of this name" in told


@pytest.mark.parametrize("end", ["crm", "pbx"])
def test_a_call_has_its_ladder_at_both_ends(pair: BuiltIn, end: str) -> None:
    url = pair.crm_url if end == "crm" else pair.pbx_url
    page = _page(f"{url}/bench/calls/{CALLER}")
    for words in ("calls", "call-event in", "call-event hangup", "calls-upload answered 20 s"):
        assert words in page
    assert "card closes" in page


def test_a_ladder_is_also_a_text_and_a_picture(pair: BuiltIn) -> None:
    text = _page(f"{pair.pbx_url}/bench/ladder.txt", call=CALLER)
    assert "customer" in text.splitlines()[1]
    picture = _page(f"{pair.pbx_url}/bench/ladder.svg", call=CALLER)
    assert ElementTree.fromstring(picture).tag.endswith("svg")


def test_a_reset_empties_the_pages() -> None:
    with built_in() as pair:
        pair.ends.pbx.post("/register")
        assert "module-edit" in _page(f"{pair.crm_url}/bench")
        pair.ends.crm.reset()
        page = _page(f"{pair.crm_url}/bench")
        assert "module-edit" not in page
        assert "callproof call" in page


@pytest.mark.parametrize("event", ["{}", '{"type": []}', '{"type": {"a": 1}}', "[]", "1", "no JSON"])
def test_an_event_without_a_type_is_shown_as_any_other(event: str) -> None:
    with built_in() as pair:
        _event(pair, event)
        assert "call-event" in _page(f"{pair.crm_url}/bench")
