"""Users, shops and customers (evidence#people)."""

import pytest

from callproof.contract.jsontypes import JsonObject
from tests.support import Account


def test_users_come_with_flags_groups_and_pages(account: Account) -> None:
    body = account.get("users", limit="20", page="1").get_json()
    assert list(body) == ["success", "pagination", "users"]
    assert body["pagination"] == {"limit": 20, "totalCount": 2, "currentPage": 1, "totalPageCount": 1}
    first = body["users"][0]
    assert (first["id"], first["online"], first["isAdmin"], first["status"]) == (1, True, True, "free")
    assert first["groups"] == [{"id": 1, "name": "Managers", "code": "manager"}]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"filter[isAdmin]": "1"}, [1]),
        ({"filter[isAdmin]": "False"}, [2]),
        ({"filter[email]": "user2@crm.example"}, [2]),
        ({"filter[status]": "busy"}, []),
        ({"filter[groups][]": "manager"}, [1, 2]),
        ({"filter[groups][]": "nobody"}, []),
        ({"filter": "None"}, [1, 2]),
        ({"page": "2"}, []),
    ],
)
def test_users_are_filtered(account: Account, query: dict[str, str], ids: list[int]) -> None:
    assert [user["id"] for user in account.get("users", **query).get_json()["users"]] == ids


def test_filtering_by_status_asks_for_being_online_too(account: Account) -> None:
    account.client.post("/_bench/users/1", json={"online": False})
    found = account.get("users", **{"filter[status]": "free"}).get_json()["users"]
    assert [user["id"] for user in found] == [2]


@pytest.mark.parametrize("limit", ["0", "10", "21", "1000", "many"])
def test_only_the_known_limits_are_taken(account: Account, limit: str) -> None:
    answer = account.get("users", limit=limit)
    assert answer.status_code == 400
    assert answer.get_json()["errorMsg"] == "Errors in the input parameters"
    assert list(answer.get_json()["errors"]) == ["limit"]


@pytest.mark.parametrize("path", ["users/77", "users/x", "users/99999999999999999999", "customers/nobody"])
def test_what_is_unknown_is_not_found(account: Account, path: str) -> None:
    answer = account.get(path)
    assert (answer.status_code, answer.get_json()) == (404, {"success": False, "errorMsg": "Not found"})


@pytest.mark.parametrize("status", ["free", "busy", "dinner", "break"])
def test_a_status_is_set_whether_online_or_not(account: Account, status: str) -> None:
    account.client.post("/_bench/users/2", json={"online": False})
    assert account.post("users/2/status", status=status).get_json() == {"success": True}
    assert account.get("users/2").get_json()["user"]["status"] == status


@pytest.mark.parametrize(
    ("form", "message"),
    [({"status": "asleep"}, "Errors in the input parameters"), ({}, "Parameter 'status' is missing")],
)
def test_a_wrong_status_is_refused(account: Account, form: dict[str, str], message: str) -> None:
    answer = account.post("users/2/status", **form)
    assert (answer.status_code, answer.get_json()["errorMsg"]) == (400, message)
    assert account.get("users/2").get_json()["user"]["status"] == "free"


def test_shops_are_a_map_by_code(account: Account) -> None:
    sites = account.get("reference/sites").get_json()["sites"]
    assert {code: site["code"] for code, site in sites.items()} == {"shop1": "shop1", "shop2": "shop2"}


def test_a_customer_is_created_edited_and_read(account: Account) -> None:
    created = account.post(
        "customers/create",
        site="shop2",
        customer={"externalId": 7, "firstName": "A", "phones": [{"number": "(603) 292-6810"}]},
    )
    assert created.status_code == 201
    number = created.get_json()["id"]
    account.post("customers/7/edit", customer={"managerId": "2", "vip": True})
    by_id = account.get(f"customers/{number}", by="id").get_json()["customer"]
    assert by_id == account.get("customers/7").get_json()["customer"]
    assert (by_id["externalId"], by_id["managerId"], by_id["site"]) == ("7", 2, "shop2")
    assert by_id["phones"] == [{"number": "(603) 292-6810"}]
    assert (by_id["vip"], by_id["firstName"], by_id["customFields"]) == (True, "A", [])


@pytest.mark.parametrize(
    ("customer", "field"),
    [
        ({"managerId": 77}, "managerId"),
        ({"phones": [{}]}, "phones[0][number]"),
        ({"externalId": "customer-1"}, "externalId"),
    ],
)
def test_a_broken_customer_is_refused_and_not_kept(
    account: Account, customer: JsonObject, field: str
) -> None:
    answer = account.post("customers/create", customer=customer)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (400, [field])
    assert account.state("counts")["customers"] == 20


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"filter[ids][]": "3"}, ["customer-3"]),
        ({"filter[externalIds][0]": "customer-4"}, ["customer-4"]),
        ({"filter[email]": "customer5@mail.example"}, ["customer-5"]),
        ({"filter[name]": "no such name at all"}, []),
        ({"filter[sites][]": "nowhere"}, []),
    ],
)
def test_customers_are_filtered(account: Account, query: dict[str, str], found: list[str]) -> None:
    customers = account.get("customers", **query).get_json()["customers"]
    assert [customer["externalId"] for customer in customers] == found


def test_customers_are_found_by_part_of_a_name_and_by_phone(account: Account) -> None:
    account.post(
        "customers/create",
        customer={"externalId": "x", "firstName": "Zzyzx", "phones": [{"number": "+7 911 000-00-01"}]},
    )
    for text in ("zyz", "8 911 000 00 01"):
        customers = account.get("customers", **{"filter[name]": text}).get_json()["customers"]
        assert [customer["externalId"] for customer in customers] == ["x"]


def test_pages_of_customers_follow_each_other(account: Account) -> None:
    account.post("customers/create", customer={"externalId": "the 21st"})
    second = account.get("customers", page="2").get_json()
    assert second["pagination"] == {"limit": 20, "totalCount": 21, "currentPage": 2, "totalPageCount": 2}
    assert [customer["externalId"] for customer in second["customers"]] == ["the 21st"]


def test_a_customer_without_external_id_is_taken_leniently_and_refused_strictly(
    account: Account, strict_account: Account
) -> None:
    assert account.post("customers/create", site="shop1", customer={"firstName": "A"}).status_code == 201
    assert [f.pointer for f in account.findings] == ["/externalId"]
    refused = strict_account.post("customers/create", site="shop1", customer={"firstName": "A"})
    assert (refused.status_code, refused.get_json()["errorMsg"]) == (
        400,
        "Parameter 'externalId' in 'customer' is missing",
    )
