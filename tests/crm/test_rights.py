"""Keys with scopes and shops, budgets, modules told apart (evidence#rights, evidence#budgets,
evidence#reading-modules, evidence#reading-site)."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support import Account, call_item


def give_key(account: Account, key: str, **rights: Any) -> None:
    assert account.client.post("/_bench/keys", json={"key": key, **rights}).status_code == 200


def ask(account: Account, key: str, path: str, **form: str) -> TestResponse:
    headers = {"X-API-KEY": key}
    if form:
        return account.client.post(f"/api/v5/{path}", data=form, headers=headers)
    return account.client.get(f"/api/v5/{path}", headers=headers)


@pytest.mark.parametrize(
    ("scope", "path", "form"),
    [
        ("user_read", "users", {}),
        ("user_write", "users/1/status", {"status": "busy"}),
        ("reference_read", "reference/sites", {}),
        ("customer_read", "customers", {}),
        ("customer_write", "customers/create", {"site": "shop1", "customer": '{"externalId":"x"}'}),
        ("integration_read", "integration-modules/my-telephony", {}),
        (
            "integration_write",
            "integration-modules/my-telephony/edit",
            {"integrationModule": '{"clientId":"c"}'},
        ),
        ("telephony_read", "telephony/manager?phone=1", {}),
        ("telephony_write", "telephony/call/event", {"event": '{"phone":"1","type":"in","codes":["100"]}'}),
    ],
)
def test_each_method_needs_its_scope(
    registered: Account, scope: str, path: str, form: dict[str, str]
) -> None:
    give_key(registered, "may", scopes=[scope])
    give_key(registered, "may-not", scopes=["order_read"])
    assert ask(registered, "may", path, **form).status_code in (200, 201)
    refused = ask(registered, "may-not", path, **form)
    assert (refused.status_code, refused.get_json()) == (
        403,
        {"success": False, "errorMsg": "Access denied."},
    )
    assert registered.findings[0].message == f"the key lacks the scope {scope}"


def test_credentials_tell_the_rights_of_the_key(account: Account) -> None:
    give_key(account, "small", scopes=["telephony_read"], sites=["shop2"])
    body = account.client.get("/api/credentials?apiKey=small").get_json()
    assert body == {
        "success": True,
        "credentials": [
            "/api/telephony/calls",
            "/api/telephony/manager",
            "/api/telephony/setting/{code}",
        ],
        "scopes": ["telephony_read"],
        "siteAccess": "access_selective",
        "sitesAvailable": ["shop2"],
    }
    full = account.client.get("/api/credentials", headers={"X-API-KEY": "K" * 32}).get_json()
    assert (full["siteAccess"], full["sitesAvailable"]) == ("access_full", ["shop1", "shop2"])
    assert "/api/integration-modules/{code}/edit" in full["credentials"]


def test_a_selective_key_sees_only_the_customers_of_its_shops(account: Account) -> None:
    give_key(account, "two", sites=["shop2"])
    customers = ask(account, "two", "customers").get_json()["customers"]
    assert {customer["site"] for customer in customers} == {"shop2"}
    assert ask(account, "two", "customers/customer-2").status_code == 404
    assert ask(account, "two", "customers/customer-1").status_code == 200
    outside = ask(account, "two", "customers?filter[sites][]=shop1").get_json()
    assert outside["customers"] == []


def test_the_shop_is_taken_from_a_key_of_one_and_demanded_from_a_key_of_several(
    account: Account, strict_account: Account
) -> None:
    give_key(account, "one", sites=["shop2"])
    made = ask(account, "one", "customers/create", customer='{"externalId":"x"}')
    assert made.status_code == 201
    assert account.findings == ()
    assert account.get("customers/x").get_json()["customer"]["site"] == "shop2"
    refused = strict_account.post("customers/create", customer={"externalId": "x"})
    assert (refused.status_code, refused.get_json()["errorMsg"]) == (400, "Parameter 'site' is missing")


@pytest.mark.parametrize("site", ["shop1", "nowhere"])
def test_a_shop_out_of_reach_is_refused(registered: Account, site: str) -> None:
    give_key(registered, "two", sites=["shop2"])
    made = ask(registered, "two", "customers/create", site=site, customer='{"externalId":"x"}')
    assert (made.status_code, list(made.get_json()["errors"])) == (400, ["site"])
    event = f'{{"phone":"1","type":"in","codes":["100"],"site":"{site}"}}'
    sent = ask(registered, "two", "telephony/call/event", event=event)
    assert (sent.status_code, list(sent.get_json()["errors"])) == (400, ["site"])


def test_budgets_are_off_until_they_are_set(account: Account) -> None:
    assert all(account.get("users").status_code == 200 for _ in range(30))


@pytest.mark.parametrize("status", [503, 429])
def test_a_spent_budget_is_refused_until_the_second_is_over(registered: Account, status: int) -> None:
    registered.client.post("/_bench/budgets", json={"general": 2, "telephony": 3, "status": status})
    assert [registered.get("users").status_code for _ in range(3)] == [200, 200, status]
    spent = registered.get("users")
    assert spent.get_json() == {"success": False, "errorMsg": "Rate limit exceeded"}
    lookups = [registered.get("telephony/manager", phone="1").status_code for _ in range(4)]
    assert lookups == [200, 200, 200, status]
    give_key(registered, "other")
    assert ask(registered, "other", "users").status_code == 200
    registered.advance(1)
    assert registered.get("users").status_code == 200


def test_a_wrong_key_spends_nothing(account: Account) -> None:
    account.client.post("/_bench/budgets", json={"general": 1})
    for _ in range(5):
        assert ask(account, "wrong", "users").status_code == 403
    assert account.get("users").status_code == 200


def test_client_id_beside_the_event_chooses_between_two_modules(registered: Account) -> None:
    other = {
        "clientId": "second",
        "active": True,
        "name": "Second",
        "integrations": {"telephony": {"additionalCodes": [{"userId": 2, "code": "100"}]}},
    }
    registered.post("integration-modules/second/edit", integrationModule=other)
    event = {"phone": "1", "type": "in", "codes": ["100", "200"]}
    for client_id in ("second", "2dbh26tahjj26sg"):
        registered.post("telephony/call/event", event=event, clientId=client_id)
    assert [card["userId"] for card in registered.state("cards")] == [2, 1, 2]
    registered.post("telephony/call/event", event=event, clientId="stranger")
    assert [finding.pointer for finding in registered.findings] == ["/clientId"]


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("2024-05-01 12:00:00", None),
        ("2024-05-01 11:58:00", None),
        ("2024-05-01 15:00:10", "3 whole hours after"),
        ("2024-05-01 09:01:00", "3 whole hours before"),
        ("2024-05-01 12:20:00", "20 minutes in the future"),
    ],
)
def test_a_date_in_another_time_zone_leaves_a_finding(
    registered: Account, date: str, words: str | None
) -> None:
    registered.event(phone="1", type="in", codes=["100"], callExternalId="c-1")
    registered.event(phone="1", type="hangup", codes=["100"], callExternalId="c-1")
    assert registered.upload(call_item("c-1", date=date)).status_code == 200
    found = [finding.message for finding in registered.findings]
    assert len(found) == (words is not None)
    assert all(str(words) in message for message in found)


def test_a_module_asks_for_scopes_and_is_given_a_key_that_has_them(registered: Account) -> None:
    path = "integration-modules/my-telephony/update-scopes"
    keys = {
        registered.post(path, requires={"scopes": ["user_read"]}).get_json()["apiKey"] for _ in range(2)
    }
    assert len(keys) == 2
    for key in keys:
        assert ask(registered, key, "users").status_code == 200
        assert ask(registered, key, "customers").status_code == 403
    unknown = registered.post("integration-modules/none/update-scopes", requires={"scopes": []})
    assert unknown.status_code == 404
    wrong = registered.post(path, requires={"scopes": ["everything"]})
    assert (wrong.status_code, list(wrong.get_json()["errors"])) == (400, ["scopes[0]"])


def test_without_a_one_click_connection_scopes_are_refused(registered: Account) -> None:
    registered.client.post("/_bench/readings", json={"simpleConnection": "disabled"})
    path = "integration-modules/my-telephony/update-scopes"
    refused = registered.post(path, requires={"scopes": ["user_read"]})
    assert (refused.status_code, refused.get_json()["errorMsg"]) == (400, "Not enabled simple connection")
