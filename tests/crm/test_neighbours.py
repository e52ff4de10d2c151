"""Tasks, orders and companies are kept and listed (evidence#neighbours, evidence#missed-tasks)."""

import pytest

from tests.support import Account


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


@pytest.mark.parametrize("path", ["orders/upload", "packs", "store/products"])
def test_what_is_not_simulated_is_refused_with_a_finding(account: Account, path: str) -> None:
    assert account.get(path).status_code == 404
    assert [finding.kind for finding in account.findings] == ["violation"]
