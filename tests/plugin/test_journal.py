"""Assertions on a journal: what they count, how they wait, what they say."""

import re
import time
from threading import Thread, Timer
from time import monotonic

import orjson
import pytest
import requests

from callproof.contract.jsontypes import Json, JsonObject
from callproof.face.crm import RunningCrm

PHONE = "+7 912 345-67-89"


def report(crm: RunningCrm, **event: Json) -> requests.Response:
    whole: JsonObject = {"phone": PHONE, "type": "hangup", "codes": ["100"], **event}
    return requests.post(
        f"{crm.url}/api/v5/telephony/call/event",
        data={"event": orjson.dumps(whole)},
        headers={"X-API-KEY": crm.api_key},
        timeout=5,
    )


def failure(crm: RunningCrm, with_: Json = None, **more: int) -> str:
    with pytest.raises(AssertionError) as caught:
        crm.journal.assert_received("call-event", with_, within=0, **more)
    return str(caught.value)


@pytest.fixture
def connected(crm: RunningCrm) -> RunningCrm:
    crm.connect_telephony()
    return crm


def test_the_request_that_matches_is_returned(connected: RunningCrm) -> None:
    report(connected, hangupStatus="no answered")
    found = connected.journal.assert_received("call-event", {"phone": {"$phone": "8 912 345 67 89"}})
    assert (found.status, found.answer) == (200, {"success": True})
    assert isinstance(found.params, dict)
    assert found.params["codes"] == ["100"]


def test_with_times_so_many_are_returned(connected: RunningCrm) -> None:
    for _ in range(2):
        report(connected, hangupStatus="busy")
    assert len(connected.journal.assert_received("call-event", times=2)) == 2
    assert connected.journal.assert_received("call-event", {"type": "in"}, times=0, within=0) == []
    assert "expected a call-event at the CRM, found 2:\n    2 call-event: POST /api" in failure(connected)


def test_too_few_are_shown_with_the_nearest_of_the_others(connected: RunningCrm) -> None:
    report(connected, hangupStatus="busy")
    report(connected, hangupStatus="failed")
    said = failure(connected, {"hangupStatus": "busy"}, times=2)
    assert said.startswith("expected 2 call-event at the CRM, found 1:\n    2 call-event: ")
    assert said.endswith("-> 200:\n    hangupStatus is 'failed', expected 'busy'")


def test_a_request_that_is_still_under_way_is_waited_for(connected: RunningCrm) -> None:
    timer = Timer(0.05, report, (connected,), {"hangupStatus": "busy"})
    timer.start()
    began = monotonic()
    connected.journal.assert_received("call-event", within=60)
    assert monotonic() - began < 30
    timer.join()


def test_a_miss_is_told_in_its_time_though_the_clock_of_the_test_stands(
    connected: RunningCrm, monkeypatch: pytest.MonkeyPatch
) -> None:
    stands = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: stands)
    with pytest.raises(AssertionError, match="Nothing was received at all"):
        connected.journal.assert_received("call-event", within=0.1)


def test_what_comes_too_soon_is_an_unwanted_request(connected: RunningCrm) -> None:
    connected.journal.assert_not_received("call-event")
    thread = Thread(target=report, args=(connected,), kwargs={"hangupStatus": "busy"})
    thread.start()
    with pytest.raises(AssertionError, match=r"expected no such call-event, but received:\n    2 call-ev"):
        connected.journal.assert_not_received("call-event", {"hangupStatus": "busy"}, within=60)
    thread.join()


def test_the_nearest_miss_is_shown_member_by_member(connected: RunningCrm) -> None:
    report(connected, hangupStatus="busy")
    report(connected, hangupStatus="busy", phone="+7 912 000-00-00", type="in")
    assert failure(connected, {"type": "hangup", "hangupStatus": "no answered"}) == (
        "expected a call-event at the CRM, found none that matches.\n"
        "The nearest, 2 call-event: POST /api/v5/telephony/call/event -> 200:\n"
        "    hangupStatus is 'busy', expected 'no answered'\n"
        "All that came:\n"
        "    2 call-event: POST /api/v5/telephony/call/event -> 200\n"
        "    3 call-event: POST /api/v5/telephony/call/event -> 200"
    )


def test_what_the_crm_refused_does_not_count_and_says_why(crm: RunningCrm) -> None:
    report(crm, hangupStatus="busy")
    said = failure(crm, {"hangupStatus": "busy"})
    assert "it was refused with 400: Telephony not enabled" in said
    assert "First register a module with integrations.telephony and active true." in said
    refused = crm.journal.assert_received("call-event", {"hangupStatus": "busy"}, status=400)
    assert refused in crm.journal.requests("call-event")


def test_other_requests_are_listed_when_there_was_none_of_the_kind(crm: RunningCrm) -> None:
    assert failure(crm).endswith("Nothing was received at all.")
    requests.get(f"{crm.url}/api/v5/users?limit=20", headers={"X-API-KEY": crm.api_key}, timeout=5)
    requests.get(f"{crm.url}/somewhere", timeout=5)
    assert failure(crm).endswith(
        "There was no call-event at all; received:\n"
        "    1 users: GET /api/v5/users?limit=20 -> 200\n"
        "    2 (no method of the contract): GET /somewhere -> 404"
    )


def test_a_body_that_cannot_be_read_is_a_miss(crm: RunningCrm) -> None:
    requests.post(
        f"{crm.url}/api/v5/telephony/call/event",
        data={"event": "{"},
        headers={"X-API-KEY": crm.api_key},
        timeout=5,
    )
    assert "it could not be read" in failure(crm, {"type": "in"})


def test_what_the_test_itself_did_is_not_in_the_journal(crm: RunningCrm) -> None:
    crm.add_customer(PHONE)
    crm.connect_telephony()
    crm.customers()
    assert crm.journal.exchanges == []


def test_the_journal_can_be_cleared(connected: RunningCrm) -> None:
    report(connected, hangupStatus="busy")
    connected.journal.clear()
    assert connected.journal.requests() == []
    report(connected, hangupStatus="busy")
    connected.journal.assert_received("call-event")


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ("call-evnt", "The contract has no method 'call-evnt'; did you mean 'call-event'?"),
        ("xyz", "The contract has no method 'xyz'; a PBX sends: credentials"),
        ("make-call", "'make-call' is not what a PBX sends"),
    ],
)
def test_a_name_that_no_request_has_is_told_at_once(crm: RunningCrm, operation: str, words: str) -> None:
    for look in (crm.journal.assert_received, crm.journal.assert_not_received, crm.journal.requests):
        with pytest.raises(ValueError, match=re.escape(words)):
            look(operation)
    with pytest.raises(ValueError, match="is not what a CRM sends"):
        crm.journal.sent("call-event")
