"""Faults: on which messages they act, what they change, and what a tester sees of it."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
import requests

from callproof.contract.jsontypes import Json
from callproof.contract.operations import Side
from callproof.exchange import altering
from callproof.exchange.exchange import Answer, Body, Request
from callproof.exchange.faults import (
    Change,
    Fault,
    Faults,
    Seam,
    catalogue,
    named,
)
from callproof.running.pair import BuiltIn

FORM = (("Content-Type", altering.FORM),)
EVENT = Request(
    "POST", "http://crm/api", FORM, Body(b'event={"phone":"1","type":"in","codes":["100"]}&site=shop1')
)


def fault(**limits: object) -> Fault:
    return Fault("f", Side.CRM, "", Seam.ANSWERS, ("users",), Change(status=500), **limits)  # type: ignore[arg-type]


def met(found: Fault, messages: int, seed: int = 1) -> list[int]:
    return [number for number in range(1, messages + 1) if found.acts(number, seed, "users")]


def test_a_fault_acts_on_the_first_on_every_nth_or_later_ones() -> None:
    assert met(fault(), 3) == [1, 2, 3]
    assert met(fault(first=2), 4) == [1, 2]
    assert met(fault(every=3), 7) == [3, 6]
    assert met(fault(after=2, first=1), 5) == [3]


def test_a_share_of_messages_follows_from_the_seed() -> None:
    half = fault(share=0.5)
    assert met(half, 100) == met(half, 100)
    assert met(half, 100) != met(half, 100, seed=2)
    assert 30 < len(met(half, 100)) < 70


def test_a_fault_of_several_methods_counts_each_alone() -> None:
    faults = Faults()
    faults.add(replace(fault(first=1), on=("users", "user")))
    asked = ["users", "users", "user", "user", "users"]
    met = [bool(faults.take(Seam.ANSWERS, operation, altering.fits(EVENT))) for operation in asked]
    assert met == [True, False, True, False, False]
    assert [seen for _, seen in faults.active()] == [5]


def test_a_fault_meets_only_its_methods_and_the_members_that_it_wants() -> None:
    faults = Faults()
    faults.add(fault(where={"event.type": "in"}))
    assert faults.take(Seam.ANSWERS, "users", altering.fits(EVENT)) == [Change(status=500)]
    assert faults.take(Seam.ANSWERS, "user", altering.fits(EVENT)) == []
    assert faults.take(Seam.HEARS, "users", altering.fits(EVENT)) == []
    other = Request("POST", "http://crm/api", FORM, Body(b'event={"type":"hangup"}'))
    assert faults.take(Seam.ANSWERS, "users", altering.fits(other)) == []


def test_a_reset_leaves_the_standing_faults_and_counts_anew() -> None:
    faults = Faults(standing=[fault(first=1)])
    faults.add(fault())
    assert faults.take(Seam.ANSWERS, "users", altering.fits(EVENT))
    faults.reset()
    assert [(found.first, seen) for found, seen in faults.active()] == [(1, 0)]
    faults.clear()
    assert not faults


def form(sent: Request) -> Mapping[str, Json]:
    return {name: values[0] for name, values in parse_qs(sent.body.content.decode()).items()}


def test_members_of_a_structure_are_set_and_dropped_and_the_rest_stays() -> None:
    change = Change(set={"event.type": "out", "event.a.b": 1}, drop=("event.codes",))
    changed = form(altering.request(EVENT, change))
    assert orjson.loads(str(changed["event"])) == {"phone": "1", "type": "out", "a": {"b": 1}}
    assert changed["site"] == "shop1"


def test_each_element_of_a_list_is_changed_and_dates_are_shifted() -> None:
    sent = Request(
        "POST", "http://crm/api", FORM, Body(b'calls=[{"date":"2024-05-01 12:00:00"},{"date":"x"}]')
    )
    changed = altering.request(sent, Change(set={"calls.*.date": {"$shift": 3600}}))
    dates = [call["date"] for call in orjson.loads(str(form(changed)["calls"]))]
    assert dates == ["2024-05-01 13:00:00", "x"]
    thrice = altering.request(sent, Change(set={"calls": {"$repeat": 3}}))
    assert len(orjson.loads(str(form(thrice)["calls"]))) == 6


def test_plain_parameters_stay_in_the_query() -> None:
    sent = Request("GET", "http://pbx/call?a=1&clientId=c&code=100", (), Body(b""))
    changed = altering.request(sent, Change(set={"clientId": "other"}, drop=("code",)))
    assert parse_qs(urlsplit(changed.url).query) == {"a": ["1"], "clientId": ["other"]}
    assert changed.body == Body(b"")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("json", b'{"event":{"codes":["100"]}}'),
        ("brackets", b"event%5Bcodes%5D%5B0%5D=100"),
    ],
)
def test_a_form_is_written_down_in_other_ways(kind: str, body: bytes) -> None:
    sent = Request("POST", "http://crm/api", FORM, Body(b'event={"codes":["100"]}'))
    assert altering.request(sent, Change(form=kind)).body.content == body


def test_an_answer_is_cut_replaced_or_altered() -> None:
    given = Answer(200, (("Content-Type", "application/json"),), Body(b'{"success":true,"id":5}'))
    assert altering.answer(given, Change(cut=0.5)).body.content == b'{"success":'
    assert altering.answer(given, Change(text="")).body.content == b""
    assert altering.answer(given, Change(drop=("id",))).body.content == b'{"success":true}'
    assert altering.answer(given, Change(status=503)).status == 503
    assert altering.answer(given, Change(headers={"content-type": "text/html"})).headers == (
        ("content-type", "text/html"),
    )


def test_faults_are_named_by_their_name_or_by_a_requirement() -> None:
    assert [found.name for found in named("crm-slow")] == ["crm-slow"]
    assert "pbx-silent-end" in [found.name for found in named("PBX-EVENT-06")]
    with pytest.raises(LookupError, match="no fault 'nothing'"):
        named("nothing")
    assert len(catalogue()) >= 20


def test_a_tester_breaks_and_mends_an_end_by_its_control_api(pair: BuiltIn) -> None:
    bench, key = f"{pair.crm_url}/_bench/faults", {"X-API-KEY": pair.api_key}
    lookup = f"{pair.crm_url}/api/v5/telephony/manager?phone=1"
    added = requests.post(bench, json={"fault": "crm-overloaded", "first": 1}, timeout=5).json()
    assert [(one["fault"], one["first"]) for one in added["faults"]] == [("crm-overloaded", 1)]
    statuses = [requests.get(lookup, headers=key, timeout=5).status_code for _ in range(2)]
    assert statuses == [503, 200]
    assert requests.get(bench, timeout=5).json()["faults"][0]["seen"] == 2
    assert requests.delete(bench, timeout=5).json() == {"faults": []}
    refused = requests.post(bench, json={"fault": "pbx-down"}, timeout=5)
    assert (refused.status_code, refused.json()) == (
        404,
        {"error": "The fault pbx-down is none of the CRM's."},
    )
    by_row = requests.post(bench, json={"fault": "PBX-TROUBLE-03"}, timeout=5).json()["faults"]
    assert [one["fault"] for one in by_row] == [
        "crm-fails",
        "crm-is-not-reached",
        "crm-truncated",
        "crm-mute",
    ]


def test_a_lost_request_breaks_the_connection_and_is_in_the_journal(pair: BuiltIn) -> None:
    pair.crm.faults.add(catalogue()["crm-down"])
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{pair.crm_url}/api/v5/telephony/manager?phone=1", timeout=5)
    last = pair.crm.journal.since()[-1]
    assert (last.answer, last.error) == (None, "the request was lost by a fault")


def test_a_lost_answer_comes_after_what_was_asked_for_is_kept(pair: BuiltIn) -> None:
    pair.crm.faults.add(catalogue()["crm-answer-lost"])
    event = {"event": '{"phone":"+74990000000","type":"in","codes":["100"]}'}
    with pytest.raises(requests.ConnectionError):
        requests.post(
            f"{pair.crm_url}/api/v5/telephony/call/event",
            data=event,
            headers={"X-API-KEY": pair.api_key},
            timeout=5,
        )
    state = requests.get(f"{pair.crm_url}/_bench/state", timeout=5).json()
    assert len(state["cards"]) == 1


def test_the_journal_has_a_request_as_it_came_not_as_it_was_heard(pair: BuiltIn) -> None:
    pair.crm.faults.add(catalogue()["crm-forgets-lines"])
    told = pair.pbx.crm.event(
        {"phone": "+74990000000", "type": "in", "codes": ["100"], "externalPhone": "+7-499-999-99-99"}
    )
    assert told.success
    assert b"externalPhone" in pair.crm.journal.since()[-1].request.body.content
    state = requests.get(f"{pair.crm_url}/_bench/state", timeout=5).json()
    assert state["cards"][0]["shop"] is None


def test_two_delays_of_one_answer_are_waited_for_one_after_the_other(pair: BuiltIn) -> None:
    slow = catalogue()["crm-slow"]
    for _ in range(2):
        pair.crm.faults.add(replace(slow, change=Change(delay=3)))
    assert pair.pbx.crm.event({"phone": "+7 912 345-67-89", "type": "in"}).text == "no answer within 5 s"


def test_on_one_manual_clock_slowness_costs_no_time(pair: BuiltIn) -> None:
    pair.crm.faults.add(catalogue()["crm-slow"])
    told = pair.pbx.crm.event({"phone": "+74990000000", "type": "in", "codes": ["100"]})
    assert (told.status, told.text) == (None, "no answer within 5 s")
    assert pair.pbx.journal.since()[-1].error == "no answer within 5 s"


@pytest.mark.parametrize(("mend", "kept"), [("DELETE faults", 1), ("POST reset", 0)])
def test_mending_frees_whoever_waits_and_after_a_reset_nobody_hears_of_it(
    pair: BuiltIn, mend: str, kept: int
) -> None:
    slow = catalogue()["crm-slow"]
    pair.crm.faults.add(Fault("slow", slow.side, "", slow.seam, ("users",), Change(delay=60)))
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(
            requests.get, f"{pair.crm_url}/api/v5/users", headers={"X-API-KEY": pair.api_key}, timeout=30
        )
        while not pair.crm.faults.active()[0][1]:
            pair.crm.journal.since(wait=0.05)
        verb, path = mend.split()
        requests.request(verb, f"{pair.crm_url}/_bench/{path}", timeout=5)
        assert waiting.result().status_code == 200
    assert len(pair.crm.journal.since()) == kept + (1 if kept else 0)
