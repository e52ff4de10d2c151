"""The fixtures as an integrator's test has them: prepare, act, look."""

import re
import threading
from pathlib import Path

import pytest
import requests

from callproof.clocks.manual import EPOCH
from callproof.contract.operations import Side
from callproof.control.client import ActionRefused
from callproof.face.crm import RunningCrm
from callproof.face.pbx import RunningPbx
from callproof.face.playing import Callproof

SERVICE = Path(__file__).resolve().parent.parent.parent / "examples" / "pbx-service" / "callproof.yaml"
CUSTOMER, LINE = "+7 912 345-67-89", "+7-499-999-99-99"


def test_an_incoming_call_goes_through_both_ends_on_one_clock(pbx: RunningPbx, crm: RunningCrm) -> None:
    pbx.register()
    crm.add_customer(CUSTOMER, manager=2, firstName="Caller")
    call = pbx.incoming(CUSTOMER, LINE)
    assert [card["userId"] for card in crm.cards({"open": True})] == [2]
    crm.clock.advance(3)
    assert call.answer("200")["answeredBy"] == "200"
    pbx.clock.advance(20)
    call.hang_up("customer")
    assert call.state == "ended"
    upload = crm.journal.assert_received("calls-upload", [{"externalId": call.id, "duration": 20}])
    assert upload.at == EPOCH + 23
    assert crm.calls({"externalId": call.id, "result": "answered"})
    assert crm.play(call.id, range="bytes=0-99")["status"] == 206
    pbx.journal.assert_received("record", status=206)


def test_a_click_reaches_the_pbx_and_the_call_is_found_there(pbx: RunningPbx, crm: RunningCrm) -> None:
    pbx.register()
    assert crm.click_to_call(1, "8 912 345-67-89")["succeeded"] is True
    asked = pbx.journal.assert_received("make-call", {"phone": {"$phone": CUSTOMER}})
    assert isinstance(asked.answer, dict)
    call = pbx.call(str(asked.answer["callId"]))
    call.answer("100")
    call.answer()
    call.hold()
    call.take_back()
    call.drop()
    assert pbx.outbox({"callId": call.id})
    assert crm.initiations({"status": 200})


def test_calls_take_the_turns_that_the_test_wants(pbx: RunningPbx, crm: RunningCrm) -> None:
    pbx.register()
    pbx.incoming(CUSTOMER, LINE).refuse("100")
    pbx.clock.advance(600)
    pbx.dial("200", "+7 912 000-00-00").engaged()
    pbx.clock.advance(600)
    assert {call["state"] for call in pbx.calls()} == {"ended"}
    scripted = pbx.incoming(CUSTOMER, LINE, {"outcome": "answered", "talk": 30})
    pbx.clock.advance(60)
    assert scripted.record["duration"] == 30


def test_history_waits_for_its_time_or_is_told_to_go(pbx: RunningPbx, crm: RunningCrm) -> None:
    pbx.register()
    pbx.upload_every(3600)
    pbx.incoming(CUSTOMER, LINE, {"outcome": "answered", "talk": 30})
    pbx.clock.advance(120)
    crm.journal.assert_not_received("calls-upload")
    pbx.flush()
    crm.journal.assert_received("calls-upload")


def test_the_account_can_be_made_ready(crm: RunningCrm) -> None:
    crm.connect_telephony("mine", extensions={"7": 3}, lines={"shop9": LINE}, allowEdit=True)
    crm.add_user(3, firstName="Third")
    crm.add_site("shop9", name="Ninth")
    crm.add_key("K2", scopes=["telephony_read"])
    crm.set_user(3, online=False, status="dinner")
    crm.set_readings(dial="as-stored")
    crm.set_budgets(telephony=1)
    assert crm.users({"id": 3}) == [{"id": 3, "online": False, "status": "dinner"}]
    assert crm.modules()[0]["clientId"] == "2dbh26tahjj26sg"
    customer = crm.add_customer(CUSTOMER, manager=3)
    assert crm.customers({"id": customer, "managerId": 3})
    crm.switch_module("mine", active=False)
    crm.reset()
    assert (crm.modules(), len(crm.users())) == ([], 2)


def test_what_cannot_be_done_is_refused_in_a_sentence(crm: RunningCrm) -> None:
    with pytest.raises(ActionRefused, match="There is no user 7"):
        crm.set_user(7, online=True)
    with pytest.raises(ActionRefused, match="phones"):
        crm.api("POST", "/api/v5/customers/create", customer={"phones": "one"})


def test_a_pbx_alone_talks_to_the_crm_that_the_test_names(pbx: RunningPbx) -> None:
    with pytest.raises(ValueError, match="use the fixture crm beside it"):
        pbx.register()
    pbx.connect("http://127.0.0.1:9/", "KEY")
    with pytest.raises(ActionRefused, match="did not take the registration"):
        pbx.register()
    assert pbx.journal.sent("module-edit")[0].url.startswith("http://127.0.0.1:9/api/v5/")


def test_a_crm_may_know_the_addresses_without_a_registration(pbx: RunningPbx) -> None:
    asked = {"clientId": pbx.client_id, "code": "100", "phone": CUSTOMER, "userId": "1"}
    pbx.connect("http://127.0.0.1:9", "KEY")
    assert requests.get(pbx.make_call_url, params=asked, timeout=5).status_code == 200
    requests.get(pbx.status_url, params={**asked, "status": "busy"}, timeout=5)
    pbx.journal.assert_received("make-call", {"code": "100"})
    pbx.journal.assert_received("status-notice", {"status": "busy"}, status=200)
    pbx.reset()
    assert pbx.journal.requests() == []


@pytest.mark.callproof(strict=True, country="DE", seed=3)
def test_the_marker_says_how_the_ends_are_started(crm: RunningCrm) -> None:
    crm.connect_telephony()
    event = '{"phone": 491234567, "type": "in", "codes": ["100"]}'
    requests.post(
        f"{crm.url}/api/v5/telephony/call/event",
        data={"event": event},
        headers={"X-API-KEY": crm.api_key},
        timeout=5,
    )
    crm.journal.assert_received("call-event", status=400)


@pytest.mark.parametrize("_again", range(2))
def test_every_test_has_its_own_ends_and_leaves_nothing_running(crm: RunningCrm, _again: int) -> None:
    assert crm.modules() == []
    assert crm.journal.exchanges == []
    servers = [t.name for t in threading.enumerate() if re.fullmatch(r"callproof-\d+", t.name)]
    assert servers == [f"callproof-{crm.url.rpartition(':')[2]}"]
    crm.connect_telephony()


def test_a_scenario_is_judged_and_its_verdict_can_be_read(callproof: Callproof) -> None:
    verdict = callproof.assert_conformant("6-event/missed")
    assert {result.requirement.id for result in verdict.requirements} >= {"PBX-EVENT-08", "CRM-EVENT-06"}
    with pytest.raises(LookupError, match="nobody"):
        callproof.check("nobody")


def test_a_target_of_ones_own_is_started_for_the_check(callproof: Callproof) -> None:
    verdict = callproof.check("7-call/started", target=SERVICE, strict=True)
    assert (verdict.target, verdict.strict, verdict.conformant) == (Side.PBX, True, True)


def test_a_check_that_plays_nothing_proves_nothing(callproof: Callproof) -> None:
    with pytest.raises(AssertionError, match="nothing was played: nothing of it is asked of this side"):
        callproof.assert_conformant("1-api/service", target=SERVICE)
