"""How parameters are read: empty ones, filters, files, brackets (evidence#encoding, evidence#people)."""

from http.client import HTTPConnection
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from werkzeug.test import TestResponse

from callproof.crm.app import create_app
from callproof.running.threads import Address, serving
from tests.support import KEY, Account, call_item

EVENT = {"phone": "+79123456789", "type": "in", "codes": ["100"], "callExternalId": "p-1"}


def ids(answer: TestResponse) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [user["id"] for user in answer.get_json()["users"]]


@pytest.mark.parametrize(
    "query",
    [
        {"site": ""},
        {"filter[active]": ""},
        {"filter[online]": "", "filter[isAdmin]": ""},
        {"filter[email]": ""},
        {"filter[status]": ""},
        {"filter[groups][]": ""},
        {"filter[groups]": ""},
        {"filter[createdAtFrom]": "", "filter[createdAtTo]": ""},
        {"filter[]": ""},
        {"filter": ""},
        {"page": "", "limit": ""},
        {"whatever": "", "apiKey": ""},
    ],
)
def test_an_empty_parameter_of_a_list_is_absent(
    account: Account, strict_account: Account, query: dict[str, str]
) -> None:
    for each in (account, strict_account):
        assert ids(each.get("users", **query)) == [1, 2]
        assert each.findings == ()


@pytest.mark.parametrize(
    "query",
    [
        {"site": "", "filter[sites][]": ""},
        {"filter[ids][]": "", "filter[managers][0]": ""},
        {"filter[externalIds][]": "", "filter[name]": ""},
        {"filter[phone]": "", "filter[vip]": ""},
    ],
)
def test_an_empty_filter_of_customers_leaves_nobody_out(account: Account, query: dict[str, str]) -> None:
    assert account.get("customers", **query).get_json()["pagination"]["totalCount"] == 20
    assert account.findings == ()


def test_an_empty_element_of_a_filter_is_left_out(account: Account) -> None:
    path = "/api/v5/customers?filter[ids][]=3&filter[ids][]="
    answer = account.client.get(path, headers={"X-API-KEY": KEY})
    assert [customer["id"] for customer in answer.get_json()["customers"]] == [3]


@pytest.mark.parametrize(
    "path", ["reference/sites", "user-groups", "users/1", "orders", "tasks", "customers/customer-1"]
)
def test_no_method_minds_what_is_empty(registered: Account, path: str) -> None:
    answer = registered.get(path, **{"site": "", "by": "", "page": "", "filter[x]": "", "clientId": ""})
    assert (answer.status_code, registered.findings) == (200, ())


def test_the_lookup_minds_nothing_that_is_empty(registered: Account) -> None:
    answer = registered.get(
        "telephony/manager", phone="1", details="", ignoreStatus="", site="", clientId=""
    )
    assert answer.get_json() == {"success": True}
    assert [finding.pointer for finding in registered.findings] == ["/phone"]


def test_what_has_to_be_there_is_missing_when_it_is_empty(registered: Account) -> None:
    answers = [
        registered.get("telephony/manager", phone=""),
        registered.post("users/1/status", status=""),
        registered.post("telephony/call/event", event=""),
        registered.post("telephony/calls/upload", calls=""),
    ]
    assert [(answer.status_code, answer.get_json()["errorMsg"]) for answer in answers] == [
        (400, f"Parameter '{name}' is missing") for name in ("phone", "status", "event", "calls")
    ]


def test_an_empty_field_of_the_form_does_not_hide_the_query(account: Account) -> None:
    headers = {"X-API-KEY": KEY}
    form = {"site": "", "customer": '{"externalId":"q"}'}
    account.client.post("/api/v5/customers/create?site=shop2", data=form, headers=headers)
    assert account.get("customers/q").get_json()["customer"]["site"] == "shop2"


def test_what_is_empty_in_a_json_body_is_absent_as_well(registered: Account) -> None:
    for body in (
        {"site": "", "clientId": "", "x": "", "event": orjson.dumps(EVENT).decode()},
        {"status": ""},
    ):
        path = "telephony/call/event" if "event" in body else "users/1/status"
        answer = registered.client.post(f"/api/v5/{path}", json=body, headers={"X-API-KEY": KEY})
        assert answer.get_json()["success"] is ("event" in body)
    assert registered.state("users")[0]["status"] == "free"


@pytest.mark.parametrize("name", ["userId", "duration", "code", "site", "externalPhone", "durationWaiting"])
def test_an_empty_member_of_a_call_is_absent(registered: Account, name: str) -> None:
    assert registered.upload(call_item(**{name: ""})).get_json()["processedCallsCount"] == 1
    assert [(f.kind, f.pointer) for f in registered.findings] == [("forgiven", f"/0/{name}")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("active", "3"),
        ("active", "-1"),
        ("online", "2"),
        ("isManager", "maybe"),
        ("status", "asleep"),
        ("createdAtFrom", "yesterday"),
        ("createdAtTo", "2024"),
    ],
)
def test_a_value_that_a_filter_does_not_know_is_refused(account: Account, name: str, value: str) -> None:
    answer = account.get("users", **{f"filter[{name}]": value})
    body = answer.get_json()
    assert (answer.status_code, body["errorMsg"]) == (400, "Errors in the input parameters")
    assert list(body["errors"]) == [f"filter[{name}]"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"createdAtFrom": "2024-4-30"}, [1]),
        ({"createdAtTo": "2024-04-29"}, [2]),
        ({"createdAtFrom": "2024-04-29 12:00:00", "createdAtTo": "2024-04-29 12:00:00"}, [2]),
        ({"createdAtTo": "2024-04-29 11:59:59"}, []),
    ],
)
def test_users_are_filtered_by_when_they_came(
    account: Account, query: dict[str, str], found: list[int]
) -> None:
    assert ids(account.get("users", **{f"filter[{name}]": text for name, text in query.items()})) == found


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("users", "filter[colour]", "ignored"),
        ("customers", "filter[vip]", "notice"),
        ("customers", "filter[colour]", "ignored"),
        ("customers", "site", "ignored"),
        ("tasks", "filter[status]", "notice"),
        ("orders", "filter[ids][]", "notice"),
        ("customers-corporate", "filter[colour]", "notice"),
        ("user-groups", "filter[code]", "ignored"),
        ("reference/sites", "filter[code]", "ignored"),
    ],
)
def test_a_filter_that_does_nothing_says_so(account: Account, path: str, name: str, kind: str) -> None:
    assert account.get(path, **{name: "1"}).status_code == 200
    assert [finding.kind for finding in account.findings] == [kind]


def test_a_part_with_a_filename_is_no_parameter(registered: Account) -> None:
    form = {"event": (BytesIO(orjson.dumps(EVENT)), "event.json")}
    answer = registered.client.post(
        "/api/v5/telephony/call/event",
        data=form,
        headers={"X-API-KEY": KEY},
        content_type="multipart/form-data",
    )
    assert (answer.status_code, answer.get_json()["errorMsg"]) == (400, "Parameter 'event' is missing")
    why = registered.findings[0]
    assert (why.pointer, "filename" in why.message, "filename" in why.remedy) == ("/event", True, True)
    assert registered.state("counts")["events"] == 0


def bracketed(prefix: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for name, inner in value.items() for pair in bracketed(f"{prefix}[{name}]", inner)]
    return [(prefix, str(value))]


def test_brackets_quote_the_answer_of_a_live_account(account: Account, strict_account: Account) -> None:
    module = {
        "code": "b",
        "clientId": "c",
        "baseUrl": "http://b.example",
        "integrations": {"telephony": {"allowEdit": 1}},
    }
    form = urlencode(bracketed("integrationModule", module))
    quoted = 'Input value "integrationModule" contains a non-scalar value'
    answers = [
        each.client.post(
            "/api/v5/integration-modules/b/edit",
            data=form,
            headers={"X-API-KEY": KEY},
            content_type="application/x-www-form-urlencoded",
        )
        for each in (account, strict_account)
    ]
    assert [answer.status_code for answer in answers] == [201, 400]
    assert quoted in account.findings[0].message
    assert answers[1].get_json()["errorMsg"] == quoted


def test_another_code_than_the_path_has_is_a_finding_and_refused_when_strict(
    account: Account, strict_account: Account
) -> None:
    module = {
        "code": "other",
        "clientId": "c",
        "baseUrl": "http://b.example",
        "integrations": {"telephony": {}},
    }
    answers = [
        each.post("integration-modules/mine/edit", integrationModule=module)
        for each in (account, strict_account)
    ]
    assert [answer.status_code for answer in answers] == [201, 400]
    assert ("forgiven", "/code") in [(f.kind, f.pointer) for f in account.findings]
    assert list(answers[1].get_json()["errors"]) == ["code"]


@pytest.mark.parametrize(
    "path", ["//api/v5/users", "/api//v5/users", "/api/v5//users", "/api/v5/telephony//call/event"]
)
def test_a_doubled_slash_is_no_method(account: Account, path: str) -> None:
    address = Address()
    with serving(create_app(account.crm), address):
        # requests makes one slash of those at the beginning.
        connection = HTTPConnection(address.url.removeprefix("http://"), timeout=10)
        connection.request("GET", path, headers={"X-API-KEY": KEY})
        answer = connection.getresponse()
        body = orjson.loads(answer.read())
        connection.close()
    assert (answer.status, body["errorMsg"]) == (404, "API method not found")
    assert "Drop the slash at the end of the base URL" in account.findings[0].remedy
    assert answer.headers["X-Callproof-Findings"] == "1"


def test_the_id_of_a_customer_is_no_unknown_member(account: Account) -> None:
    assert (
        account.post("customers/customer-1/edit", customer={"id": 1, "firstName": "A"}).status_code == 200
    )
    assert not account.findings
    account.post("customers/customer-1/edit", customer={"id": 2, "firstName": "B"})
    assert [f.pointer for f in account.findings] == ["/id"]
    names = [account.get(f"customers/{uid}", by="id").get_json()["customer"]["firstName"] for uid in "12"]
    assert (names[0], names[1] == "B") == ("B", False)


def test_a_customer_is_posted_back_as_it_was_read(account: Account) -> None:
    read = account.get("customers/customer-1").get_json()["customer"]
    del read["customFields"]
    assert account.post("customers/customer-1/edit", customer=read).status_code == 200
    assert account.findings == ()
    read["customFields"] = []
    assert account.get("customers/customer-1").get_json()["customer"] == read


@pytest.mark.parametrize(
    ("path", "query", "known"), [("users", {}, 10), ("telephony/manager", {"phone": "1"}, 40)]
)
def test_a_key_that_passes_the_known_budget_is_told_once_a_second(
    account: Account, path: str, query: dict[str, str], known: int
) -> None:
    account.register()

    def told(times: int) -> int:
        hurried = 0
        for _ in range(times):
            assert account.get(path, **query).status_code == 200
            hurried += sum(f"more than {known} times in a second" in f.message for f in account.findings)
        return hurried

    account.advance(10)
    assert told(known) == 0
    assert told(known) == 1
    account.advance(1)
    assert told(known) == 0
    assert told(1) == 1
    account.client.post("/_bench/reset")
    account.register()
    account.advance(0.5)
    assert told(known - 5) == 0


def test_requests_that_are_spread_out_are_not_remarked_on(account: Account) -> None:
    for _ in range(60):
        account.get("users")
        assert account.findings == ()
        account.advance(0.1)
