"""Registration and settings (evidence#guide-registering, evidence#modules)."""

from typing import Any

import pytest

from callproof.contract.jsontypes import Json, JsonObject
from tests.support import Account


def settings(account: Account, code: str = "my-telephony") -> Any:
    return account.get(f"integration-modules/{code}").get_json()["integrationModule"]


def test_an_unknown_code_is_created_and_a_known_one_changed(account: Account) -> None:
    created = account.register()
    assert (created.status_code, created.get_json()) == (201, {"success": True, "info": []})
    changed = account.register()
    assert (changed.status_code, changed.get_json()["success"]) == (200, True)


def test_the_settings_come_back_with_ids_as_text_and_without_client_id(registered: Account) -> None:
    module = settings(registered)
    assert "clientId" not in module
    assert module["code"] == "my-telephony"
    assert module["actions"] == []
    telephony = module["integrations"]["telephony"]
    assert telephony["additionalCodes"] == [{"userId": "1", "code": "100"}, {"userId": "2", "code": "200"}]
    assert telephony["externalPhones"][0] == {"siteCode": "shop1", "externalPhone": "+7-499-999-99-99"}


def test_an_unknown_module_is_not_found(account: Account) -> None:
    answer = account.get("integration-modules/nobody")
    assert (answer.status_code, answer.get_json()["errorMsg"]) == (404, "Not found")


def test_what_a_change_leaves_out_stays_and_an_empty_list_clears(registered: Account) -> None:
    registered.post(
        "integration-modules/my-telephony/edit",
        integrationModule={"clientId": "c", "integrations": {"telephony": {"externalPhones": []}}},
    )
    telephony = settings(registered)["integrations"]["telephony"]
    assert telephony["externalPhones"] == []
    assert len(telephony["additionalCodes"]) == 2
    assert settings(registered)["name"] == "Telephony name"


def test_unknown_users_and_shops_are_reported(account: Account) -> None:
    answer = account.register(
        additionalCodes=[{"userId": 1, "code": "100"}, {"userId": 77, "code": "700"}],
        externalPhones=[{"siteCode": "nowhere", "externalPhone": "+7-499-000-00-00"}],
    )
    assert answer.get_json()["info"] == {"notExistUsersIds": [77], "notExistSiteCodes": ["nowhere"]}


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"integrationCode": "other"}, "code", "Code prefix must match integrationCode"),
        ({"logo": "http://x.example/logo.png"}, "logo", "Logo image must be svg"),
        ({"clientId": ""}, "clientId", "This value should not be blank."),
        ({"baseUrl": "not an address"}, "baseUrl", "This value is not valid."),
        ({"actions": {"explode": "/x"}}, "actions", "The value you selected is not a valid choice."),
        ({"active": "perhaps"}, "active", "This value is not valid."),
    ],
)
def test_broken_settings_are_refused_by_field_and_leave_everything_as_it_was(
    registered: Account, changes: JsonObject, field: str, text: str
) -> None:
    before = settings(registered)
    module: JsonObject = {"clientId": "c", "name": "Changed", **changes}
    answer = registered.post("integration-modules/my-telephony/edit", integrationModule=module)
    assert answer.status_code == 400
    assert answer.get_json()["errorMsg"] == "Errors in the entity format"
    assert answer.get_json()["errors"] == {field: text}
    assert settings(registered) == before


def test_another_code_than_that_of_the_path_counts_for_nothing_and_is_refused_when_strict(
    account: Account, strict_account: Account
) -> None:
    module: JsonObject = {"clientId": "c", "code": "other", "baseUrl": "http://127.0.0.1:9"}
    assert (
        account.post("integration-modules/my-telephony/edit", integrationModule=module).status_code == 201
    )
    assert settings(account)["code"] == "my-telephony"
    refused = strict_account.post("integration-modules/my-telephony/edit", integrationModule=module)
    assert refused.get_json()["errors"] == {"code": "Code must be my-telephony, as in the address"}


def test_a_nested_error_is_named_with_brackets(account: Account) -> None:
    answer = account.register(makeCallUrl="ftp://x", additionalCodes=[{"code": "100"}])
    assert answer.get_json()["errors"] == {
        "integrations[telephony][makeCallUrl]": "This value is not valid.",
        "integrations[telephony][additionalCodes][0][userId]": "This value should not be blank.",
    }


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({}, "Parameter 'integrationModule' is missing"),
        ({"integrationModule": ""}, "Parameter 'integrationModule' is missing"),
        ({"integrationModule": "{broken"}, "Expected array, but got NULL: null"),
        ({"integrationModule": "null"}, "Expected array, but got NULL: null"),
        ({"integrationModule": "7"}, "Expected array, but got integer: 7"),
    ],
)
def test_a_parameter_that_is_no_structure_is_refused(
    account: Account, sent: dict[str, Json], message: str
) -> None:
    answer = account.post("integration-modules/x/edit", **sent)
    assert (answer.status_code, answer.get_json()["errorMsg"]) == (400, message)
    assert account.findings[-1].message


def test_a_key_at_the_wrong_level_is_accepted_and_named_with_its_place(account: Account) -> None:
    account.post(
        "integration-modules/x/edit",
        integrationModule={"clientId": "c", "name": "X", "makeCallUrl": "http://127.0.0.1:9/"},
    )
    found = next(f for f in account.findings if f.kind == "misplaced")
    assert (found.pointer, found.remedy) == (
        "/makeCallUrl",
        "Move it to /integrations/telephony/makeCallUrl.",
    )


def test_what_get_answers_can_be_posted_back_whole(registered: Account) -> None:
    before = settings(registered)
    answer = registered.post(
        "integration-modules/my-telephony/edit", integrationModule={**before, "clientId": "c"}
    )
    assert answer.status_code == 200, answer.get_json()
    assert settings(registered) == before


@pytest.mark.parametrize("form", ["brackets", "json", "structure"])
def test_other_forms_of_a_structure_are_accepted_with_a_finding_and_refused_when_strict(
    account: Account, strict_account: Account, form: str
) -> None:
    for who, status in ((account, 201), (strict_account, 400)):
        path, headers = "/api/v5/integration-modules/x/edit", {"X-API-KEY": "K" * 32}
        if form == "brackets":
            data = {"integrationModule[clientId]": "c", "integrationModule[name]": "X"}
            answer = who.client.post(path, data=data, headers=headers)
        else:
            module: Json = {"clientId": "c", "name": "X"}
            body = {"integrationModule": module if form == "structure" else '{"clientId":"c","name":"X"}'}
            answer = who.client.post(path, json=body, headers=headers)
        assert answer.status_code == status, answer.get_json()
        assert any(f.requirement == "PBX-API-02" for f in who.findings)


@pytest.mark.parametrize("code", ["a b", "x" * 256, "%00", "ключ!"])
def test_a_code_that_is_no_symbolic_name_is_refused(account: Account, code: str) -> None:
    answer = account.post(f"integration-modules/{code}/edit", integrationModule={"clientId": "c"})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (400, ["code"])


def test_a_strict_crm_refuses_what_is_otherwise_forgiven(strict_account: Account) -> None:
    strict_account.register()
    refused = strict_account.event(phone="1", type="in", codes=[None, "100"], callExternalId=None)
    assert refused.get_json()["errors"] == {
        "codes[0]": "This value is not valid.",
        "callExternalId": "This value is not valid.",
    }
    query = strict_account.get("telephony/manager", phone="1", details="True")
    assert query.get_json()["errors"] == {"details": "This value is not valid."}
    assert strict_account.event(phone="1", type="in", codes=[100]).status_code == 200


def test_a_strict_crm_demands_a_base_url(strict_account: Account) -> None:
    module = {"clientId": "c", "name": "X", "integrations": {"telephony": {}}}
    answer = strict_account.post("integration-modules/x/edit", integrationModule=module)
    assert answer.get_json()["errors"] == {"baseUrl": "This value should not be blank."}


def test_a_line_of_two_shops_leaves_a_finding(account: Account) -> None:
    account.register(
        externalPhones=[
            {"siteCode": "shop1", "externalPhone": "+7-499-999-99-99"},
            {"siteCode": "shop2", "externalPhone": "8 (499) 999-99-99"},
        ]
    )
    (found,) = account.findings
    assert (found.pointer, found.requirement) == (
        "/integrations/telephony/externalPhones",
        "PBX-MODULE-05",
    )
