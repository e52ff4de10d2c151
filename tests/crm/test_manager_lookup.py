"""The responsible manager (evidence#guide-manager, evidence#manager)."""

from collections.abc import Callable

import pytest

from tests.support import Account

PHONE = "8 (912) 345-67-89"


@pytest.fixture
def caller(registered: Account) -> Account:
    """User 2 is responsible for the caller."""
    registered.post(
        "customers/create",
        customer={"externalId": "caller", "firstName": "C", "managerId": 2, "phones": [{"number": PHONE}]},
    )
    return registered


def test_the_manager_comes_with_the_extension_as_text(caller: Account) -> None:
    manager = caller.get("telephony/manager", phone=PHONE).get_json()["manager"]
    assert (manager["id"], manager["code"]) == (2, "200")
    assert {"firstName", "lastName", "email"} <= manager.keys()
    assert "patronymic" not in manager


@pytest.mark.parametrize("phone", ["+79123456789", "79123456789", "89123456789", "+7-912-345-67-89"])
def test_the_number_is_found_in_every_notation(caller: Account, phone: str) -> None:
    assert caller.get("telephony/manager", phone=phone).get_json()["manager"]["id"] == 2


def test_a_number_of_another_country_is_somebody_elses_though_its_last_digits_agree(
    registered: Account,
) -> None:
    customer = {
        "externalId": "kz",
        "firstName": "K",
        "managerId": 2,
        "phones": [{"number": "+7 706 123-45-67"}],
    }
    registered.post("customers/create", customer=customer)
    assert registered.get("telephony/manager", phone="+37061234567").get_json() == {"success": True}
    assert "manager" in registered.get("telephony/manager", phone="87061234567").get_json()


def away(account: Account) -> None:
    account.client.post("/_bench/users/2", json={"online": False})


def at_dinner(account: Account) -> None:
    account.client.post("/_bench/users/2", json={"status": "dinner"})


def without_extension(account: Account) -> None:
    account.register(additionalCodes=[{"userId": 1, "code": "100"}])


def without_manager(account: Account) -> None:
    account.post("customers/caller/edit", customer={"phones": []})


@pytest.mark.parametrize(
    ("spoil", "row", "ignored"),
    [
        (away, "CRM-MANAGER-03", True),
        (at_dinner, "CRM-MANAGER-04", True),
        (without_extension, "CRM-MANAGER-05", False),
        (without_manager, "CRM-MANAGER-02", False),
    ],
)
def test_each_missing_condition_is_a_success_without_a_manager(
    caller: Account, spoil: Callable[[Account], None], row: str, ignored: bool
) -> None:
    spoil(caller)
    answer = caller.get("telephony/manager", phone=PHONE)
    assert (answer.status_code, answer.get_json()) == (200, {"success": True})
    assert [f.requirement for f in caller.findings] == [row]
    lifted = caller.get("telephony/manager", phone=PHONE, ignoreStatus="1").get_json()
    assert ("manager" in lifted) is ignored


@pytest.mark.parametrize("details", ["1", "True", "true"])
def test_details_add_the_customer_and_links(caller: Account, details: str) -> None:
    body = caller.get("telephony/manager", phone=PHONE, details=details).get_json()
    assert body["customer"]["phones"] == [{"number": PHONE}]
    assert sorted(body["links"]) == ["customerLink", "newOrderLink"]


def test_details_of_an_unknown_number_offer_to_create_the_customer(registered: Account) -> None:
    body = registered.get("telephony/manager", phone="+000", details="1").get_json()
    assert sorted(body) == ["links", "success"]
    assert sorted(body["links"]) == ["newCustomerLink", "newOrderLink"]
    assert body["links"]["newOrderLink"].endswith("?phone=%2B000")


def test_without_details_there_is_neither_customer_nor_link(caller: Account) -> None:
    assert sorted(caller.get("telephony/manager", phone=PHONE, details="0").get_json()) == [
        "manager",
        "success",
    ]


def test_of_several_customers_the_latest_changed_one_with_a_manager_counts(caller: Account) -> None:
    caller.advance(60)
    for name, manager in (("younger", 1), ("youngest", None)):
        customer = {"externalId": name, "managerId": manager, "phones": [{"number": PHONE}]}
        caller.post("customers/create", customer=customer)
        caller.advance(60)
    assert caller.get("telephony/manager", phone=PHONE).get_json()["manager"]["id"] == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, "Parameter 'phone' is missing"),
        ({"phone": PHONE, "details": "maybe"}, "Errors in the input parameters"),
    ],
)
def test_a_broken_query_is_refused(registered: Account, query: dict[str, str], message: str) -> None:
    answer = registered.get("telephony/manager", **query)
    assert (answer.status_code, answer.get_json()["errorMsg"]) == (400, message)
