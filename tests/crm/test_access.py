"""The API key in its three places, and that it is looked at before the path (evidence#key,
evidence#key-first)."""

import pytest

from tests.support import KEY, Account


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({"X-API-KEY": KEY}, {}, 200),
        ({"x-api-key": KEY}, {}, 200),
        ({}, {"apiKey": KEY}, 200),
        ({"X-API-KEY": "wrong"}, {"apiKey": KEY}, 403),
        ({}, {"apiKey": "wrong"}, 403),
        ({}, {}, 403),
    ],
)
def test_the_key_may_stand_in_the_header_or_the_query(
    account: Account, headers: dict[str, str], query: dict[str, str], status: int
) -> None:
    answer = account.client.get("/api/v5/users", headers=headers, query_string=query)
    assert answer.status_code == status


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_the_key_may_stand_in_the_body(account: Account, content_type: str) -> None:
    answer = account.client.post(
        "/api/v5/users/1/status", data={"apiKey": KEY, "status": "busy"}, content_type=content_type
    )
    assert answer.get_json() == {"success": True}


@pytest.mark.parametrize(
    "path", ["/api/v5/users", "/api/v5/no-such-method", "/api/v5/telephony/call/event"]
)
def test_without_a_key_every_path_answers_the_same(account: Account, path: str) -> None:
    missing = account.client.get(path)
    assert (missing.status_code, missing.get_json()["errorMsg"]) == (403, '"apiKey" is missing.')
    wrong = account.client.get(path, headers={"X-API-KEY": "wrong"})
    assert (wrong.status_code, wrong.get_json()["errorMsg"]) == (403, 'Wrong "apiKey" value.')


def test_the_system_can_be_asked_about_without_a_key(account: Account) -> None:
    assert account.client.get("/api/system-info").get_json()["technicalUrl"] == "http://crm.example"


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/api/v5/no-such-method", 404, "API method not found"),
        ("GET", "/api/v5/credentials", 404, "API method not found"),
        ("POST", "/api/v5/users", 405, "Method Not Allowed"),
        ("GET", "/api/v5/telephony/call/event", 405, "Method Not Allowed"),
        ("OPTIONS", "/api/v5/users", 405, "Method Not Allowed"),
        ("GET", "/elsewhere", 404, "API method not found"),
    ],
)
def test_paths_and_verbs_that_do_not_exist_are_refused_in_json(
    account: Account, method: str, path: str, status: int, message: str
) -> None:
    answer = account.client.open(path, method=method, headers={"X-API-KEY": KEY})
    assert answer.status_code == status
    assert answer.get_json() == {"success": False, "errorMsg": message}


@pytest.mark.parametrize("path", ["users/", "users/1/", "integration-modules/my-telephony/"])
def test_a_trailing_slash_and_ampersand_do_no_harm(registered: Account, path: str) -> None:
    answer = registered.client.get(f"/api/v5/{path}?apiKey={KEY}&")
    assert answer.status_code == 200


def test_a_body_beyond_the_limit_is_refused_in_json(account: Account) -> None:
    answer = account.post("telephony/call/event", event="x" * (4 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.get_json()["success"] is False


def test_every_answer_counts_its_findings(registered: Account) -> None:
    assert (
        registered.event(phone="88005553125", type="in", codes=["100"]).headers["X-Callproof-Findings"]
        == "0"
    )
    answer = registered.event(phone="88005553125", type="in", codes=["100"], colour="red")
    assert answer.headers["X-Callproof-Findings"] == "1"
    assert [(f.kind, f.pointer) for f in registered.findings] == [("ignored", "/colour")]
