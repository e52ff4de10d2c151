"""The most that one request may cost, as far as anybody has found out, one of each kind."""

import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import NamedTuple
from urllib.parse import quote

import orjson
import requests

from callproof.limits import USUAL
from tools.torture.ends import client

MOST = USUAL.crm_request_bytes - 1024
VALUES = USUAL.json_values - 1000
_FORM = "application/x-www-form-urlencoded"


class Shape(NamedTuple):
    name: str
    path: str
    body: bytes
    kind: str = _FORM


def _entity(name: str, value: object) -> bytes:
    return f"{name}={quote(orjson.dumps(value).decode(), safe=',:[]{}')}".encode()


def _most(name: str, make: Callable[[int], object]) -> bytes:
    """Of what ``make`` makes of a number the largest that a request may have."""
    number = 1000 * MOST // len(_entity(name, make(1000)))
    while len(body := _entity(name, make(number))) > MOST:
        number = number * 49 // 50
    return body


def _list(one: object, number: int) -> object:
    return [one] * number


def _module(**telephony: object) -> object:
    return {
        "code": "worst",
        "active": True,
        "name": "Worst",
        "clientId": "worst",
        "baseUrl": "http://127.0.0.1:9",
        "integrations": {"telephony": {"makeCallUrl": "http://127.0.0.1:9/", **telephony}},
    }


def shapes() -> Iterator[Shape]:
    yield from _uploads()
    yield from _events()
    yield from _registrations()
    yield from _forms()


def _uploads() -> Iterator[Shape]:
    path = "/api/v5/telephony/calls/upload"
    call = {"date": "2024-05-01 12:00:00", "type": "in", "phone": "+79123456789", "externalId": "c"}
    call["result"] = "answered"
    forgiven = {**call, "duration": "1.0", "phone": "8 (912) 345-67-89"}
    for name, one in {
        "empty calls": {},
        "whole calls": call,
        "broken calls": {**call, "type": "x", "date": "y"},
        "forgiven calls": forgiven,
        "numbers": 1,
        "lists in lists": [[[[]] * 3] * 10],
    }.items():
        yield Shape(name, path, _most("calls", partial(_list, one)))
        few = VALUES // (orjson.dumps([one]).count(b",") + 1)
        yield Shape(f"{name}, few", path, _entity("calls", [one] * few)[:MOST])
    for name, text in {"externalId": "9", "phone": "1", "date": "0"}.items():
        long = call[name] + text * (MOST // 55)
        yield Shape(f"50 calls, long {name}", path, _entity("calls", [{**call, name: long}] * 50))


def _events() -> Iterator[Shape]:
    path = "/api/v5/telephony/call/event"
    ringing = {"phone": "+7-555-555-55-55", "type": "in", "codes": ["100"]}
    codes = {**ringing, "codes": [str(n) for n in range(VALUES)]}
    yield Shape("extensions", path, _entity("event", codes))
    for name in ("unknown", "phone"):
        members = {f"{name}{n}": 1 for n in range(VALUES)}
        yield Shape(f"members like {name}1", path, _entity("event", {**ringing, **members}))
    for name, text in {"digits": "8", "signs": "(-", "digits and dots": "1."}.items():
        long = text * ((MOST - 1000) // len(quote(text)))
        yield Shape(f"phone of {name}", path, _entity("event", {**ringing, "phone": long}))
    yield Shape("a number", path, b"event=" + b"1" * (MOST - 10))
    yield Shape("a text", path, b'event="' + b"x" * (MOST - 10) + b'"')
    yield Shape("no JSON", path, b"event=[" + b"1" * (MOST - 100))
    yield Shape("deep JSON", path, b"event=" + b"[" * (MOST // 2 - 100) + b"]" * (MOST // 2 - 100))
    yield Shape("empty lists", path, b"event=[" + b"[]," * VALUES + b"[]]")
    body = orjson.dumps({"event": {**ringing, "codes": ["1"] * VALUES}})
    yield Shape("JSON body", path, body, "application/json")


def _registrations() -> Iterator[Shape]:
    path = "/api/v5/integration-modules/worst/edit"
    codes = [{"userId": n, "code": str(n)} for n in range(VALUES // 3)]
    lines = [{"siteCode": "shop1", "externalPhone": f"+7499{n:07}"} for n in range(VALUES // 3)]
    for name, value in {"additionalCodes": codes, "externalPhones": lines}.items():
        yield Shape(name, path, _entity("integrationModule", _module(**{name: value})))
    phones = [{"number": f"+7912{n:07}"} for n in range(1_000)]
    customer = {"firstName": "x", "externalId": "worst", "phones": phones}
    yield Shape("phones of a customer", "/api/v5/customers/create", _entity("customer", customer))


def _forms() -> Iterator[Shape]:
    path = "/api/v5/telephony/call/event"
    long = "x" * (MOST // 2020)
    yield Shape("fields", path, "&".join(f"a[{n}][]={long}" for n in range(1990)).encode())
    yield Shape("indexed fields", path, "&".join(f"a[]={long}" for n in range(1990)).encode())
    yield Shape("empty fields", path, b"&" * MOST)
    yield Shape("too many fields", path, b"a[b]=1&" * (MOST // 7))
    yield Shape("escapes", path, b"event=" + b"%5B" * (MOST // 3 - 100))
    yield Shape("broken escapes", path, b"event=" + b"%zz" * (MOST // 3 - 100))
    kind = "multipart/form-data; boundary=x"
    part = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n"
    yield Shape("parts", path, part * 1999 + b"--x--", kind)
    yield Shape("too many parts", path, part * (MOST // len(part)), kind)
    yield Shape("a part of line ends", path, part + b"\r\n-" * (MOST // 3 - 100), kind)


@cache
def by_name() -> dict[str, Shape]:
    return {shape.name: shape for shape in shapes()}


def send(session: requests.Session, url: str, shape: Shape) -> int:
    """The status. What of the connection breaks raises requests.RequestException."""
    headers = {"Content-Type": shape.kind}
    return session.post(f"{url}{shape.path}", data=shape.body, headers=headers, timeout=60).status_code


def many_fields(session: requests.Session, url: str) -> int:
    """A query of 12 kB whose every field is remarked upon."""
    query = "&".join(f"unknown{n}=1" for n in range(800))
    return session.get(f"{url}/api/v5/users?{query}", timeout=60).status_code


def main(url: str, name: str) -> None:
    """Once told to, again and again until the process is ended: a client in this one would slow down who
    measures."""
    shape = by_name()[name]
    with client() as session:
        print(flush=True)
        sys.stdin.readline()
        while True:
            print(send(session, url, shape), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
