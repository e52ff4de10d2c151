"""The settings page of a telephony, and the same by the control API."""

from typing import Any

import orjson
import pytest

from tests.crm.desk.browsing import Browser
from tests.support import Account

PAGE = "/settings/my-telephony"
CALLER = "+7 912 345-67-89"
BY_HAND: dict[str, Any] = {
    "user": ["1", "2", ""],
    "code": ["555", "", ""],
    "shop": ["shop2", ""],
    "phone": ["+7-499-777-77-77", ""],
}


def telephony(account: Account) -> Any:
    module = account.get("integration-modules/my-telephony").get_json()["integrationModule"]
    return module["integrations"]["telephony"]


@pytest.fixture
def browser(registered: Account) -> Browser:
    return Browser(registered)


@pytest.fixture
def closed(account: Account) -> Browser:
    account.register(allowEdit=False)
    return Browser(account)


def test_telephonies_are_listed(browser: Browser, registered: Account) -> None:
    registered.register("second", allowEdit=False)
    page = browser.see("/settings")
    for words in ('href="/settings/my-telephony"', 'href="/settings/second"', "the API alone"):
        assert words in page
    assert "There is nothing here" in browser.see("/settings/third", status=404)


def test_where_clicks_and_statuses_go_is_said(browser: Browser, registered: Account) -> None:
    registered.register("second", changeUserStatusUrl="")

    def rows() -> list[tuple[bool, bool]]:
        pieces = browser.see("/settings").split('<tr><th scope="row">')[1:]
        return [("clicks go here" in row, "hears your status" in row) for row in pieces]

    assert rows() == [(True, False), (False, False)]
    browser.sign_in()
    assert rows() == [(True, True), (False, False)]
    registered.register(makeCallUrl="")
    assert rows() == [(False, True), (True, False)]


def test_a_user_ties_extensions_and_lines_by_hand(browser: Browser, registered: Account) -> None:
    assert "Saved." in browser.act(PAGE, **BY_HAND)
    kept = telephony(registered)
    assert kept["additionalCodes"] == [{"userId": "1", "code": "555"}]
    assert kept["externalPhones"] == [{"siteCode": "shop2", "externalPhone": "+7-499-777-77-77"}]
    assert 'value="555"' in browser.see(PAGE)


def test_what_was_tied_by_hand_counts_as_if_it_were_registered(
    browser: Browser, registered: Account
) -> None:
    browser.act(PAGE, **BY_HAND)
    desk = browser.sign_in()
    answer = registered.event(
        type="in", phone=CALLER, callExternalId="c-1", codes=["555", "100"], externalPhone="84997777777"
    )
    assert answer.get_json()["notExistCodes"] == ["100"]
    assert "to Shop 2" in desk.see()
    desk.act("/call", phone=CALLER, shop="shop2")
    assert "code=555" in registered.last.request.url
    assert "externalPhone=%2B7-499-777-77-77" in registered.last.request.url
    customer = {"externalId": "x", "managerId": 1, "phones": [{"number": CALLER}]}
    registered.post("customers/create", customer=customer, site="shop1")
    assert registered.get("telephony/manager", phone=CALLER).get_json()["manager"]["code"] == "555"


def test_a_registration_replaces_what_was_tied_by_hand(browser: Browser, registered: Account) -> None:
    browser.act(PAGE, **BY_HAND)
    registered.register()
    assert [pair["code"] for pair in telephony(registered)["additionalCodes"]] == ["100", "200"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"code": ["\x07", "", ""]}, "can be read"),
    ({"code": ["abc", "", ""]}, "abc is no extension"),
    ({"phone": ["nobody", ""]}, "The line nobody has no digit"),
    ({"user": ["1", "2", "1"], "code": ["100", "", "100"]}, "Extension 100 stands there twice"),
    ({"shop": ["shop2"] * 2, "phone": ["+7499"] * 2}, "The line +7499 stands there twice"),
    ({"code": ["555", "", "105"]}, "Choose a user for extension 105"),
    ({"phone": ["+7-499-777-77-77", "+7-499-222-22-22"]}, "Choose a shop for +7-499-222-22-22"),
]


@pytest.mark.parametrize(("wrong", "why"), WRONG)
def test_what_cannot_be_saved_is_told_and_stays_to_be_mended(
    browser: Browser, registered: Account, wrong: dict[str, Any], why: str
) -> None:
    typed = {**BY_HAND, **wrong}
    page = browser.refused(PAGE, **typed)
    assert "Nothing was saved" in page
    assert why in page
    for text in filter(None, [*typed["code"], *typed["phone"]]):
        assert f'value="{text}"' in page
    assert len(telephony(registered)["additionalCodes"]) == 2
    assert 'value="100"' in browser.see(PAGE)


def test_an_odd_extension_that_was_registered_may_stay(browser: Browser, account: Account) -> None:
    account.register(additionalCodes=[{"userId": 1, "code": "sip-1"}])
    assert "Saved." in browser.act(PAGE, user=["1", "2"], code=["sip-1", "*55#"])


def test_allow_edit_false_leaves_only_deletion(closed: Browser, account: Account) -> None:
    page = closed.see(PAGE)
    assert "changes through the API alone" not in page
    assert "allowEdit false" in page
    assert f'action="{PAGE}"' not in page
    assert f'action="{PAGE}/switch"' not in page
    assert f'action="{PAGE}/delete"' in page
    assert "allowEdit is false" in closed.refused(PAGE, **BY_HAND)
    closed.act(f"{PAGE}/switch", active="false")
    assert len(telephony(account)["additionalCodes"]) == 2
    assert account.event(type="in", phone=CALLER, codes=["100"]).status_code == 200
    assert "my-telephony is deleted." in closed.act(f"{PAGE}/delete")
    assert account.get("integration-modules/my-telephony").status_code == 404
    assert account.event(type="in", phone=CALLER, codes=["100"]).status_code == 400


def test_switching_is_told_to_the_module(browser: Browser, registered: Account) -> None:
    registered.post(
        "integration-modules/my-telephony/edit",
        integrationModule={"code": "my-telephony", "clientId": "x", "actions": {"activity": "/activity"}},
    )
    page = browser.act(f"{PAGE}/switch", active="false")
    assert "switched off" in page
    registered.advance(0)
    told = registered.last.request
    assert told.url == "http://127.0.0.1:9/activity"
    assert "%22active%22%3Afalse" in (told.body.text or "")
    assert "frozen" in browser.act(f"{PAGE}/switch", freeze="true")


def test_what_the_last_registration_got_wrong_stands_with_its_remedy(
    browser: Browser, registered: Account
) -> None:
    assert "Everything was understood." in browser.see(PAGE)
    registered.post(
        "integration-modules/my-telephony/edit",
        integrationModule={
            "code": "my-telephony",
            "clientId": "x",
            "allowEdit": False,
            "colour": "<b>red</b>",
        },
    )
    page = browser.see(PAGE)
    for words in ("misplaced", "/allowEdit", "ignored", "/colour", "Remove it, or"):
        assert words in page
    assert "<b>" not in page
    registered.register("my-telephony")
    assert "Everything was understood." in browser.see(PAGE)


def test_a_registration_of_version_4_is_looked_at_as_well(browser: Browser, registered: Account) -> None:
    configuration = {"clientId": "x", "makeCallUrl": "http://127.0.0.1:9/c", "colour": "red", "name": "Old"}
    registered.client.post(
        "/api/v4/telephony/setting/my-telephony/edit",
        data={"configuration": orjson.dumps(configuration)},
        headers={"X-API-KEY": registered.crm.settings.api_key},
    )
    assert "/colour" in browser.see(PAGE)


@pytest.mark.parametrize("closed", [False, True])
def test_the_control_api_maps_as_a_user_does(account: Account, closed: bool) -> None:
    account.register(allowEdit=not closed)
    asked = {"extensions": [{"userId": 2, "code": "300"}], "lines": []}
    answer = account.client.post("/_bench/modules/my-telephony/mapping", json=asked)
    assert answer.get_json()["succeeded"] is not closed
    assert (telephony(account)["additionalCodes"] == [{"userId": "2", "code": "300"}]) is not closed


def test_the_control_api_deletes_as_a_user_does(closed: Browser, account: Account) -> None:
    assert account.client.post("/_bench/modules/my-telephony/delete").status_code == 200
    assert account.get("integration-modules/my-telephony").status_code == 404
    for path in ("delete", "mapping"):
        assert account.client.post(f"/_bench/modules/my-telephony/{path}", json={}).status_code == 404


def test_an_open_page_of_a_telephony_that_was_deleted_says_so(closed: Browser) -> None:
    closed.act(f"{PAGE}/delete")
    answer = closed.client.get(PAGE, headers={"HX-Request": "true"})
    assert (answer.status_code, "There is nothing here" in answer.get_data(as_text=True)) == (200, True)
