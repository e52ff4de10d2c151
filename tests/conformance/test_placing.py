"""Where requests go: verbs, versions, addresses, and who is told the key."""

import pytest

from callproof.conformance.evidence import Book, Seen, read
from callproof.conformance.judge import judge
from callproof.contract.operations import Side
from callproof.exchange.exchange import Answer, Body, Exchange, Headers, Request

KEY = "0123456789abcdef0123456789abcdef"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = (("Content-Type", "application/json"),)
MODULE = (
    'integrationModule={"code": "mine", "clientId": "me", "baseUrl": "http://pbx", "logo": "http://pbx/l.svg",'
    ' "accountUrl": "http://pbx/account", "actions": {"activity": "/activity", "settings": "settings"},'
    ' "integrations": {"telephony": {"makeCallUrl": "http://pbx/call"}}}'
)
CALL = "clientId=me&code=100&userId=1&phone=79123456789"


def seen(request: Request, side: Side, answer: Answer, book: Book | None = None) -> Seen:
    """As our end opposite ``side`` wrote it down."""
    (found,) = read([Exchange(1.0, "in", request, answer, id=1)], side.other, book or Book())
    return found


def red(found: Seen) -> dict[str, str]:
    return {check.requirement: check.problem for check in judge(found, "x.yaml", KEY) if check.problem}


def of_pbx(method: str, path: str, body: str = "") -> dict[str, str]:
    headers = (("X-API-KEY", KEY), *((FORM,) if body else ()))
    request = Request(method, f"http://crm{path}", headers, Body(body.encode()))
    return red(seen(request, Side.PBX, Answer(200, JSON, Body(b'{"success": true}'))))


def of_crm(
    method: str, path: str, query: str = "", headers: Headers = (), body: bytes = b""
) -> dict[str, str]:
    book = Book()
    edit = Request(
        "POST", "http://crm/api/v5/integration-modules/mine/edit", (FORM,), Body(MODULE.encode())
    )
    assert seen(edit, Side.PBX, Answer(201, JSON, Body(b'{"success": true}')), book).violations == ()
    url = f"http://pbx{path}{'?' if query else ''}{query}"
    return red(seen(Request(method, url, headers, Body(body)), Side.CRM, Answer(200), book))


@pytest.mark.parametrize(
    ("method", "path", "row"),
    [
        ("GET", "/api/v5/telephony/call/event", "PBX-EVENT-01"),
        ("PUT", "/api/v5/telephony/calls/upload", "PBX-HISTORY-01"),
        ("POST", "/api/v5/telephony/manager", "PBX-MANAGER-01"),
        ("GET", "/api/v4/telephony/manager?phone=1", "PBX-MANAGER-01"),
        ("GET", "/api/v4/users", "PBX-API-05"),
        ("GET", "/api/v5/credentials", "PBX-API-05"),
        ("GET", "//api/v5/users", "PBX-API-05"),
        ("POST", "/api/v5/telephony/call/events", "PBX-API-05"),
    ],
)
def test_a_method_that_is_not_there_is_the_askers_doing(method: str, path: str, row: str) -> None:
    assert row in of_pbx(method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v5/users"),
        ("HEAD", "/api/v5/users"),
        ("GET", "/api/v5/users/"),
        ("GET", "/api/credentials"),
        ("GET", "/api/v5/settings"),
        ("GET", "/api/v5/reference/status-groups"),
        ("GET", "/api/v5/telephony/calls"),
        ("POST", "/api/v5/orders/1/edit"),
        ("POST", "/api/v5/customers/upload"),
    ],
)
def test_methods_of_the_api_that_the_contract_does_without_may_be_called(method: str, path: str) -> None:
    assert of_pbx(method, path) == {}


def test_events_of_v4_are_deprecated() -> None:
    event = 'event={"phone": "1", "type": "in", "codes": ["100"]}'
    assert "v4 is deprecated" in of_pbx("POST", "/api/v4/telephony/call/event", event)["PBX-EVENT-01"]
    assert of_pbx("POST", "/api/v5/telephony/call/event", event) == {}


def test_another_code_and_an_address_with_the_key_are_told_apart() -> None:
    edit = "/api/v5/integration-modules/mine/edit"
    assert of_pbx("POST", edit, MODULE) == {}
    assert set(of_pbx("POST", edit, MODULE.replace("mine", "other"))) == {"PBX-MODULE-08"}
    assert set(of_pbx("POST", edit, MODULE.replace("/account", f"/account?k={KEY}"))) == {"PBX-API-06"}


def test_call_backs_go_by_their_verb_to_their_address_and_without_the_key() -> None:
    assert of_crm("GET", "/call", CALL) == {}
    assert "it is a POST, expected GET" in of_crm("POST", "/call", CALL)["CRM-CALL-01"]
    assert "it is a HEAD" in of_crm("HEAD", "/call", CALL)["CRM-CALL-01"]
    assert set(of_crm("GET", "/account", "clientId=me")) == {"CRM-MODULE-13"}
    assert set(of_crm("GET", "/elsewhere")) == {"CRM-MODULE-17"}
    assert set(of_crm("GET", "/call", CALL, (("X-API-KEY", "any"),))) == {"CRM-API-16"}
    assert set(of_crm("GET", "/call", f"{CALL}&key={KEY}")) == {"CRM-API-16"}


def test_a_call_back_by_post_is_a_form() -> None:
    form = b"clientId=me&systemUrl=http://crm&activity=%7B%22active%22:true%7D"
    json = b'{"clientId": "me", "systemUrl": "http://crm", "activity": "{\\"active\\": true}"}'
    assert of_crm("POST", "/activity", headers=(FORM,), body=form) == {}
    assert "expected a form" in of_crm("POST", "/activity", headers=JSON, body=json)["CRM-MODULE-12"]
    assert "of no Content-Type" in of_crm("POST", "/activity", body=form)["CRM-MODULE-12"]


def test_what_users_browsers_read_at_the_pbx_is_no_call_back() -> None:
    for path in ("/l.svg", "/settings", "/favicon.ico"):
        assert of_crm("GET", path) == {}


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [("application/json; charset=utf-8", False), ("application/problem+json", False), ("text/html", True)],
)
def test_an_answer_says_that_it_is_json(kind: str, *, wrong: bool) -> None:
    request = Request("GET", "http://crm/api/api-versions", (("X-API-KEY", KEY),))
    answer = Answer(200, (("Content-Type", kind),), Body(b'{"success": true, "versions": ["5.0"]}'))
    (found,) = read([Exchange(1.0, "out", request, answer, id=1)], Side.PBX, Book())
    assert ("CRM-API-01" in red(found)) is wrong


def test_a_base_url_that_ends_with_a_slash_is_told_so() -> None:
    found = of_pbx("POST", "//api/v5/telephony/call/event", "event={}")
    assert found["PBX-API-05"].startswith("the path begins with two slashes")
