"""A CRM on PostgreSQL answers as one in memory does, whatever it is sent."""

from collections.abc import Iterator
from typing import Any

import pytest

from callproof.clocks.manual import ManualClock
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.rules.model import Grant
from callproof.crm.settings import CrmSettings
from tests.crm.desk.browsing import Browser
from tests.support import KEY, Account, call_item

LONG = "1" * 300
FILTERS = ("name", "email", "phone", "externalIds][", "sites][")


@pytest.fixture
def on_postgres(postgres_url: str) -> Iterator[Account]:
    """An account on PostgreSQL with the guide's telephony."""
    settings = CrmSettings(api_key=KEY, base_url="http://crm.example", database=postgres_url)
    crm = Crm(settings, ManualClock())
    account = Account(crm, create_app(crm).test_client())
    assert account.register().status_code == 201
    yield account
    crm.close()


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"callExternalId": LONG},
        {"callExternalId": "c\0"},
        {"codes": ["100", LONG]},
        {"codes": ["100\0"]},
        {"userIds": [999_999_999]},
        {"externalPhone": LONG},
        {"phone": "+7 912\0"},
        {"webAnalyticsData": {"queryString": "\0"}},
    ],
    ids=str,
)
def test_an_event_is_answered_alike(
    registered: Account, on_postgres: Account, change: dict[str, Any]
) -> None:
    event = {"phone": "+7-555-555-55-55", "type": "in", "codes": ["100"], **change}
    answers = [account.event(**event) for account in (registered, on_postgres)]
    assert answers[1].get_json() == answers[0].get_json()
    assert on_postgres.state("cards") == registered.state("cards")


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"externalId": LONG},
        {"externalId": "c\0"},
        {"phone": "+7 912\0"},
        {"userId": 999_999_999},
        {"duration": 2**31 - 1},
        {"source": {"campaign": "\0"}},
    ],
    ids=str,
)
def test_an_upload_is_answered_alike(
    registered: Account, on_postgres: Account, change: dict[str, Any]
) -> None:
    call = call_item(**{"externalId": "c-1", **change})
    for _ in range(2):
        answers = [account.upload(call) for account in (registered, on_postgres)]
        assert answers[1].get_json() == answers[0].get_json()
    assert on_postgres.state("calls") == registered.state("calls")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *[(name, text) for name in FILTERS for text in ("customer1", LONG)],
        *[(name, "\0") for name in FILTERS],
    ],
    ids=ascii,
)
def test_customers_are_looked_for_alike(
    registered: Account, on_postgres: Account, name: str, text: str
) -> None:
    answers = [
        account.get("customers", **{f"filter[{name}]": text}) for account in (registered, on_postgres)
    ]
    assert answers[1].get_json() == answers[0].get_json()


def test_a_customer_with_an_odd_text_hides_no_other(on_postgres: Account) -> None:
    on_postgres.post("customers/create", customer={"externalId": "odd", "firstName": "a\0b"})
    found = on_postgres.get("customers", **{"filter[email]": "customer1@mail.example"}).get_json()
    assert [customer["externalId"] for customer in found["customers"]] == ["customer-1"]


def test_a_reset_brings_back_the_same_numbers(registered: Account, on_postgres: Account) -> None:
    answers = []
    for account in (registered, on_postgres):
        assert account.client.post("/_bench/reset", json={}).status_code == 200
        answers.append(account.get("customers/customer-1").get_json())
    assert answers[1] == answers[0]


def test_the_history_is_read_back_by_date_cursor_and_shop(on_postgres: Account) -> None:
    dates = [f"2024-05-01 1{number % 2}:00:00" for number in range(5)]
    calls = [call_item(f"c-{number}", date=date) for number, date in enumerate(dates)]
    on_postgres.upload(*calls, call_item("elsewhere", site="shop2"))
    found: list[str] = []
    cursor = ""
    while not found or cursor:
        body = on_postgres.get("telephony/calls", limit="2", cursor=cursor).get_json()
        found += [call["externalId"] for call in body["calls"]]
        cursor = body["pagination"].get("nextCursor", "")
    assert found == ["elsewhere", "c-3", "c-1", "c-4", "c-2", "c-0"]
    with on_postgres.crm.store.begin() as session:
        session.save_grant(Grant("one", ("telephony_read",), ("shop1",)))
    answer = on_postgres.client.get("/api/v5/telephony/calls", headers={"X-API-KEY": "one"})
    assert [call["externalId"] for call in answer.get_json()["calls"]] == found[1:]


def test_a_task_is_changed(on_postgres: Account) -> None:
    on_postgres.post("tasks/create", site="shop1", task={"text": "Call back", "performerId": 1})
    on_postgres.post("tasks/1/edit", task={"text": "Called"})
    task = on_postgres.get("tasks/1").get_json()["task"]
    assert (task["text"], task["performerId"]) == ("Called", 1)


@pytest.mark.parametrize(
    "asked",
    [
        "phone=0001",
        "phone=%00",
        "type=in&result=answered",
        "since=2024-05-01&until=2024-05-01",
        "until=2024-04-30",
    ],
)
def test_the_desk_looks_through_the_history_alike(
    registered: Account, on_postgres: Account, asked: str
) -> None:
    pages = []
    for account in (registered, on_postgres):
        account.upload(
            call_item("c-1", phone="+7 (912) 000-00-01"), call_item("c-2", date="2024-04-30 23:59:59")
        )
        page = account.client.get(f"/history?{asked}").get_data(as_text=True)
        pages.append(page.partition("<table")[2].partition("</table>")[0])
    assert pages[1] == pages[0]


@pytest.mark.parametrize(
    "path", ["/", "/customers?q=%00", "/orders", "/recording?call=%00", "/settings/%00"]
)
def test_pages_show_alike(registered: Account, on_postgres: Account, path: str) -> None:
    answers = [account.client.get(path) for account in (registered, on_postgres)]
    assert answers[1].status_code == answers[0].status_code < 500


def test_the_desk_makes_customers_and_orders_and_maps_alike(
    registered: Account, on_postgres: Account
) -> None:
    for account in (registered, on_postgres):
        desk = Browser(account).sign_in()
        account.event(type="in", phone="+7 912 345-67-89", callExternalId="c-1", codes=["100"])
        card = str(account.state("cards")[0]["id"])
        assert "Anna" in desk.act("/cards/customer", card=card, first="An\0na")
        assert "Order 7" in desk.act("/orders/add", number="7\0", customer="1")
        assert "Saved" in desk.act("/settings/my-telephony", user="1", code="555")
        assert account.state("modules")[0]["extensions"] == {"555": 1}
        assert "is deleted" in desk.act("/settings/my-telephony/delete")
        assert account.state("modules") == []
