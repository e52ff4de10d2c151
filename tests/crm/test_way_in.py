"""Methods are served past Flask's dispatch; the views behind their rules answer alike."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from callproof.clocks.manual import ManualClock
from callproof.contract.operations import OPERATIONS
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.rules.model import Grant
from callproof.crm.settings import CrmSettings
from tests.support import KEY, Account, call_item

EVENT = "/api/v5/telephony/call/event"
UPLOAD = "/api/v5/telephony/calls/upload"
LOOKUP = "/api/v5/telephony/manager"
FORM = "application/x-www-form-urlencoded"

Sent = dict[str, Any]


def post(path: str, content_type: str = FORM, key: str = KEY, query: str = "", **form: Any) -> Sent:
    texts = {n: v if isinstance(v, str) else orjson.dumps(v).decode() for n, v in form.items()}
    headers = {"X-API-KEY": key} if key else {}
    return {
        "method": "POST",
        "path": path,
        "query_string": query,
        "data": urlencode(texts),
        "content_type": content_type,
        "headers": headers,
    }


def get(query: str, key: str = KEY) -> Sent:
    return {"method": "GET", "path": LOOKUP, "query_string": query, "headers": {"X-API-KEY": key}}


GOOD = {"phone": "+79123456789", "type": "in", "codes": ["100", "999"], "callExternalId": "d-1"}
CORPUS: list[Sent] = [
    post(EVENT, event=GOOD),
    post(EVENT, event=GOOD),
    post(EVENT, event={**GOOD, "callExternalId": 7, "codes": [100], "userIds": ["2", 7]}, clientId="none"),
    post(EVENT, event={"phone": "+79123456789", "type": "in", "site": "nowhere"}),
    post(EVENT, event={**GOOD, "type": "sideways", "colour": "red"}),
    post(EVENT, event={**GOOD, "type": "hangup", "hangupStatus": "answered"}),
    post(EVENT, event={"phone": "+79123456789", "type": "hangup"}),
    post(EVENT, event="{"),
    post(EVENT, event="[]"),
    post(EVENT, event=""),
    post(EVENT),
    post(EVENT, event=GOOD, extra="1"),
    post(EVENT, key="", event=GOOD),
    post(EVENT, key="wrong", event=GOOD),
    post(EVENT, key="", query=f"apiKey={KEY}", event=GOOD),
    post(EVENT, key="", event=GOOD, apiKey=KEY),
    post(EVENT, key="readonly", event=GOOD),
    post(EVENT, content_type="text/plain", event=GOOD),
    post(EVENT, content_type="multipart/form-data", event=GOOD),
    post(EVENT, content_type="application/json", event=GOOD),
    post(EVENT, query="x=" + "&x=" * 3000, event=GOOD),
    post(EVENT, query="a=%FF&b=%", event=GOOD),
    post(UPLOAD, calls=[call_item("d-1"), call_item("d-2"), call_item("d-2")]),
    post(UPLOAD, calls=[call_item("d-3", date="2024-05-01 13:00:00"), call_item("d-1")]),
    post(UPLOAD, calls=[call_item("d-4", date="2024-5-1 1:2:3", code=100), call_item("d-5", duration="x")]),
    post(UPLOAD, calls=[call_item("d-6", site="nowhere")]),
    post(UPLOAD, calls=[]),
    post(UPLOAD, calls=[call_item(f"d-{n}") for n in range(51)]),
    get("phone=%2B79123456789&details=1"),
    get("phone=8+912+345-67-89&ignoreStatus=true"),
    get("phone="),
    get("phone=x&other=1"),
    get("phone=1", key="wrong"),
    {**get("phone=1"), "path": LOOKUP.replace("v5", "v3")},
    {**get("phone=1"), "method": "POST"},
    {**get("phone=1"), "path": f"{LOOKUP}/"},
]


class Pair:
    """Two CRMs of one seed, one of them served by Flask's own dispatch."""

    def __init__(self, **settings: Any) -> None:
        base = CrmSettings(api_key=KEY, base_url="http://crm.test", **settings)
        self.crms = [Crm(base, ManualClock()) for _ in range(2)]
        apps = [create_app(crm) for crm in self.crms]
        apps[1].wsgi_app = partial(Flask.wsgi_app, apps[1])  # type: ignore[method-assign]
        self.clients: list[FlaskClient] = [app.test_client() for app in apps]
        for crm, client in zip(self.crms, self.clients, strict=True):
            Account(crm, client).register()
            with crm.store.begin() as session:
                session.save_grant(Grant("readonly", ("telephony_read",)))

    def answers(self, sent: Sent) -> list[tuple[int, bytes, list[tuple[str, str]]]]:
        found = []
        for client in self.clients:
            response = client.open(**sent)
            found.append((response.status_code, response.data, sorted(response.headers.items())))
        return found

    def close(self) -> None:
        for crm in self.crms:
            crm.close()


@pytest.fixture(
    params=[{}, {"strict": True}, {"timezone": "Europe/Moscow"}], ids=["plain", "strict", "zone"]
)
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    found = Pair(**request.param)
    yield found
    found.close()


def same_journals(pair: Pair) -> None:
    door, flask = ([*crm.journal.since(0)] for crm in pair.crms)
    for one, other in zip(door, flask, strict=True):
        assert replace(one, request=other.request) == other
        assert (one.request.method, one.request.body) == (other.request.method, other.request.body)
        assert one.request.url == other.request.url
        assert sorted(one.request.headers) == sorted(other.request.headers)


def test_both_ways_answer_alike_and_leave_the_same_behind(pair: Pair) -> None:
    for sent in CORPUS:
        door, flask = pair.answers(sent)
        assert door == flask, sent
    same_journals(pair)
    states = [client.get("/_bench/state").data for client in pair.clients]
    assert states[0] == states[1]


def test_a_request_that_is_played_again_is_told_of_once(pair: Pair) -> None:
    class Twice:
        def __init__(self, store: Any) -> None:
            self.store = store

        def share(self, job: Any, *, writes: bool) -> Any:
            self.store.share(lambda session: job(session), writes=False)
            return self.store.share(job, writes=writes)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.store, name)

    sent = post(EVENT, event={**GOOD, "type": "hangup", "callExternalId": "nobody"}, extra="1")
    pair.crms[0].store = Twice(pair.crms[0].store)
    door, flask = pair.answers(sent)
    assert door == flask
    assert ("X-Callproof-Findings", "2") in door[2]


def test_entries_of_clients_with_ever_new_headers_are_kept_whole(pair: Pair) -> None:
    for number in range(1100):
        headers = {"X-API-KEY": KEY, f"X-Number-{number}": str(number)}
        pair.clients[0].open(**{**get("phone=1"), "headers": headers})
    entries = pair.crms[0].journal.since(0, limit=10_000)[-1100:]
    assert [dict(e.request.headers)[f"X-Number-{n}"] for n, e in enumerate(entries)] == [
        str(n) for n in range(1100)
    ]


def test_methods_are_served_past_the_dispatch_of_flask(pair: Pair) -> None:
    app = create_app(pair.crms[0])
    app.full_dispatch_request = None  # type: ignore[method-assign,assignment]  # it would raise
    assert app.test_client().open(**post(EVENT, event=GOOD)).status_code == 200


def test_every_method_stands_in_the_url_map(pair: Pair) -> None:
    app = create_app(pair.crms[0])
    rules = {(verb, str(rule)) for rule in app.url_map.iter_rules() for verb in rule.methods or ()}
    for operation in OPERATIONS:
        for path in operation.paths if operation.path else ():
            assert (operation.method, path.replace("{", "<part:").replace("}", ">")) in rules


def test_a_blueprint_of_somebody_else_works_beside_the_methods(pair: Pair) -> None:
    app = create_app(pair.crms[0])
    extra = Blueprint("extra", __name__)
    extra.add_url_rule("/extra", view_func=lambda: "more")
    app.register_blueprint(extra)
    assert app.test_client().get("/extra").text == "more"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("budgets", {"telephony": 2}),
        ("readings", {"account": "unknown"}),
        ("faults", {"fault": "crm-overloaded"}),
    ],
)
def test_what_a_tester_turns_holds_for_both_ways(path: str, body: Sent) -> None:
    pair = Pair()
    for client in pair.clients:
        assert client.post(f"/_bench/{path}", json=body).status_code == 200
    statuses = []
    for _ in range(4):
        door, flask = pair.answers(post(EVENT, event=GOOD))
        assert door == flask
        statuses.append(door[0])
    assert set(statuses) != {200}
    pair.close()


def test_a_request_that_broke_off_is_refused_either_way(pair: Pair) -> None:
    sent = post(EVENT, event=GOOD)
    sent["environ_overrides"] = {"CONTENT_LENGTH": str(len(sent["data"]) + 10)}
    door, flask = pair.answers(sent)
    assert door == flask
    assert door[0] == 400
    assert orjson.loads(pair.clients[0].get("/_bench/counts").data)["events"] == 0


PAIR = Pair()
VALUES: list[Any] = ["in", "hangup", "+7 912", "", None, 1, 1.0, True, ["100"], [100, None], {}, "2024"]
NAMES = ["phone", "type", "codes", "userIds", "callExternalId", "hangupStatus", "site", "other"]
events = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(event=events, content_type=st.sampled_from([FORM, "", "application/json"]))
def test_both_ways_answer_generated_events_alike(event: Sent, content_type: str) -> None:
    door, flask = PAIR.answers(post(EVENT, content_type=content_type, event=event))
    assert door == flask
