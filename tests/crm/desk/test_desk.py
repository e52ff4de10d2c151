"""A manager's desk: who signs in, what the icon, the cards and the pages show, and what is made there."""

import re
from typing import Any

import pytest
from flask import Response

from tests.crm.desk.browsing import Browser, Listener
from tests.support import Account

ICON = 'action="/call"'
CALLER = "+7 912 345-67-89"


def user(account: Account, number: int = 1) -> dict[str, object]:
    found: list[dict[str, object]] = account.state("users")
    return found[number - 1]


def test_whoever_signs_in_is_online_until_they_sign_out(registered: Account) -> None:
    registered.client.post("/_bench/users/1", json={"online": False})
    browser = Browser(registered)
    assert "Who are you?" in browser.see()
    assert "extension 100" in browser.act("/sign-in", user="1")
    assert user(registered)["online"] is True
    assert "Who are you?" in browser.act("/sign-out")
    assert user(registered)["online"] is False


def test_who_is_online_is_said_before_anybody_signs_in(registered: Account) -> None:
    registered.client.post("/_bench/users/2", json={"online": False})
    page = Browser(registered).see()
    assert page.count("online: no") == 1
    assert page.index("online: yes") < page.index("online: no")


def test_the_extension_is_said_with_its_telephony(account: Account) -> None:
    account.register("first", makeCallUrl="", additionalCodes=[{"userId": 1, "code": "300"}])
    account.register("second")
    assert "extension 100 at second" in Browser(account).sign_in().see()


def test_of_an_unknown_caller_one_way_makes_a_customer(registered: Account, desk: Browser) -> None:
    registered.event(type="in", phone=CALLER, callExternalId="c-1", codes=["100"])
    page = desk.see()
    assert "Make the caller a customer" in page
    assert "/customers/add" not in page


def test_words_of_a_card_stand_apart(registered: Account, desk: Browser) -> None:
    phone = registered.get("customers/1", by="id").get_json()["customer"]["phones"][0]["number"]
    registered.event(type="in", phone=phone, callExternalId="c-1", codes=["100"])
    assert "No order yet · New order" in re.sub("<[^>]+>", "", desk.see())


def test_a_browser_remembers_who_signed_in_and_another_one_does_not(
    registered: Account, desk: Browser
) -> None:
    assert "Who are you?" not in desk.see("/customers")
    assert "Who are you?" in Browser(registered).see()


def test_a_status_is_set_as_by_the_api(registered: Account, desk: Browser) -> None:
    desk.act("/status", status="dinner")
    assert user(registered)["status"] == "dinner"
    registered.advance(0)
    assert "/status?" in registered.last.request.url
    desk.act("/status", status="asleep")
    assert user(registered)["status"] == "dinner"


@pytest.mark.parametrize("path", ["/", "/customers", "/customers/1"])
def test_the_icon_stands_beside_numbers_with_an_extension_and_a_make_call_url(
    desk: Browser, path: str
) -> None:
    assert ICON in desk.see(path)


@pytest.mark.parametrize(
    "settings", [{"makeCallUrl": ""}, {"additionalCodes": [{"userId": 2, "code": "200"}]}]
)
def test_without_either_there_is_no_icon(account: Account, settings: dict[str, Any]) -> None:
    account.register(**settings)
    desk = Browser(account).sign_in()
    assert ICON not in desk.see("/customers")
    assert "No telephone icon beside numbers" in desk.see()


def test_who_is_not_authorised_has_no_icon(registered: Account, desk: Browser) -> None:
    registered.client.post("/_bench/users/1", json={"online": False})
    assert ICON not in desk.see("/customers")
    assert ICON not in Browser(registered).see("/customers")


@pytest.mark.parametrize(("status", "told"), [(200, "Calling"), (503, "the PBX answered 503")])
def test_what_came_of_a_click_is_told(account: Account, listener: Listener, status: int, told: str) -> None:
    listener.answer = Response("", status)
    account.register(makeCallUrl=f"{listener.address.url}/call")
    desk = Browser(account).sign_in()
    page = desk.act("/call", "/customers/1", phone=CALLER, shop="shop2")
    assert told in page
    assert "externalPhone=%2B7-499-888-88-88" in account.last.request.url
    account.advance(61)
    assert told not in desk.see("/customers/1")


@pytest.fixture
def failed(account: Account, listener: Listener) -> Browser:
    """A desk whose click on the front page failed."""
    listener.answer = Response('{"error": "<b>100</b> is busy."}', 409)
    account.register(makeCallUrl=f"{listener.address.url}/call")
    desk = Browser(account).sign_in()
    page = desk.act("/call", phone=CALLER)
    assert "the PBX answered 409: &lt;b&gt;100&lt;/b&gt; is busy." in page
    return desk


NO_CALL = f"No call to {CALLER}"


def test_what_came_of_a_click_stands_on_its_page_alone_until_it_is_closed(failed: Browser) -> None:
    assert NO_CALL in failed.see()
    assert NO_CALL not in failed.see("/customers")
    assert NO_CALL not in failed.act("/told/close")


def test_what_came_of_a_click_goes_with_the_next_card(account: Account, failed: Browser) -> None:
    call = {"phone": CALLER, "callExternalId": "c-1", "codes": ["100"]}
    account.event(type="out", **call)
    assert NO_CALL not in failed.see()
    account.event(type="hangup", hangupStatus="answered", **call)
    assert NO_CALL not in failed.see()


def test_what_came_of_a_click_goes_with_the_next_click(account: Account, failed: Browser) -> None:
    account.client.post("/_bench/click-to-call", json={"userId": 1, "phone": CALLER})
    assert NO_CALL not in failed.see()


def test_a_click_where_there_is_no_icon_any_more_is_told(account: Account) -> None:
    desk = Browser(account).sign_in()
    assert "No telephony is enabled" in desk.act("/call", phone=CALLER)


def test_what_is_no_number_is_not_dialled(registered: Account, desk: Browser) -> None:
    before = registered.last
    assert "abc is no number that can be dialled" in desk.act("/call", phone="abc")
    assert registered.last is before


def test_a_card_names_customer_order_and_shop_and_goes_with_the_call(
    registered: Account, desk: Browser
) -> None:
    phone = registered.get("customers/1", by="id").get_json()["customer"]["phones"][0]["number"]
    registered.post("orders/create", order={"number": "77A", "customer": {"id": 1}}, site="shop1")
    call = {"phone": phone, "callExternalId": "c-1", "codes": ["100"]}
    registered.event(type="in", externalPhone="84999999999", **call)
    page = desk.see("/orders")
    for words in (
        "Incoming call",
        "to Shop 1",
        'href="/customers/1"',
        "Last order 77A",
        "/orders/add?phone=",
    ):
        assert words in page
    registered.event(type="hangup", hangupStatus="answered", **call)
    assert "Incoming call" not in desk.see()


def test_a_card_is_seen_by_those_whom_the_event_names(registered: Account, desk: Browser) -> None:
    other = Browser(registered).sign_in(2)
    registered.event(type="in", phone=CALLER, callExternalId="c-1", codes=["200"])
    assert "Incoming call" not in desk.see()
    assert "Incoming call" in other.see()


def test_an_unknown_caller_is_made_a_customer_whom_every_card_shows(
    registered: Account, desk: Browser
) -> None:
    other = Browser(registered).sign_in(2)
    registered.event(type="in", phone=CALLER, callExternalId="c-1", codes=["100", "200"])
    assert "Unknown caller" in desk.see()
    card = registered.state("cards")[0]["id"]
    page = desk.act("/cards/customer", card=str(card), first="Anna", last="<script>", manager="2")
    for seen in (page, other.see()):
        assert "Anna &lt;script&gt;" in seen
        assert "Unknown caller" not in seen
    found = registered.get("telephony/manager", phone="89123456789").get_json()
    assert found["manager"]["id"] == 2


def test_nobody_makes_a_customer_of_a_card_that_others_see(registered: Account, desk: Browser) -> None:
    registered.event(type="in", phone=CALLER, callExternalId="c-1", codes=["200"])
    card = registered.state("cards")[0]["id"]
    desk.act("/cards/customer", card=str(card), first="Anna")
    assert registered.state("cards")[0]["customerId"] is None


def test_what_callers_send_is_text(registered: Account, desk: Browser) -> None:
    name = "<script>alert(1)</script>"
    registered.post(
        "customers/create",
        customer={"externalId": "x", "firstName": name, "phones": [{"number": CALLER}]},
        site="shop1",
    )
    registered.event(type="in", phone=CALLER, callExternalId="c-1", codes=["100"])
    for path in ("/", "/customers?q=%3Cscript%3E"):
        page = desk.see(path)
        assert name not in page
        assert "&lt;script&gt;alert(1)" in page


def test_customers_are_found_by_name_and_by_number(registered: Account, desk: Browser) -> None:
    customer = registered.get("customers/3", by="id").get_json()["customer"]
    for asked in (customer["lastName"], customer["phones"][0]["number"]):
        assert f'href="/customers/{customer["id"]}"' in desk.see(f"/customers?q={asked}")
    assert "0 found" in desk.see("/customers?q=nobody-of-that-name")


def test_the_links_of_a_lookup_lead_to_pages(registered: Account, desk: Browser) -> None:
    phone = registered.get("customers/1", by="id").get_json()["customer"]["phones"][0]["number"]
    registered.post("orders/create", order={"number": "77A", "customer": {"id": 1}}, site="shop1")
    for number in (phone, CALLER):
        links = registered.get("telephony/manager", phone=number, details="1").get_json()["links"]
        for link in links.values():
            desk.see(link.replace("http://localhost", "").replace("http://crm.example", ""))


def test_an_order_is_made_and_has_its_shop_for_a_click(registered: Account, desk: Browser) -> None:
    page = desk.act("/orders/add", number="A-1", phone=CALLER, shop="shop2", customer="1")
    assert "Order A-1" in page
    assert 'name="shop" value="shop2"' in page
    assert "A-1" in desk.see("/orders")


def test_a_new_customer_stands_on_a_page_of_its_own(desk: Browser) -> None:
    assert "Anna Example" in desk.act("/customers/add", first="Anna", last="Example", phone=CALLER)


@pytest.mark.parametrize("path", ["/customers/999", "/customers/x", "/orders/999", "/orders/x"])
def test_what_is_not_there_is_said(desk: Browser, path: str) -> None:
    assert "There is nothing here" in desk.see(path, status=404)
