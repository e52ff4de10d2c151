"""The virtual PBX carries calls and reports them; both ends are real, time is manual."""

from typing import Any

import pytest
import requests

from callproof.pbx.crm_client import CrmClient, Told
from callproof.running.pair import BuiltIn

CALLER, LINE = "+7 912 345-67-89", "+7-499-999-99-99"


def control(pair: BuiltIn, path: str, **body: Any) -> Any:
    answer = requests.post(f"{pair.pbx_url}/_bench{path}", json=body, timeout=10)
    return answer.json()


def place(pair: BuiltIn) -> str:
    return str(control(pair, "/calls", **{"from": CALLER, "to": LINE})["id"])


def state(pair: BuiltIn, part: str) -> Any:
    return requests.get(f"{pair.pbx_url}/_bench/state", timeout=10).json()[part]


def told(pair: BuiltIn) -> list[tuple[str, str | None]]:
    """Kind and result of everything that was reported, in the order of the outbox."""
    return [
        (m["payload"].get("type"), m["payload"].get("hangupStatus") or m["payload"].get("result"))
        for m in state(pair, "outbox")
        if m["fate"] == "sent"
    ]


def test_an_answered_call_is_reported_in_order_and_uploaded(pair: BuiltIn) -> None:
    call = place(pair)
    control(pair, "/clock", advance=3)
    control(pair, f"/calls/{call}/answer", extension="200")
    control(pair, "/clock", advance=60)
    control(pair, f"/calls/{call}/hang-up", by="customer")
    assert told(pair) == [("in", None), ("hangup", "answered"), ("in", "answered")]
    with pair.crm.store.begin() as session:
        stored = session.call(call)
    assert stored is not None
    assert {"duration": 60, "durationWaiting": 3, "code": "200"}.items() <= stored.document.items()


def test_nobody_answers_and_the_call_ends_by_itself(pair: BuiltIn) -> None:
    place(pair)
    control(pair, "/clock", advance=19)
    assert told(pair) == [("in", None)]
    control(pair, "/clock", advance=1)
    assert told(pair) == [("in", None), ("hangup", "no answered"), ("in", "no answer")]


def test_the_first_to_answer_takes_the_call_and_the_other_cannot(pair: BuiltIn) -> None:
    call = place(pair)
    control(pair, f"/calls/{call}/answer", extension="100")
    assert control(pair, f"/calls/{call}/answer", extension="200") == {
        "error": f"Call {call} is talking and cannot be answered."
    }


def test_an_extension_that_talks_is_not_rung(pair: BuiltIn) -> None:
    control(pair, f"/calls/{place(pair)}/answer", extension="100")
    place(pair)
    assert state(pair, "calls")[1]["extensions"] == ["200"]


def test_with_everybody_busy_the_caller_is_turned_away_but_not_forgotten(pair: BuiltIn) -> None:
    for extension in ("100", "200"):
        control(pair, f"/calls/{place(pair)}/answer", extension=extension)
    place(pair)
    third = state(pair, "calls")[2]
    assert (third["state"], third["cause"], third["reason"]) == (
        "ended",
        "busy",
        "nobody is free, no responsible manager",
    )
    assert told(pair)[-1] == ("in", "busy")


def test_a_click_to_call_whose_manager_does_not_pick_up_is_not_reported(pair: BuiltIn) -> None:
    pair.crm.outgoing.make_call(1, CALLER)
    control(pair, "/clock", advance=60)
    assert state(pair, "calls")[0]["cause"] == "no answer"
    assert state(pair, "outbox") == []


def test_periodic_history_waits_for_its_time_and_can_be_flushed(pair: BuiltIn) -> None:
    control(pair, "/history", every=600)
    call = place(pair)
    control(pair, f"/calls/{call}/refuse", extension="100")
    control(pair, f"/calls/{call}/refuse", extension="200")
    assert told(pair) == [("in", None), ("hangup", "busy")]
    control(pair, "/flush")
    assert told(pair)[-1] == ("in", "busy")


@pytest.mark.parametrize("passed", [1, 300, 599])
def test_a_period_of_uploads_begins_when_it_is_set(pair: BuiltIn, passed: float) -> None:
    control(pair, "/clock", advance=passed)
    control(pair, "/history", every=600)
    call = place(pair)
    control(pair, f"/calls/{call}/fail")
    control(pair, "/clock", advance=599)
    assert told(pair)[-1] == ("hangup", "failed")
    control(pair, "/clock", advance=1)
    assert told(pair)[-1] == ("in", "failed")


def test_a_call_that_is_passed_on_opens_a_card_at_the_other_manager(pair: BuiltIn) -> None:
    call = place(pair)
    control(pair, f"/calls/{call}/answer", extension="100")
    control(pair, f"/calls/{call}/refuse", extension="200")
    other = control(pair, "/dial", extension="200", to=CALLER)["id"]
    assert "busy" in control(pair, f"/calls/{call}/transfer", to="200")["error"]
    control(pair, f"/calls/{other}/hang-up", by="manager")
    control(pair, f"/calls/{call}/hold")
    control(pair, f"/calls/{call}/take-back")
    control(pair, f"/calls/{call}/transfer", to="200")
    control(pair, f"/calls/{call}/answer", extension="200")
    control(pair, f"/calls/{call}/hang-up", by="customer")
    kept = next(found for found in state(pair, "calls") if found["id"] == call)
    assert (kept["answeredBy"], kept["holds"], kept["transfers"]) == ("200", 1, 1)
    with pair.crm.store.begin() as session:
        cards = [card for card in session.cards() if card.call_external_id == call]
        history = session.call(call)
    assert {card.code for card in cards} == {"100", "200"}
    assert all(card.closed_at is not None for card in cards)
    assert history is not None
    assert history.document["code"] == "200"


def test_what_the_crm_cannot_take_is_tried_again_in_order(
    pair: BuiltIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, tried = [503, 500], []
    deliver = CrmClient.event

    def overloaded(self: CrmClient, event: Any) -> Told:
        tried.append(event["type"])
        return Told(answers.pop(0), {}, "busy") if answers else deliver(self, event)

    monkeypatch.setattr(CrmClient, "event", overloaded)
    call = place(pair)
    control(pair, f"/calls/{call}/answer")
    control(pair, f"/calls/{call}/hang-up", by="manager")
    assert told(pair) == []
    control(pair, "/clock", advance=3)
    assert tried == ["in", "in", "in", "hangup"]
    assert told(pair) == [("in", None), ("hangup", "answered"), ("in", "answered")]


def test_a_refusal_is_kept_and_not_repeated(pair: BuiltIn) -> None:
    requests.post(f"{pair.crm_url}/_bench/modules/virtual-pbx", json={"active": False}, timeout=10)
    place(pair)
    control(pair, "/clock", advance=300)
    assert [(m["fate"], m["attempts"]) for m in state(pair, "outbox")] == [("refused", 1)] * 3
    assert "Telephony not enabled" in state(pair, "outbox")[0]["answer"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 200),
        ({"clientId": "stranger"}, 401),
        ({"code": "999"}, 404),
        ({"phone": "12"}, 422),
        ({"code": ""}, 400),
        ({"userId": "one"}, 400),
    ],
)
def test_make_call_says_why_a_call_cannot_be_started(
    pair: BuiltIn, query: dict[str, str], status: int
) -> None:
    asked = {"clientId": "2dbh26tahjj26sg", "code": "100", "userId": "1", "phone": "79121234567", **query}
    answer = requests.get(f"{pair.pbx_url}/callbacks/make-call", params=asked, timeout=10)
    assert answer.status_code == status
    assert len(state(pair, "calls")) == (1 if status == 200 else 0)


def test_a_busy_extension_cannot_start_a_second_call(pair: BuiltIn) -> None:
    assert pair.crm.outgoing.make_call(1, CALLER).status == 200
    assert pair.crm.outgoing.make_call(1, CALLER).status == 409


def test_a_line_that_does_not_exist_cannot_be_called(pair: BuiltIn) -> None:
    answer = control(pair, "/calls", **{"from": CALLER, "to": "+7-499-000-00-00"})
    assert answer == {"error": "There is no line +7-499-000-00-00."}


@pytest.mark.parametrize("caller", ["anonymous", "", "Unknown", "Anna's pharmacy"])
def test_a_caller_who_hides_the_number_rings_the_group_and_is_told_of_as_far_as_known(
    pair: BuiltIn, caller: str
) -> None:
    control(pair, "/calls", **{"from": caller, "to": LINE, "script": {"after": 2, "talk": 30}})
    control(pair, "/clock", advance=32)
    assert told(pair)[-1] == ("in", "answered")
    assert {report["fate"] for report in state(pair, "outbox")} == {"sent"}
    assert [call["phone"] for call in state(pair, "calls")] == [caller]
    asked = [entry.request.url for entry in pair.pbx.journal.since(0) if entry.direction == "out"]
    assert not any("telephony/manager" in url for url in asked)


def test_a_line_that_the_pbx_does_not_have_leaves_a_finding(pair: BuiltIn) -> None:
    asked = {"clientId": "2dbh26tahjj26sg", "code": "100", "userId": "1", "phone": "79121234567"}
    for line in ("+7-499-888-88-88", "+7-499-777-77-77"):
        asked["externalPhone"] = line
        requests.get(f"{pair.pbx_url}/callbacks/make-call", params=asked, timeout=10)
        control(pair, f"/calls/{state(pair, 'calls')[-1]['id']}/refuse")
    found = [[f.requirement for f in e.findings] for e in pair.pbx.journal.since(0) if e.direction == "in"]
    assert found == [[], ["CRM-CALL-02"]]


def test_a_scripted_call_runs_by_itself(pair: BuiltIn) -> None:
    control(pair, "/calls", **{"from": CALLER, "to": LINE, "script": {"after": 2, "talk": 30}})
    control(pair, "/clock", advance=32)
    assert told(pair)[-1] == ("in", "answered")
    assert state(pair, "calls")[0]["duration"] == 30
