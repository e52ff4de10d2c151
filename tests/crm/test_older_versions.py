"""Versions 3 and 4 act on the same state as version 5 (evidence#older)."""

from typing import Any

import orjson
import pytest
from werkzeug.test import TestResponse

from tests.support import KEY, Account, call_item

V4 = {
    "code": "old",
    "clientId": "c",
    "name": "Old",
    "active": True,
    "makeCallUrl": "http://127.0.0.1:9/call",
    "image": "http://127.0.0.1:9/logo.svg",
    "additionalCodes": [{"userId": "1", "code": 100}],
    "externalPhones": [{"siteCode": "shop1", "externalPhone": "+7-499-999-99-99"}],
}
V3 = {"code": "old", "clientId": "c", "name": "Old", "active": "true", "makeCallUrl": "http://127.0.0.1:9/"}


def ask(account: Account, path: str, **form: Any) -> TestResponse:
    headers = {"X-API-KEY": KEY}
    if form:
        return account.client.post(f"/api/{path}", data=form, headers=headers)
    return account.client.get(f"/api/{path}", headers=headers)


def settings_v4(account: Account, **changes: Any) -> TestResponse:
    text = orjson.dumps({**V4, **changes}).decode()
    return ask(account, "v4/telephony/setting/old/edit", configuration=text)


def test_a_v4_configuration_becomes_a_module(account: Account) -> None:
    created, changed = settings_v4(account), settings_v4(account)
    assert (created.status_code, created.get_json()) == (201, {"success": True})
    assert changed.status_code == 200
    module = account.get("integration-modules/old").get_json()["integrationModule"]
    assert (module["name"], module["logo"]) == ("Old", "http://127.0.0.1:9/logo.svg")
    assert module["integrations"]["telephony"]["additionalCodes"] == [{"userId": "1", "code": "100"}]


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_a_module_is_read_as_a_configuration_without_client_id(account: Account, version: str) -> None:
    settings_v4(account)
    configuration = ask(account, f"{version}/telephony/setting/old").get_json()["configuration"]
    assert configuration["image"] == "http://127.0.0.1:9/logo.svg"
    assert configuration["additionalCodes"] == [{"userId": "1", "code": "100"}]
    assert "clientId" not in configuration
    assert ask(account, f"{version}/telephony/setting/nobody").status_code == 404


@pytest.mark.parametrize("path", ["v3/telephony/setting/old", "v3/telephony/settings/old"])
def test_v3_settings_are_plain_fields_and_always_answered_201(account: Account, path: str) -> None:
    assert [ask(account, path, **V3).status_code for _ in range(2)] == [201, 201]
    module = account.get("integration-modules/old").get_json()["integrationModule"]
    assert (module["active"], module["integrations"]["telephony"]["makeCallUrl"]) == (
        True,
        "http://127.0.0.1:9/",
    )


def test_a_v3_event_opens_a_card_for_its_single_extension(account: Account) -> None:
    settings_v4(account)
    event = {"phone": "+79991234567", "type": "in", "code": "100"}
    assert ask(account, "v3/telephony/call/event", **event).get_json() == {"success": True}
    assert [(card["userId"], card["open"]) for card in account.state("cards")] == [(1, True)]
    ask(account, "v3/telephony/call/event", **{**event, "type": "hangup", "hangupStatus": "busy"})
    assert [card["hangupStatus"] for card in account.state("cards")] == ["busy"]


def test_a_v4_event_and_uploads_of_both_versions_reach_the_same_history(account: Account) -> None:
    settings_v4(account)
    event = '{"phone":"+79991234567","type":"in","codes":["100"]}'
    assert ask(account, "v4/telephony/call/event", event=event).get_json() == {"success": True}
    for version in ("v3", "v4", "v5"):
        calls = orjson.dumps([call_item(version), call_item("shared")]).decode()
        assert ask(account, f"{version}/telephony/calls/upload", calls=calls).status_code == 200
    assert [call["externalId"] for call in account.state("calls")] == ["v3", "shared", "v4", "v5"]


@pytest.mark.parametrize(
    ("form", "message", "errors"),
    [
        ({"type": "in", "code": "1"}, "Parameter 'phone' is missing", None),
        ({"phone": "1", "type": "on", "code": "1"}, "Errors in the input parameters", ["type"]),
    ],
)
def test_broken_v3_fields_are_refused_by_name(
    account: Account, form: dict[str, str], message: str, errors: list[str] | None
) -> None:
    settings_v4(account)
    body = ask(account, "v3/telephony/call/event", **form).get_json()
    assert body["errorMsg"] == message
    assert list(body.get("errors", {})) == (errors or [])


@pytest.mark.parametrize(
    "path", ["v4/integration-modules/old", "v3/users", "v4/users/1/status", "v2/users", "v6/users"]
)
def test_what_a_version_does_not_have_is_not_found(account: Account, path: str) -> None:
    assert ask(account, path).status_code == 404
