"""What no source settles can be read in another way (evidence#readings)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support import Account, call_item


def read(account: Account, /, **readings: Any) -> None:
    assert account.client.post("/_bench/readings", json=readings).status_code == 200


def test_a_late_recording_replaces_the_link_and_nothing_else(registered: Account) -> None:
    read(registered, repeat="update-record-url")
    registered.upload(call_item("c-1", duration=30))
    again = registered.upload(call_item("c-1", duration=99, recordUrl="http://127.0.0.1:9/late.wav"))
    assert again.get_json()["duplicateCalls"] == ["c-1"]
    (call,) = registered.state("calls")
    assert (call["recordUrl"], call["duration"]) == ("http://127.0.0.1:9/late.wav", 30)


def test_the_good_calls_of_a_broken_batch_are_taken_with_460(registered: Account) -> None:
    read(registered, brokenCall="take-the-rest")
    answer = registered.upload(call_item("a"), call_item("b", result="missed"), call_item("c"))
    assert (answer.status_code, answer.get_json()) == (
        460,
        {
            "success": False,
            "errorMsg": "Calls are loaded with errors",
            "errors": {"calls[1][result]": "The value you selected is not a valid choice."},
            "processedCallsCount": 2,
        },
    )
    assert [call["externalId"] for call in registered.state("calls")] == ["a", "c"]
    assert registered.upload(*(call_item(f"n-{n}") for n in range(51))).status_code == 400


def test_extensions_that_a_change_leaves_out_are_cleared(registered: Account) -> None:
    read(registered, absentCodes="clear")
    module = {"clientId": "c", "integrations": {"telephony": {"allowEdit": True}}}
    registered.post("integration-modules/my-telephony/edit", integrationModule=module)
    settings = registered.get("integration-modules/my-telephony").get_json()["integrationModule"]
    assert settings["integrations"]["telephony"]["additionalCodes"] == []
    assert len(settings["integrations"]["telephony"]["externalPhones"]) == 2


@pytest.mark.parametrize(("dial", "phone"), [("digits", "79121234567"), ("as-stored", "8 (912) 123-45-67")])
def test_the_number_is_dialled_as_set(registered: Account, dial: str, phone: str) -> None:
    read(registered, dial=dial)
    registered.client.post("/_bench/click-to-call", json={"userId": 1, "phone": "8 (912) 123-45-67"})
    asked = parse_qs(urlsplit(registered.last.request.url).query)
    assert asked["phone"] == [phone]


def test_a_recording_is_asked_for_with_the_parameters_that_were_set(registered: Account) -> None:
    read(registered, recordParams=["externalId", "phone"])
    registered.upload(call_item("c-1", phone="88005553125", recordUrl="http://127.0.0.1:9/a.wav"))
    registered.client.post("/_bench/play", json={"externalId": "c-1"})
    assert registered.last.request.url == "http://127.0.0.1:9/a.wav?externalId=c-1&phone=88005553125"


def test_links_can_mirror_the_sample_of_the_documentation(registered: Account) -> None:
    read(registered, links="sample")
    phone = registered.get("customers/customer-1").get_json()["customer"]["phones"][0]["number"]
    links = registered.get("telephony/manager", phone=phone, details="1").get_json()["links"]
    assert sorted(links) == ["newCustomerLink", "newOrderLink"]


def test_reset_brings_the_defaults_back(registered: Account) -> None:
    read(registered, dial="as-stored")
    registered.client.post("/_bench/reset")
    shown = registered.client.post("/_bench/readings", json={}).get_json()
    assert (shown["dial"], shown["recordParams"]) == ("digits", ["clientId"])


@pytest.mark.parametrize("readings", [{"dial": "backwards"}, {"colour": "red"}, {"recordParams": "phone"}])
def test_a_reading_that_does_not_exist_is_refused(account: Account, readings: dict[str, str]) -> None:
    assert account.client.post("/_bench/readings", json=readings).status_code == 400


def test_without_funds_a_module_cannot_be_activated_but_changed(registered: Account) -> None:
    read(registered, funds="short")
    assert registered.register().status_code == 200
    refused = registered.register("another")
    assert (refused.status_code, refused.get_json()) == (
        402,
        {
            "success": False,
            "errorMsg": "Failed to activate module",
            "errors": ["Your account has insufficient funds to activate integration module"],
        },
    )
    assert registered.get("integration-modules/another").status_code == 404


def test_an_unknown_account_is_refused_before_anything_else(account: Account) -> None:
    read(account, account="unknown")
    for answer in (account.get("users"), account.client.get("/api/system-info"), account.event(phone="1")):
        assert (answer.status_code, answer.get_json()["errorMsg"]) == (404, "Account does not exist.")
