"""The control API of both ends."""

import re
from pathlib import Path
from typing import Any

import pytest
import requests
from openapi_spec_validator import validate

from callproof.clocks.manual import ManualClock
from callproof.contract.jsontypes import JsonObject
from callproof.control.api import control_of
from callproof.crm.account import api_key
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.pbx.app import create_app as create_pbx_app
from callproof.running.pair import BuiltIn
from tests.support import Account


def test_state_begins_with_the_counts(pair: BuiltIn) -> None:
    for url in (pair.crm_url, pair.pbx_url):
        text = requests.get(f"{url}/_bench/state", timeout=10).text
        assert re.match(r'\{"counts":\{"calls":\d+,"events":\d+,"customers":\d+,"modules":\d+\}', text)


def test_the_description_names_every_route(pair: BuiltIn) -> None:
    for url, app in ((pair.crm_url, "crm"), (pair.pbx_url, "pbx")):
        document = requests.get(f"{url}/_bench/openapi.json", timeout=10).json()
        assert document["openapi"] == "3.1.0"
        described = {
            (verb.upper(), re.sub(r"\{(\w+)\}", r"<\1>", path))
            for path, verbs in document["paths"].items()
            for verb in verbs
        }
        assert ("POST", "/_bench/reset") in described, app
        assert described == routes(app)


def test_the_description_is_openapi_and_says_what_is_asked(pair: BuiltIn) -> None:
    for url in (pair.crm_url, pair.pbx_url):
        document = requests.get(f"{url}/_bench/openapi.json", timeout=10).json()
        validate(document)
    asked = document["components"]["schemas"]["PlaceAsked"]
    assert (list(asked["properties"]), asked["required"]) == (["from", "to", "script"], ["from", "to"])
    assert asked["additionalProperties"] is False
    body = document["paths"]["/_bench/calls"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/PlaceAsked"}
    limit = document["paths"]["/_bench/calls"]["get"]["parameters"][1]
    assert (limit["name"], limit["in"], limit["schema"]["type"]) == ("limit", "query", "number")


def routes(end: str) -> set[tuple[str, str]]:
    from callproof.pbx.pbx import Pbx
    from callproof.pbx.settings import PbxSettings

    clock = ManualClock()
    if end == "crm":
        app = create_app(Crm(CrmSettings(api_key="k", base_url="http://crm"), clock))
    else:
        app = create_pbx_app(Pbx(PbxSettings("http://pbx", "http://crm", "k"), clock))
    return {
        (verb, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/_bench")
        for verb in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("/users/1", {"status": "asleep"}, "status: 'asleep' is not one of"),
        ("/users/77", {"status": "free"}, "There is no user 77."),
        ("/users/1", {"colour": "red"}, "The body: Additional properties are not allowed"),
        ("/click-to-call", {"userId": 1}, "The body: 'phone' is a required property."),
        ("/clock", {"advance": -1}, "advance: -1 is less than the minimum of 0."),
        ("/clock", {"advance": 1e300}, "advance: 1e+300 is greater than the maximum"),
        ("/modules/none", {"active": True}, "There is no module none."),
        ("/seed", {"users": [{"id": 1}, {"id": 0}]}, "users/1/id: 0 is less than the minimum of 1."),
        ("/budgets", {"general": "x"}, "general: 'x' is not of type 'integer'."),
        ("/keys", {"key": "a", "scopes": ["all"]}, "scopes/0: 'all' is not one of"),
        ("/readings", {"repeat": "never"}, "repeat: 'never' is not one of ['keep', 'update-record-url']."),
        ("/faults", {"fault": "crm-overloaded", "on": ["none"]}, "on/0: 'none' is not one of"),
        ("/faults", {"fault": "nothing"}, "There is no fault 'nothing'"),
    ],
)
def test_a_wrong_request_gets_one_sentence(account: Account, path: str, body: Any, error: str) -> None:
    answer = account.client.post(f"/_bench{path}", json=body)
    assert answer.status_code in (400, 404)
    assert answer.get_json()["error"].startswith(error)


@pytest.mark.parametrize("since", ["-1", "x", "nan", "1e999"])
def test_a_number_that_is_none_is_refused(account: Account, since: str) -> None:
    answer = account.client.get("/_bench/journal", query_string={"since": since})
    assert answer.status_code == 400


@pytest.mark.parametrize("sent", [b"{", b"\xff", b'{"status": 1e400}', b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(account: Account, sent: bytes) -> None:
    answer = account.client.post("/_bench/users/1", data=sent)
    assert answer.status_code == 400
    assert answer.get_json()["error"].startswith("The body is not JSON")


def test_reset_goes_back_to_the_seed(registered: Account) -> None:
    registered.event(phone="88005553125", type="in", codes=["100"])
    registered.client.post("/_bench/users/1", json={"status": "busy"})
    registered.client.post("/_bench/reset")
    assert registered.state("counts") == {"calls": 0, "events": 0, "customers": 20, "modules": 0}
    assert registered.state("users")[0]["status"] == "free"
    assert registered.crm.journal.since() == []


def test_another_seed_makes_other_people_and_calls(pair: BuiltIn) -> None:
    def first_customer() -> Any:
        with pair.crm.store.begin() as session:
            return session.customer(1)

    def first_call() -> str:
        return pair.pbx.engine.place_incoming("+7 912 345-67-89", "+7-499-999-99-99").id

    customer, call = first_customer(), first_call()
    for url in (pair.crm_url, pair.pbx_url):
        assert requests.post(f"{url}/_bench/seed", json={"seed": 2}, timeout=10).status_code == 200
    assert first_customer() != customer
    assert first_call() != call


def test_users_and_shops_are_added_and_changed(registered: Account) -> None:
    registered.client.post(
        "/_bench/seed",
        json={
            "users": [{"id": 3, "status": "busy"}, {"id": 1, "online": False}],
            "sites": [{"code": "shop3"}],
        },
    )
    assert [(u["id"], u["online"], u["status"]) for u in registered.state("users")] == [
        (1, False, "free"),
        (2, True, "free"),
        (3, True, "busy"),
    ]
    assert "shop3" in registered.get("reference/sites").get_json()["sites"]
    assert registered.state("counts")["modules"] == 1


def test_the_journal_tells_both_directions_whole(pair: BuiltIn) -> None:
    pair.crm.outgoing.make_call(1, "+7 912 123-45-67")
    entries = requests.get(f"{pair.crm_url}/_bench/journal", timeout=10).json()["entries"]
    incoming, outgoing = entries[0], entries[-1]
    assert (incoming["direction"], incoming["request"]["method"]) == ("in", "POST")
    assert incoming["request"]["body"]["text"].startswith("integrationModule=%7B")
    assert incoming["answer"]["body"]["text"] == '{"success":true,"info":[]}'
    assert (outgoing["direction"], outgoing["answer"]["status"]) == ("out", 200)
    assert outgoing["request"]["url"].startswith(f"{pair.pbx_url}/callbacks/make-call?clientId=")


def test_a_token_is_demanded_when_one_is_set() -> None:
    crm = Crm(CrmSettings(api_key="k", base_url="http://crm"), ManualClock())
    client = create_app(crm, token="secret").test_client()
    missing = client.get("/_bench/state")
    wrong = client.get("/_bench/state", headers={"X-Callproof-Token": "wrong"})
    assert (missing.status_code, wrong.status_code) == (403, 403)
    assert "wants its token in X-Callproof-Token, and none was sent" in missing.text
    assert "is not that of this control API" in wrong.text
    for answer in (missing, wrong):
        assert "--control-token or CALLPROOF_CONTROL_TOKEN" in answer.text
    assert client.get("/_bench/state", headers={"X-Callproof-Token": "secret"}).status_code == 200
    crm.close()


def test_a_page_of_another_origin_cannot_use_the_control_api(account: Account) -> None:
    foreign = account.client.post("/_bench/reset", headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
    own = account.client.post("/_bench/reset", headers={"Origin": "http://localhost"})
    assert own.status_code == 200


def test_findings_are_logged_with_the_path_of_their_exchange(
    registered: Account, caplog: pytest.LogCaptureFixture
) -> None:
    registered.event(phone="1", type="in", codes=["100"], **{"colour\n\x1b[31m": 1})
    assert "call/event: ignored: event/colour\\n\\x1b[31m: the contract knows no" in caplog.text
    assert "\x1b" not in caplog.text


def test_the_same_seed_makes_the_same_people_and_key(tmp_path: Path) -> None:
    def people(number: int) -> list[Any]:
        crm = Crm(CrmSettings(api_key="k", base_url="http://crm", seed=number), ManualClock())
        with crm.store.begin() as session:
            found = [session.customer(n) for n in range(1, 21)]
        crm.close()
        return found

    assert people(7) == people(7)
    assert people(7) != people(8)
    assert api_key(7) == api_key(7) != api_key(8)
    assert len(api_key(7)) == 32


def test_a_plan_hours_and_a_zone_hold_until_the_next_reset(pair: BuiltIn) -> None:
    bench = f"{pair.pbx_url}/_bench"
    plan = {
        "lines": [{"phone": "+7-495-000-00-01", "shop": "shop1", "group": "all"}],
        "groups": {"all": {"extensions": ["701"]}},
        "extensions": {"701": {"user": 1}},
    }
    told = [
        requests.post(f"{bench}/{path}", json=body, timeout=10).json()
        for path, body in (
            ("zone", {"timezone": "Asia/Kolkata"}),
            ("plan", {"plan": plan}),
            ("hours", {"hours": [{"from": "00:00", "to": "00:01"}]}),
        )
    ]
    assert told[-1] == {"lines": ["+7-495-000-00-01"], "timezone": "Asia/Kolkata"}
    call = {"from": "+79120000001", "to": "+7-495-000-00-01"}
    assert requests.post(f"{bench}/calls", json=call, timeout=10).ok
    (kept,) = requests.get(f"{bench}/state", timeout=10).json()["calls"]
    assert (kept["state"], kept["reason"]) == ("ended", "outside the hours of the line")
    assert pair.pbx.settings.timezone == "Asia/Kolkata"
    requests.post(f"{bench}/reset", timeout=10)
    assert requests.post(f"{bench}/calls", json=call, timeout=10).status_code == 404
    assert pair.pbx.settings.timezone == "UTC"


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("plan", {"plan": {"lines": []}}, "the plan:1: "),
        ("hours", {"hours": [{"from": "9", "to": "18:00"}]}, "hours/0/from"),
        ("zone", {"timezone": "Moscow"}, "there is no time zone 'Moscow'"),
    ],
)
def test_settings_that_a_pbx_cannot_live_by_are_refused(
    pair: BuiltIn, path: str, body: JsonObject, words: str
) -> None:
    answer = requests.post(f"{pair.pbx_url}/_bench/{path}", json=body, timeout=10)
    assert (answer.status_code, words in answer.json()["error"]) == (400, True)


def test_the_plan_does_not_change_during_a_call(pair: BuiltIn) -> None:
    bench = f"{pair.pbx_url}/_bench"
    requests.post(f"{bench}/calls", json={"from": "+79120000001", "to": "+7-499-999-99-99"}, timeout=10)
    answer = requests.post(f"{bench}/zone", json={"timezone": "Asia/Kolkata"}, timeout=10)
    assert answer.status_code == 409


def test_an_account_has_another_zone_country_and_more_shops_until_the_next_reset(account: Account) -> None:
    told = account.client.post(
        "/_bench/account", json={"timezone": "Europe/Madrid", "country": "ES", "shops": ["shop3"]}
    )
    assert told.get_json() == {"timezone": "Europe/Madrid", "country": "ES"}
    customer = {"externalId": "es", "managerId": 1, "phones": [{"number": "612 34 56 78"}]}
    account.post("customers/create", customer=customer)
    account.register()
    assert "manager" in account.get("telephony/manager", phone="+34612345678").get_json()
    assert "shop3" in account.get("reference/sites").get_json()["sites"]
    assert account.client.post("/_bench/account", json={"country": "UK"}).status_code == 400
    account.client.post("/_bench/reset")
    assert (account.crm.settings.timezone, account.crm.settings.country) == ("UTC", "RU")
    assert "shop3" not in account.get("reference/sites").get_json()["sites"]


def test_one_extension_is_told_by_its_place_among_those_that_are_free(pair: BuiltIn) -> None:
    def told(**query: float) -> list[object]:
        answer = requests.get(f"{pair.pbx_url}/_bench/extensions", params=query, timeout=10).json()
        return [found["extension"] for found in answer["extensions"]]

    everybody = told()
    assert (told(at=0), told(at=0.99), told(free=1, at=0)) == (everybody[:1], everybody[-1:], everybody[:1])
    pair.pbx.engine.dial(str(everybody[0]), "+79123456789", None)
    assert told(free=1, at=0) == everybody[1:2]
    assert requests.get(f"{pair.pbx_url}/_bench/extensions?at=1", timeout=10).status_code == 400


def test_within_the_process_a_method_is_answered_as_over_http(pair: BuiltIn) -> None:
    control = control_of(create_pbx_app(pair.pbx))
    for path in ("/clock", "/counts", "/extensions?free=1", "/journal?limit=x"):
        over = requests.get(f"{pair.pbx_url}/_bench{path}", timeout=10)
        answer = control.directly("GET", f"/_bench{path}", b"")
        assert answer
        assert (answer.status, answer.body.content) == (over.status_code, over.content)
    assert control.directly("GET", "/_bench/nothing", b"") is None
