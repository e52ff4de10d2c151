"""Faults, clock and state from the page, at one end and at both."""

import html
import re
from collections.abc import Iterator

import pytest
import requests

from callproof.running.pair import BuiltIn, built_in
from tests.bench.forms import Visitor

PAGE = "/bench/controls"


@pytest.fixture
def pair() -> Iterator[BuiltIn]:
    with built_in() as pair:
        pair.ends.pbx.post("/register")
        yield pair


@pytest.fixture
def pbx(pair: BuiltIn) -> Visitor:
    return Visitor(pair.pbx_url)


def test_the_page_says_what_time_it_is_and_what_there_is(pbx: Visitor) -> None:
    page = pbx.page(PAGE)
    assert "2024-05-01 12:00:00" in page
    assert "Everything works." in page
    assert "openCalls" in page


def test_a_manual_clock_is_stepped_and_moved_to_what_is_due(pair: BuiltIn, pbx: Visitor) -> None:
    assert "2024-05-01 12:01:30" in pbx.send(PAGE, f"{PAGE}/clock", advance="90s")
    pair.ends.pbx.post("/calls", {"from": "+79161234567", "to": "+7-499-999-99-99", "script": {"after": 7}})
    due = pair.ends.pbx.clock().next
    assert due is not None
    pbx.send(PAGE, f"{PAGE}/clock", to="next")
    assert pair.ends.pbx.clock().now == due


def test_what_is_no_time_is_said(pbx: Visitor) -> None:
    assert "is no time; write 90s, 10m or 2h" in pbx.send(PAGE, f"{PAGE}/clock", advance="soon")


def test_a_fault_is_switched_on_with_its_limits_and_off(pair: BuiltIn, pbx: Visitor) -> None:
    page = pbx.send(PAGE, f"{PAGE}/fault", fault="pbx-refuses-calls", first="2")
    assert "Let everything work again" in page
    assert pair.pbx.faults.active()[0][0].first == 2
    assert "Everything works." in pbx.send(PAGE, f"{PAGE}/mend", fault="pbx-refuses-calls")


def test_a_fault_that_is_none_is_said(pbx: Visitor) -> None:
    assert "There is no fault" in pbx.send(PAGE, f"{PAGE}/fault", fault="nothing")


def test_a_reset_is_of_both_ends_where_that_is_asked(pair: BuiltIn, pbx: Visitor) -> None:
    pbx.send(PAGE, f"{PAGE}/reset")
    assert len(pair.ends.crm.state()["modules"]) == 1
    pbx.send(PAGE, f"{PAGE}/reset", both="1")
    assert pair.ends.crm.state()["modules"] == []
    pbx.send(PAGE, f"{PAGE}/register")
    assert len(pair.ends.crm.state()["modules"]) == 1


def test_another_seed_is_a_whole_number(pbx: Visitor) -> None:
    assert "is no whole number" in pbx.send(PAGE, f"{PAGE}/seed", seed="seven")
    assert "said" not in pbx.send(PAGE, f"{PAGE}/seed", seed="7").partition("<main")[2]


def test_a_snapshot_is_kept_and_brought_back_at_both_ends(pair: BuiltIn, pbx: Visitor) -> None:
    assert "before lunch" in pbx.send(PAGE, f"{PAGE}/snapshot", name="before lunch", both="1")
    pbx.send(PAGE, f"{PAGE}/reset", both="1")
    pbx.send(PAGE, f"{PAGE}/restore", name="before lunch", both="1")
    assert len(pair.ends.crm.state()["modules"]) == 1


def test_an_exchange_is_sent_again_after_editing(pair: BuiltIn) -> None:
    crm = Visitor(pair.crm_url)
    page = crm.page("/bench/latest")
    number = page.partition('href="/bench/exchanges/')[2].partition("#again")[0]
    fields = {"method": "GET", "url": "/api/v5/telephony/manager?phone=1", "from": number}
    told = crm.send(
        f"/bench/exchanges/{number}", "/bench/again", **fields, headers=f"X-API-KEY: {pair.api_key}"
    )
    assert "manager-lookup" in told.partition("<h1>")[2].partition("</h1>")[0]
    assert (
        crm.send(f"/bench/exchanges/{number}", "/bench/again", **fields, headers="no colon here").count(
            "has no colon"
        )
        == 1
    )


def test_a_form_is_edited_as_text_and_encoded_when_it_is_sent(pair: BuiltIn) -> None:
    event = '{"phone":"+7-555-555-55-55","type":"in","codes":["100"]}'
    key = {"X-API-KEY": pair.api_key}
    requests.post(
        f"{pair.crm_url}/api/v5/telephony/call/event", headers=key, data={"event": event}, timeout=10
    )
    crm = Visitor(pair.crm_url)
    last = pair.crm.journal.since()[-1]
    page = f"/bench/exchanges/{last.id}"
    (shown,) = re.findall(r'<textarea name="body"[^>]*>\s*(.*?)</textarea>', crm.page(page), re.DOTALL)
    assert html.unescape(shown) == f"event={event}"
    headers = "\r\n".join(f"{name}: {value}" for name, value in last.request.headers)
    sent = {"method": "POST", "url": "/api/v5/telephony/call/event", "headers": headers, "fields": "1"}
    crm.send(page, "/bench/again", **sent, body=html.unescape(shown).replace("555", "556"))
    again = pair.crm.journal.since()[-1].request
    assert again.body.content == last.request.body.content.replace(b"555", b"556")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"url": "api/v5"}, "The address must begin with / or http://"),
        ({"method": "GE T"}, "The method is letters only"),
    ],
)
def test_what_cannot_be_sent_again_is_said_in_plain_words(
    pair: BuiltIn, wrong: dict[str, str], told: str
) -> None:
    sent = {"method": "GET", "url": "/", **wrong}
    assert told in Visitor(pair.crm_url).send("/bench/exchanges/1", "/bench/again", **sent, **{"from": "1"})


def test_the_same_goes_to_the_other_end(pair: BuiltIn) -> None:
    pbx = Visitor(pair.pbx_url)
    number = pair.pbx.journal.last_id
    url = f"{pair.crm_url}/api/v5/telephony/manager?phone=1"
    told = pbx.send(
        f"/bench/exchanges/{number}", "/bench/again", method="GET", url=url, **{"from": str(number)}
    )
    assert "403" in told.partition("<h1>")[2].partition("</h1>")[0]
    assert pair.crm.journal.since()[-1].request.url == url


def test_no_host_is_asked_that_the_end_may_not_ask(pair: BuiltIn) -> None:
    crm = Visitor(pair.crm_url)
    number = str(pair.crm.journal.last_id)
    url = "http://elsewhere.example/"
    told = crm.send(f"/bench/exchanges/{number}", "/bench/again", method="GET", url=url, **{"from": number})
    assert "is not this machine" in told
