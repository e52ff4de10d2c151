"""A request for every route of both ends, to be mutated: as the guide, clients and forms have them."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import orjson

from callproof.contract.jsontypes import Json, JsonObject
from tests.control.test_hostile import ends
from tests.wire.test_replay import CAPTURED_KEY, CAPTURES, captured
from tools.torture.clients import call, ringing
from tools.torture.ends import KEY
from tools.torture.messages import Message, parsed

ROOT = Path(__file__).resolve().parent.parent.parent
FORM = ("Content-Type", "application/x-www-form-urlencoded")
# What stands in the place of a part of a path.
PARTS = {
    "id": "1",
    "uid": "1",
    "code": "torture",
    "number": "1",
    "call_id": "1",
    "act": "answer",
    "name": "x",
}
PARTS |= {"path": "index.html"}
PERSON: JsonObject = {"firstName": "A", "phones": [{"number": "+79120000001"}], "externalId": "p-1"}
# The structures of the API by the last parts of the path.
STRUCTURES: dict[str, dict[str, Json]] = {
    "call/event": {"event": {**ringing("e-1"), "externalPhone": "+7-499-999-99-99", "userIds": [1]}},
    "calls/upload": {"calls": [{**call("u-1"), "recordUrl": "http://127.0.0.1:9/r"}], "autoFillSite": "1"},
    "edit": {
        "integrationModule": {
            "code": "torture",
            "clientId": "c",
            "active": True,
            "baseUrl": "http://127.0.0.1:9",
            "integrations": {
                "telephony": {
                    "makeCallUrl": "http://127.0.0.1:9/call",
                    "additionalCodes": [{"userId": "1", "code": "100"}],
                    "externalPhones": [{"siteCode": "shop1", "externalPhone": "+7-499-999-99-99"}],
                }
            },
        },
        "customer": PERSON,
        "task": {"text": "t", "performerId": 1},
        "by": "id",
        "site": "shop1",
    },
    "status": {"status": "busy"},
    "customers/create": {"customer": PERSON, "site": "shop1"},
    "orders/create": {
        "order": {"number": "1", "externalId": "o-1", "customer": {"id": 1}},
        "site": "shop1",
    },
    "tasks/create": {"task": {"text": "t", "performerId": 1}, "site": "shop1"},
    "customers-corporate/create": {"customerCorporate": {"nickName": "N"}, "site": "shop1"},
    "update-scopes": {"requires": {"scopes": ["telephony_read"]}},
}
QUERY = {
    "telephony/manager": "phone=%2B79120000001&details=1&ignoreStatus=1",
    "users": "filter[status]=free&filter[ids][]=1&limit=20&page=1",
    "telephony/calls": "limit=20&page=1",
    "customers": "filter[name]=A&limit=20&page=1",
    "orders": "filter[ids][]=1&limit=20",
    "journal": "since=0&wait=0&limit=5",
    "make-call": "clientId=c&code=100&userId=1&phone=%2B79120000001",
    "user-status": "clientId=c&userId=1&status=free",
}
# Members of the control API with a value of the right kind.
MEMBERS: dict[str, Json] = {
    "from": "+79120000001",
    "to": "+7-499-999-99-99",
    "script": {"after": 0, "talk": 1, "outcome": "answered"},
    "extension": "100",
    "phone": "+79120000001",
    "userId": 1,
    "externalId": "u-1",
    "key": "second",
    "scopes": [],
    "method": "GET",
    "path": "/api/v5/users",
    "url": "/api/v5/users",
    "headers": [["X-A", "b"]],
    "timezone": "Europe/Moscow",
    "country": "RU",
    "by": "customer",
    "name": "kept",
    "every": 0,
    "plan": {"extensions": {"100": {"user": 1}}, "lines": [], "groups": {}},
    "hours": {"mon": "09:00-18:00"},
    "online": True,
    "status": "free",
    "users": [{"id": 1, "firstName": "A"}],
    "extensions": {"100": 1},
    "lines": {"+7-499-999-99-99": "shop1"},
    "repeat": "update-record-url",
    "seed": 2,
}


def seeds() -> dict[str, list[Message]]:
    """By end."""
    found: dict[str, list[Message]] = {"crm": [], "pbx": []}
    for name, client, control in ends():
        members = {(one.verb, f"/_bench{one.path}"): sorted(one.members) for one in control.methods}
        for rule in client.application.url_map.iter_rules():
            route = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                found[name].append(_seed(method, route, members.get((method, route))))
    found["crm"] += [
        parsed(raw.replace(CAPTURED_KEY.encode(), KEY.encode()))
        for file in CAPTURES
        for raw in captured(file)
    ]
    return found


def _seed(method: str, route: str, members: list[str] | None) -> Message:
    target = re.sub(r"{(\w+)}", lambda part: PARTS.get(part[1], "1"), route)
    headers = [("Host", "127.0.0.1"), ("X-API-KEY", KEY), ("Accept", "*/*"), ("Connection", "close")]
    if method != "POST":
        query = next((text for end, text in QUERY.items() if target.endswith(end)), "")
        return Message(method, f"{target}?{query}" if query else target, tuple(headers))
    if members is not None:
        body = orjson.dumps({name: MEMBERS.get(name) for name in members if name in MEMBERS})
        return Message(method, target, (*headers, ("Content-Type", "application/json")), body)
    fields = next((found for end, found in STRUCTURES.items() if target.endswith(end)), None)
    if fields is None or not target.startswith("/api"):
        fields = dict.fromkeys(form_fields(), "1")
    told = {
        name: value if isinstance(value, str) else orjson.dumps(value) for name, value in fields.items()
    }
    return Message(method, target, (*headers, FORM), urlencode(told).encode())


def form_fields() -> list[str]:
    """Every name of a field that a page of ours has."""
    return sorted(set(_names()))


def _names() -> Iterator[str]:
    for page in (ROOT / "simulator" / "callproof").rglob("templates/**/*.html"):
        yield from re.findall(r'name="(\w+)"', page.read_text("utf-8"))
