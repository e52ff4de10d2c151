"""Tasks, orders and companies are kept and listed, the account describes itself, and what is not simulated
says so (evidence#neighbours, evidence#missed-tasks, evidence#neighbours-words)."""

import pytest

from tests.support import KEY, Account


@pytest.mark.parametrize(
    ("path", "name", "plural", "singular"),
    [
        ("tasks", "task", "tasks", "task"),
        ("orders", "order", "orders", "order"),
        ("customers-corporate", "customerCorporate", "customersCorporate", "customerCorporate"),
    ],
)
def test_what_is_created_is_read_and_listed(
    account: Account, path: str, name: str, plural: str, singular: str
) -> None:
    created = account.post(
        f"{path}/create", site="shop2", **{name: {"text": "Call back", "externalId": "x"}}
    )
    assert (created.status_code, created.get_json()) == (201, {"success": True, "id": 1})
    body = account.get(path).get_json()
    assert (body["pagination"]["totalCount"], body[plural][0]["site"]) == (1, "shop2")
    assert body[plural][0]["text"] == "Call back"
    one = account.get(f"{path}/1", by="id").get_json()[singular]
    assert (one["externalId"], one["createdAt"]) == ("x", "2024-05-01 12:00:00")
    again = account.post(f"{path}/create", site="shop2", **{name: {"text": "t", "externalId": "x"}})
    assert (again.status_code, list(again.get_json()["errors"])) == (400, ["externalId"])
    assert account.get(f"{path}/77", by="id").status_code == 404


def test_a_task_for_an_unknown_user_is_not_loaded(account: Account) -> None:
    answer = account.post("tasks/create", site="shop1", task={"text": "Call back", "performerId": 77})
    assert (answer.status_code, answer.get_json()) == (
        400,
        {
            "success": False,
            "errorMsg": "Task is not loaded",
            "errors": {"performerId": "This value is not valid."},
        },
    )
    assert account.get("tasks").get_json()["tasks"] == []


def test_the_lookup_links_to_the_customers_last_order(registered: Account) -> None:
    phone = registered.get("customers/customer-3").get_json()["customer"]["phones"][0]["number"]
    for number in ("o-1", "o-2"):
        order = {"externalId": number, "customer": {"externalId": "customer-3"}}
        registered.post("orders/create", site="shop1", order=order)
    links = registered.get("telephony/manager", phone=phone, details="1").get_json()["links"]
    assert links["lastOrderLink"] == "http://crm.example/orders/2/edit"


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "customers/history"),
        ("GET", "customers/notes"),
        ("GET", "customers/1/notes"),
        ("POST", "customers/notes/create"),
        ("POST", "customers/upload"),
        ("POST", "customers/combine"),
        ("POST", "customers/fix-external-ids"),
        ("GET", "customers/history/"),
        ("GET", "orders/history"),
        ("GET", "orders/statuses"),
        ("POST", "orders/upload"),
        ("POST", "orders/1/edit"),
        ("GET", "tasks/history"),
        ("GET", "customers-corporate/history"),
        ("POST", "customers-corporate/x/contacts/create"),
        ("GET", "reference/statuses"),
        ("GET", "packs"),
        ("GET", "store/products"),
    ],
)
def test_what_is_known_and_not_simulated_says_so(account: Account, verb: str, path: str) -> None:
    answer = account.client.open(f"/api/v5/{path}", method=verb, headers={"X-API-KEY": KEY})
    body = answer.get_json()
    assert (answer.status_code, body["success"]) == (501, False)
    assert (
        body["errorMsg"] == f"{verb} /api/v5/{path} is a method of the API that is known and not simulated"
    )
    assert [finding.kind for finding in account.findings] == ["notice"]
    assert account.client.open(f"/api/v5/{path}", method=verb).status_code == 403


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "no-such-method", 404),
        ("GET", "customers/historian", 404),
        ("POST", "customers/customer-1", 405),
        ("POST", "tasks", 405),
        ("GET", "customers/create", 405),
        ("POST", "settings", 405),
    ],
)
def test_what_is_not_of_the_api_is_refused_as_before(
    account: Account, verb: str, path: str, status: int
) -> None:
    answer = account.client.open(f"/api/v5/{path}", method=verb, headers={"X-API-KEY": KEY})
    assert (answer.status_code, [finding.kind for finding in account.findings]) == (status, ["violation"])


def test_a_module_may_be_called_as_a_method_is(account: Account) -> None:
    assert account.register("history").status_code == 201
    module = account.get("integration-modules/history").get_json()["integrationModule"]
    assert module["code"] == "history"


def test_a_task_is_changed_in_what_is_sent(account: Account) -> None:
    account.post(
        "tasks/create", site="shop1", task={"text": "Call back", "performerId": 1, "externalId": "t-1"}
    )
    account.post("tasks/create", site="shop1", task={"text": "Another", "externalId": "t-2"})
    task = {"text": "Called", "complete": True, "customer": {"externalId": "customer-3"}}
    assert account.post("tasks/1/edit", site="shop1", task=task).get_json() == {"success": True, "id": 1}
    read = account.get("tasks/1").get_json()["task"]
    assert (read["text"], read["complete"], read["performerId"], read["externalId"]) == (
        "Called",
        True,
        1,
        "t-1",
    )
    assert account.get("tasks/2").get_json()["task"]["text"] == "Another"
    statuses = [
        account.post("tasks/1/edit", task={"performerId": 77}).status_code,
        account.post("tasks/1/edit", task={"externalId": "t-2"}).status_code,
        account.post("tasks/1/edit", task={"externalId": "t-1"}).status_code,
        account.post("tasks/9/edit", task={"text": "Nobody's"}).status_code,
        account.post("tasks/1/edit").status_code,
    ]
    assert statuses == [400, 400, 200, 404, 400]


def test_the_contacts_of_a_company_are_listed(account: Account) -> None:
    named = [
        {"isMain": True, "customer": {"externalId": "customer-3"}},
        {"customer": {"id": 4, "site": "shop1"}},
        {"customer": {"externalId": "a stranger"}},
    ]
    company = {"externalId": "c", "nickName": "Company", "customerContacts": named}
    account.post("customers-corporate/create", site="shop1", customerCorporate=company)
    body = account.get("customers-corporate/c/contacts").get_json()
    assert body["pagination"]["totalCount"] == 3
    third = {"type": "customer", "id": 3, "externalId": "customer-3", "site": "shop2"}
    assert body["contacts"][0] == {"id": 1, "isMain": True, "customer": third, "companies": []}
    assert [contact["customer"].get("id") for contact in body["contacts"]] == [3, 4, None]
    for query in (
        {"filter[contactIds][]": "4"},
        {"filter[ids][]": "2"},
        {"filter[contactExternalIds][]": "customer-4"},
    ):
        found = account.get("customers-corporate/1/contacts", by="id", **query).get_json()["contacts"]
        assert [contact["id"] for contact in found] == [2]
    account.post("customers-corporate/create", site="shop1", customerCorporate={"externalId": "d"})
    assert account.get("customers-corporate/d/contacts").get_json()["contacts"] == []
    assert account.get("customers-corporate/nobody/contacts").status_code == 404


def test_the_settings_tell_the_zone_and_when_the_account_works(account: Account) -> None:
    account.client.post("/_bench/account", json={"timezone": "Europe/Moscow"})
    settings = account.get("settings").get_json()["settings"]
    assert settings["timezone"] == {"value": "Europe/Moscow", "updated_at": "2024-04-01 15:00:00"}
    assert (settings["default_currency"]["value"], settings["system_language"]["value"]) == ("RUB", "EN")
    assert settings["work_times"][0] == {
        "day_type": "Monday",
        "start_time": "09:00",
        "end_time": "18:00",
        "lunch_start_time": "13:00",
        "lunch_end_time": "14:00",
    }


def test_groups_of_statuses_and_shops_are_maps_by_code(account: Account) -> None:
    groups = account.get("reference/status-groups").get_json()["statusGroups"]
    assert {code: group["code"] for code, group in groups.items()} == {code: code for code in groups}
    assert groups["new"]["statuses"] == ["new"]
    sites = account.get("reference/sites").get_json()["sites"]
    assert {code: site["id"] for code, site in sites.items()} == {"shop1": 1, "shop2": 2}
