"""What a page of another site makes a browser ask is refused, and nothing that a program asks."""

import json
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from callproof.clocks.manual import ManualClock
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.running.pair import BuiltIn
from tests.support import KEY, Account

EVENT = "/api/v5/telephony/call/event"
RINGING = {"phone": "+79123456789", "type": "in", "codes": ["100"]}
# What browsers say of a form or a script of another page: on loopback or over TLS, and elsewhere.
OF_OTHERS = [
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Origin": "http://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Origin": "http://localhost:9"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    # A page whose own name was made to lead here.
    {"Host": "evil.example", "Origin": "http://evil.example"},
    {"Host": "evil.example", "Sec-Fetch-Site": "same-origin"},
]
# PHP and curl; Node's fetch; a page of the end itself; an address that a person typed; a tunnel's name.
OF_NOBODY_ELSE: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Mode": "cors", "Accept-Language": "*"},
    {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"},
    {"Origin": "https://localhost"},
]


def form() -> dict[str, str]:
    return {"event": json.dumps(RINGING), "apiKey": KEY}


@pytest.mark.parametrize("headers", OF_OTHERS)
def test_no_page_of_others_writes_by_a_key_that_it_knows(
    registered: Account, headers: dict[str, str]
) -> None:
    answer = registered.client.post(EVENT, data=form(), headers=headers)
    assert (answer.status_code, answer.get_json()["success"]) == (403, False)
    with registered.crm.store.begin() as session:
        assert session.counts()["events"] == 0
    [finding] = registered.crm.journal.since(0)[-1].findings
    assert finding.kind == "notice"


@pytest.mark.parametrize("headers", [*OF_NOBODY_ELSE, {"Host": "tunnel.example"}])
def test_programs_and_own_pages_write(registered: Account, headers: dict[str, str]) -> None:
    assert registered.client.post(EVENT, data=form(), headers=headers).status_code == 200


def test_a_key_in_the_header_is_a_programs_wherever_its_page_is_from(registered: Account) -> None:
    headers = {"X-API-KEY": KEY, "Sec-Fetch-Site": "cross-site", "Origin": "null"}
    assert registered.client.post(EVENT, data=form(), headers=headers).status_code == 200


def test_no_page_of_others_is_allowed_to_send_the_key_in_the_header(account: Account) -> None:
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Headers": "x-api-key"}
    answer = account.client.options(EVENT, headers=asked)
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("headers", OF_OTHERS)
@pytest.mark.parametrize("verb", ["GET", "POST", "DELETE"])
def test_no_page_of_others_uses_the_control_api(
    account: Account, headers: dict[str, str], verb: str
) -> None:
    path = "/_bench/reset" if verb == "POST" else "/_bench/journal"
    answer = account.client.open(path, method=verb, headers=headers)
    assert (answer.status_code, list(answer.get_json())) == (403, ["error"])


@pytest.mark.parametrize("headers", OF_NOBODY_ELSE)
def test_programs_use_the_control_api(account: Account, headers: dict[str, str]) -> None:
    assert account.client.post("/_bench/reset", headers=headers).status_code == 200


def asked(pair: BuiltIn, path: str, headers: dict[str, str]) -> int:
    query = {
        "clientId": pair.pbx.settings.client_id,
        "code": "100",
        "phone": "+79120000001",
        "userId": "1",
        "status": "busy",
    }
    url = f"{pair.pbx_url}/callbacks/{path}"
    return requests.get(url, params=query, headers=headers, timeout=30).status_code


@pytest.mark.parametrize("headers", OF_OTHERS)
def test_no_page_of_others_makes_the_pbx_call(pair: BuiltIn, headers: dict[str, str]) -> None:
    assert asked(pair, "make-call", headers) == 403
    assert asked(pair, "user-status", headers) == 403
    assert requests.get(f"{pair.pbx_url}/_bench/state", timeout=30).json()["calls"] == []


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Mode": "cors"}, {"Host": "tunnel.example"}])
def test_a_crm_makes_the_pbx_call(pair: BuiltIn, headers: dict[str, str]) -> None:
    assert asked(pair, "make-call", headers) == 200


def test_a_browser_opens_the_account_and_plays_recordings_from_the_pages_of_a_crm(pair: BuiltIn) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://crm.example"}
    sent = {"clientId": pair.pbx.settings.client_id}
    opened = requests.post(f"{pair.pbx_url}/callbacks/account", data=sent, headers=headers, timeout=30)
    assert opened.status_code == 200
    played = requests.get(f"{pair.pbx_url}/recordings/none.mp3", headers=headers, timeout=30)
    assert played.status_code == 404


@pytest.fixture
def pages() -> FlaskClient:
    settings = CrmSettings(api_key=KEY, base_url="http://localhost")
    return create_app(Crm(settings, ManualClock())).test_client()


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", ["/", "/live", "/history"])
def test_a_link_leads_to_the_pages_and_no_script_of_others_does(
    pages: FlaskClient, site: str, path: str
) -> None:
    def status(mode: str, to: str) -> Any:
        return pages.get(to, headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}).status_code

    assert status("navigate", "/") == 200
    assert (status("no-cors", path), status("cors", path)) == (403, 403)


def test_a_form_of_others_does_nothing_whatever_its_token(pages: FlaskClient) -> None:
    page = pages.get("/").get_data(as_text=True)
    sent = {"csrf": page.partition('name="csrf" value="')[2].partition('"')[0], "language": "ru"}
    headers = {"Sec-Fetch-Site": "same-site"}
    assert pages.post("/language", data=sent, headers=headers).status_code == 403
    assert pages.post("/language", data=sent, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
