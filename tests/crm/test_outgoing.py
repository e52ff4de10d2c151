"""The CRM's calls to the PBX (evidence#guide-call, evidence#guide-status)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, Response, request

from callproof.clocks.manual import ManualClock
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.exchange.names import SLOW_HEADER
from callproof.running.threads import Address, serving
from tests.support import KEY, Account, call_item

# A WAV file of nothing but its header.
NO_SOUND = bytes.fromhex(
    "524946462400000057415645666d74201000000001000100401f0000401f0000010008006461746100000000"
)


class Listener:
    """A PBX that answers whatever a test wants and remembers what it was asked."""

    def __init__(self) -> None:
        self.address = Address()
        self.asked: list[dict[str, str]] = []
        self.answer: Callable[[], Response] = lambda: Response("not JSON at all", 200)
        self.app = Flask(__name__)
        self.app.add_url_rule("/<path:path>", view_func=self._view, methods=["GET", "POST"])

    def url(self, path: str) -> str:
        return f"{self.address.url}/{path}"

    def _view(self, path: str) -> Response:
        self.asked.append({"path": path, **request.args.to_dict(), **request.form.to_dict()})
        return self.answer()


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    with serving(found.app, found.address):
        yield found


@pytest.fixture
def connected(account: Account, listener: Listener) -> Account:
    account.register(makeCallUrl=listener.url("call?tenant=7"), changeUserStatusUrl=listener.url("status"))
    return account


def click(account: Account, **more: Any) -> Any:
    asked = {"userId": 1, "phone": "+7 (912) 123-45-67", **more}
    return account.client.post("/_bench/click-to-call", json=asked).get_json()


def test_the_query_of_make_call_url_is_the_guides_and_keeps_its_own_part(
    connected: Account, listener: Listener
) -> None:
    assert click(connected)["succeeded"] is True
    assert listener.asked == [
        {
            "path": "call",
            "tenant": "7",
            "clientId": "2dbh26tahjj26sg",
            "code": "100",
            "userId": "1",
            "phone": "79121234567",
        }
    ]


@pytest.mark.parametrize(
    ("site", "line"), [("shop1", "+7-499-999-99-99"), ("shop2", "+7-499-888-88-88"), ("nowhere", None)]
)
def test_the_line_of_the_shop_goes_along(
    connected: Account, listener: Listener, site: str, line: str | None
) -> None:
    click(connected, site=site)
    assert listener.asked[0].get("externalPhone") == line


@pytest.mark.parametrize("body", ["", "not JSON", '{"success":false}', "<html>"])
def test_the_body_of_the_answer_is_ignored(connected: Account, listener: Listener, body: str) -> None:
    listener.answer = lambda: Response(body, 200)
    assert click(connected)["succeeded"] is True


def test_a_pbx_that_knows_the_header_of_slowness_is_heard_all_the_same(
    connected: Account, listener: Listener
) -> None:
    listener.answer = lambda: Response("", 200, {SLOW_HEADER: "11, 11"})
    assert click(connected)["succeeded"] is True


@pytest.mark.parametrize("status", [201, 204, 301, 302, 400, 404, 500])
def test_any_status_but_200_is_a_failure_that_the_user_is_told(
    connected: Account, listener: Listener, status: int
) -> None:
    listener.answer = lambda: Response("", status, {"Location": listener.url("elsewhere")})
    result = click(connected)
    assert (result["succeeded"], result["outcome"]) == (False, f"the PBX answered {status}")
    assert len(listener.asked) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"error": "Extension 100 is busy."}', ": Extension 100 is busy"),
        ("busy\r\n\x1b[1mnow", ": busy [1mnow"),
        ("x" * 300, f": {'x' * 200}"),
        ("<html>busy</html>", ""),
        ('["busy"]', ""),
    ],
)
def test_the_reason_of_a_failure_is_told_beside_its_status(
    connected: Account, listener: Listener, body: str, reason: str
) -> None:
    listener.answer = lambda: Response(body, 409)
    assert click(connected)["outcome"] == f"the PBX answered 409{reason}"


def test_a_pbx_that_does_not_listen_is_a_failure(account: Account) -> None:
    with_closed_port = Address()
    url = with_closed_port.url
    with_closed_port.close()
    account.register(makeCallUrl=url)
    result = click(account)
    assert (result["succeeded"], result["status"]) == (False, None)
    assert result["outcome"]
    assert account.crm.journal.since()[-1].answer is None


def test_a_host_that_was_not_allowed_is_never_asked(account: Account) -> None:
    account.register(makeCallUrl="http://pbx.vendor.example/call")
    result = click(account)
    assert result["succeeded"] is False
    assert "--allow-host pbx.vendor.example" in result["outcome"]
    assert [entry.direction for entry in account.crm.journal.since()] == ["in"]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ({"additionalCodes": [{"userId": 2, "code": "200"}]}, "User 1 has no extension"),
        ({"makeCallUrl": ""}, "The telephony has no makeCallUrl"),
    ],
)
def test_without_an_icon_nothing_is_asked(
    connected: Account, listener: Listener, spoil: dict[str, Any], reason: str
) -> None:
    module = {"clientId": "c", "integrations": {"telephony": spoil}}
    connected.post("integration-modules/my-telephony/edit", integrationModule=module)
    assert click(connected) == {
        "userId": 1,
        "phone": "+7 (912) 123-45-67",
        "succeeded": False,
        "outcome": reason,
    }
    assert listener.asked == []


@pytest.mark.parametrize("phone", ["abc", "+", "name@host1"])
@pytest.mark.parametrize("dial", ["digits", "as-stored"])
def test_what_is_no_number_is_refused_before_anything_is_sent(
    connected: Account, listener: Listener, phone: str, dial: str
) -> None:
    connected.client.post("/_bench/readings", json={"dial": dial})
    result = click(connected, phone=phone)
    assert (result["succeeded"], result["outcome"]) == (False, f"{phone} is no number that can be dialled")
    assert listener.asked == []
    assert connected.state("initiations") == []


def test_a_changed_status_is_told_once_whoever_changes_it(connected: Account, listener: Listener) -> None:
    connected.client.post("/_bench/users/1", json={"status": "busy"})
    connected.post("users/1/status", status="busy")
    connected.post("users/1/status", status="dinner")
    connected.advance(0)
    told = {"path": "status", "clientId": "2dbh26tahjj26sg", "code": "100", "userId": "1"}
    assert listener.asked == [{**told, "status": "busy"}, {**told, "status": "dinner"}]


def test_each_change_is_told_with_its_own_status(connected: Account, listener: Listener) -> None:
    for status in ("busy", "dinner", "break", "free"):
        connected.post("users/1/status", status=status)
    connected.advance(0)
    assert [told["status"] for told in listener.asked] == ["busy", "dinner", "break", "free"]


@pytest.mark.parametrize("state", [{"online": False, "status": "busy"}, {"online": True}])
def test_of_users_who_are_away_or_unchanged_nothing_is_told(
    connected: Account, listener: Listener, state: dict[str, Any]
) -> None:
    connected.client.post("/_bench/users/1", json=state)
    assert listener.asked == []


def test_a_recording_is_fetched_through_redirects_with_client_id(
    connected: Account, listener: Listener
) -> None:
    answers = [
        Response("", 302, {"Location": "/file.wav"}),
        Response(b"\xff\xfe\x00", 200, mimetype="audio/wav"),
    ]
    listener.answer = lambda: answers.pop(0)
    connected.upload(call_item("c-1", recordUrl=listener.url("rec?x=1")))
    played = connected.client.post("/_bench/play", json={"externalId": "c-1"}).get_json()
    assert (played["outcome"], played["contentType"], played["size"]) == ("played", "audio/wav", 3)
    assert listener.asked == [
        {"path": "rec", "x": "1", "clientId": "2dbh26tahjj26sg"},
        {"path": "file.wav"},
    ]


def test_a_recording_is_fetched_with_a_client_id_also_while_the_telephony_is_frozen(
    connected: Account, listener: Listener
) -> None:
    listener.answer = lambda: Response(b"\xff\xfe\x00", 200, mimetype="audio/wav")
    connected.upload(call_item("c-1", recordUrl=listener.url("rec")))
    connected.client.post("/_bench/modules/my-telephony", json={"freeze": True})
    connected.client.post("/_bench/play", json={"externalId": "c-1"})
    assert listener.asked[-1] == {"path": "rec", "clientId": "2dbh26tahjj26sg"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Response("<html>", mimetype="text/html"), "text/html, which is no audio"),
        (Response("{}", mimetype="application/json"), "application/json, which is no audio"),
        (Response(b"", mimetype="audio/mpeg"), "the recording is empty"),
        (
            Response("<html>sign in", mimetype="audio/mpeg"),
            "the PBX sent text and called it audio/mpeg: '<html>sign in'",
        ),
        (
            Response('{"error":1}', mimetype="audio/wav"),
            "the PBX sent text and called it audio/wav: '{\"error\":1}'",
        ),
        (Response(NO_SOUND, mimetype="audio/wav"), "the recording holds no sound"),
    ],
)
def test_what_is_no_audio_is_not_played(
    connected: Account, listener: Listener, answer: Response, words: str
) -> None:
    listener.answer = lambda: answer
    connected.upload(call_item("c-1", recordUrl=listener.url("rec")))
    played = connected.client.post("/_bench/play", json={"externalId": "c-1"}).get_json()
    assert played["outcome"].endswith(words)


@pytest.mark.parametrize("target", ["http://[", "http://127.0.0.1:99999/", "//\\", "http://10.0.0.1/r.wav"])
def test_a_recording_that_leads_nowhere_is_not_played(
    connected: Account, listener: Listener, target: str
) -> None:
    listener.answer = lambda: Response("", 302, {"Location": target})
    connected.upload(call_item("c-1", recordUrl=listener.url("rec")))
    played = connected.client.post("/_bench/play", json={"externalId": "c-1"})
    assert played.status_code == 200
    assert played.get_json()["outcome"] != "played"


def test_a_recording_that_nobody_knows_cannot_be_played(connected: Account) -> None:
    answer = connected.client.post("/_bench/play", json={"externalId": "c-9"})
    assert (answer.status_code, answer.get_json()["error"]) == (
        409,
        "The history has no recording of call c-9.",
    )


@pytest.mark.parametrize(("base", "action"), [("m", "activity"), ("m/", "/activity"), ("m", "/activity")])
def test_a_module_hears_that_it_was_switched_off_on_the_crms_side(
    account: Account, listener: Listener, base: str, action: str
) -> None:
    module = {
        "clientId": "c",
        "active": True,
        "baseUrl": listener.url(base),
        "actions": {"activity": action},
    }
    account.post(
        "integration-modules/m/edit", integrationModule={**module, "integrations": {"telephony": {}}}
    )
    assert listener.asked == []
    for _ in range(2):
        account.client.post("/_bench/modules/m", json={"active": False})
    assert listener.asked == [
        {
            "path": "m/activity",
            "clientId": "c",
            "activity": '{"active":false,"freeze":false}',
            "systemUrl": "http://crm.example",
        }
    ]


def test_opening_the_account_posts_the_client_id(account: Account, listener: Listener) -> None:
    module = {"clientId": "c", "accountUrl": listener.url("account")}
    account.post("integration-modules/m/edit", integrationModule=module)
    opened = account.client.post("/_bench/modules/m/account").get_json()
    assert (opened["status"], opened["outcome"]) == (200, "the module answered 200")
    assert listener.asked == [{"path": "account", "clientId": "c"}]
    assert account.client.post("/_bench/modules/none/account").status_code == 409


def test_two_accounts_are_told_apart_by_client_id(listener: Listener) -> None:
    clock = ManualClock()
    for number, client_id in ((1, "first"), (2, "second")):
        settings = CrmSettings(api_key=KEY, base_url=f"http://account{number}.example", seed=number)
        crm = Crm(settings, clock)
        account = Account(crm, create_app(crm).test_client())
        module = {
            "clientId": client_id,
            "active": True,
            "integrations": {
                "telephony": {
                    "makeCallUrl": listener.url("call"),
                    "additionalCodes": [{"userId": 1, "code": "100"}],
                }
            },
        }
        account.post("integration-modules/mine/edit", integrationModule=module)
        assert click(account)["succeeded"] is True
        crm.close()
    assert [asked["clientId"] for asked in listener.asked] == ["first", "second"]
