"""Call events and cards (evidence#guide-events, evidence#event)."""

from typing import Any

import pytest

from callproof.contract.jsontypes import JsonObject
from tests.support import Account, call_item

INCOMING: dict[str, Any] = {"phone": "+7-555-555-55-55", "type": "in", "codes": ["100"]}


def open_cards(account: Account) -> list[tuple[object, object]]:
    return [(card["userId"], card["callExternalId"]) for card in account.state("cards") if card["open"]]


def test_without_a_telephony_an_event_is_refused_and_forgotten(account: Account) -> None:
    answer = account.event(**INCOMING)
    assert (answer.status_code, answer.get_json()) == (
        400,
        {"success": False, "errorMsg": "Telephony not enabled"},
    )
    assert account.state("counts") == {"calls": 0, "events": 0, "customers": 20, "modules": 0}


@pytest.mark.parametrize("change", [{"active": False}, {"freeze": True}])
def test_a_module_that_is_switched_off_or_frozen_takes_no_events(
    registered: Account, change: JsonObject
) -> None:
    registered.client.post("/_bench/modules/my-telephony", json=change)
    assert registered.event(**INCOMING).get_json()["errorMsg"] == "Telephony not enabled"


def test_the_card_opens_at_the_managers_that_codes_and_user_ids_name(registered: Account) -> None:
    answer = registered.event(**{**INCOMING, "codes": [100], "userIds": [2, "1"]})
    assert answer.get_json() == {"success": True}
    assert [card for card, _ in open_cards(registered)] == [1, 2]


@pytest.mark.parametrize(
    ("line", "shop"),
    [("+7-499-999-99-99", "shop1"), ("84998888888", "shop2"), ("+7-444-444-44-44", None), (None, None)],
)
def test_the_card_names_the_shop_when_the_line_is_one_of_the_settings(
    registered: Account, line: str | None, shop: str | None
) -> None:
    registered.event(**INCOMING, externalPhone=line)
    assert [card["shop"] for card in registered.state("cards")] == [shop]


def test_the_card_knows_the_customer_in_any_notation(registered: Account) -> None:
    customer = registered.get("customers/customer-3").get_json()["customer"]
    digits = "".join(filter(str.isdigit, customer["phones"][0]["number"]))
    registered.event(**{**INCOMING, "phone": "+7" + digits[-10:]})
    assert [card["customerId"] for card in registered.state("cards")] == [customer["id"]]


def test_unknown_addressees_are_reported_and_the_known_ones_still_served(registered: Account) -> None:
    answer = registered.event(**{**INCOMING, "codes": ["100", "999"], "userIds": [77]})
    assert answer.get_json() == {"success": True, "notExistCodes": ["999"], "notExistUsers": [77]}
    assert open_cards(registered) == [(1, None)]


def test_hangup_closes_the_cards_of_its_own_call(registered: Account) -> None:
    for call in ("c-1", "c-2"):
        registered.event(**INCOMING, callExternalId=call)
    hangup = {**INCOMING, "type": "hangup", "hangupStatus": "answered"}
    registered.event(**hangup, callExternalId="c-1")
    assert open_cards(registered) == [(1, "c-2")]


def test_a_beginning_that_comes_after_the_upload_shows_no_call_that_nothing_would_close(
    registered: Account,
) -> None:
    registered.upload(call_item(externalId="c-1"))
    assert registered.event(**INCOMING, callExternalId="c-1").get_json() == {"success": True}
    assert [f.requirement for f in registered.findings] == ["PBX-EVENT-12"]
    registered.event(**INCOMING, callExternalId="c-2")
    assert open_cards(registered) == [(1, "c-2")]


def test_the_end_for_one_extension_of_a_group_leaves_the_card_of_another(registered: Account) -> None:
    ringing = {**INCOMING, "codes": ["100", "200"], "callExternalId": "c-1"}
    registered.event(**ringing)
    registered.event(**{**ringing, "type": "hangup", "codes": ["200"], "hangupStatus": "cancel"})
    seen = {card["code"]: card["open"] for card in registered.state("cards")}
    assert seen == {"100": True, "200": False}
    registered.event(**{**ringing, "type": "hangup", "codes": [], "hangupStatus": "answered"})
    assert not any(card["open"] for card in registered.state("cards"))


@pytest.mark.parametrize("phone", ["anonymous", "", "Anna's pharmacy"])
def test_a_caller_who_hides_the_number_has_a_card_without_a_customer(
    registered: Account, phone: str
) -> None:
    registered.post("customers/create", customer={"externalId": "silent", "firstName": "S", "managerId": 2})
    answer = registered.event(**{**INCOMING, "phone": phone}, callExternalId="c-1")
    assert answer.get_json() == {"success": True}
    assert [(f.pointer, f.kind) for f in registered.findings] == [("/phone", "notice")]
    (card,) = registered.state("cards")
    assert (card["phone"], card["customerId"]) == (phone, None)


def test_a_plus_that_arrives_as_a_blank_leaves_a_finding(registered: Account) -> None:
    registered.event(**{**INCOMING, "phone": " 7-555-555-55-55"})
    (found,) = registered.findings
    assert (found.pointer, found.kind, "%2B" in found.remedy) == ("/phone", "forgiven", True)
    assert found.requirement == "PBX-EVENT-02"


def test_hangup_without_an_id_closes_the_newest_call_of_the_number(registered: Account) -> None:
    registered.event(**INCOMING, callExternalId="c-1")
    registered.advance(1)
    registered.event(**INCOMING, callExternalId="c-2")
    registered.event(phone="8 555 555 55 55", type="hangup", codes=["100"])
    assert open_cards(registered) == [(1, "c-1")]


def test_a_hangup_that_ends_nothing_leaves_a_finding(registered: Account) -> None:
    answer = registered.event(**{**INCOMING, "type": "hangup"}, callExternalId="never-began")
    assert answer.get_json() == {"success": True}
    assert [f.requirement for f in registered.findings] == ["PBX-EVENT-12"]


def test_an_event_that_names_nobody_is_taken_leniently_and_refused_strictly(
    registered: Account, strict_account: Account
) -> None:
    strict_account.register()
    event: JsonObject = {"phone": "+7-555-555-55-55", "type": "in"}
    assert registered.event(**event).status_code == 200
    assert [f.requirement for f in registered.findings] == ["PBX-EVENT-07"]
    refused = strict_account.event(**event)
    assert (refused.status_code, list(refused.get_json()["errors"])) == (400, ["codes"])


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"type": "ringing"}, {"type": "The value you selected is not a valid choice."}),
        ({"type": None}, {"type": "This value should not be blank."}),
        ({"phone": {"number": "1"}}, {"phone": "This value is not valid."}),
        ({"codes": "100"}, {"codes": "This value is not valid."}),
        ({"userIds": ["one"]}, {"userIds[0]": "This value is not valid."}),
        ({"hangupStatus": "no answer"}, {"hangupStatus": "The value you selected is not a valid choice."}),
        ({"site": "nowhere"}, {"site": "This value is not valid."}),
    ],
)
def test_a_broken_event_is_refused_by_field_and_changes_nothing(
    registered: Account, changes: JsonObject, errors: dict[str, str]
) -> None:
    answer = registered.event(**{**INCOMING, **changes})
    assert answer.status_code == 400
    if "phone" in errors and changes.get("phone") == "":
        assert "phone" in answer.get_json()["errors"]
    else:
        assert answer.get_json()["errors"] == errors
    assert registered.state("cards") == []
    assert registered.state("counts")["events"] == 0


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"codes": [None, "100"]}, "/codes/0"),
        ({"webAnalyticsData": []}, "/webAnalyticsData"),
        ({"callExternalId": None}, "/callExternalId"),
    ],
)
def test_what_php_clients_send_for_nothing_is_forgiven_with_a_finding(
    registered: Account, more: JsonObject, pointer: str
) -> None:
    assert registered.event(**{**INCOMING, **more}).get_json() == {"success": True}
    assert [(f.kind, f.pointer) for f in registered.findings] == [("forgiven", pointer)]
