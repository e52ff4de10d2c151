"""What the worst single requests that the CRM allows take, and what another's ordinary one takes meanwhile.

``python -m tools.worst_requests`` serves a CRM, and prints one line for each shape: its bytes, its answer,
its seconds, and how many times as long as usual an ordinary request takes beside it, in the middle and at
worst.
"""

import http.client
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter
from typing import NamedTuple
from urllib.parse import quote

import orjson

from callproof.limits import USUAL

KEY = "worst-requests-key-0123456789abcd"
MOST = USUAL.crm_request_bytes - 1024
# How often each shape is sent, one after the other.
TIMES = 5
_FORM = "application/x-www-form-urlencoded"


class Shape(NamedTuple):
    name: str
    path: str
    body: bytes
    kind: str = _FORM


class Found(NamedTuple):
    shape: Shape
    status: int
    seconds: float
    middle: float
    worst: float


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
        few = 49_000 // (orjson.dumps([one]).count(b",") + 1)
        yield Shape(f"{name}, few", path, _entity("calls", [one] * few)[:MOST])
    for name, text in {"externalId": "9", "phone": "1", "date": "0"}.items():
        long = call[name] + text * (MOST // 55)
        yield Shape(f"50 calls, long {name}", path, _entity("calls", [{**call, name: long}] * 50))


def _events() -> Iterator[Shape]:
    path = "/api/v5/telephony/call/event"
    ringing = {"phone": "+7-555-555-55-55", "type": "in", "codes": ["100"]}
    codes = {**ringing, "codes": [str(n) for n in range(49_000)]}
    yield Shape("extensions", path, _entity("event", codes))
    for name in ("unknown", "phone"):
        members = {f"{name}{n}": 1 for n in range(49_000)}
        yield Shape(f"members like {name}1", path, _entity("event", {**ringing, **members}))
    for name, text in {"digits": "8", "signs": "(-", "digits and dots": "1."}.items():
        long = text * ((MOST - 1000) // len(quote(text)))
        yield Shape(f"phone of {name}", path, _entity("event", {**ringing, "phone": long}))
    yield Shape("a number", path, b"event=" + b"1" * (MOST - 10))
    yield Shape("a text", path, b'event="' + b"x" * (MOST - 10) + b'"')
    yield Shape("no JSON", path, b"event=[" + b"1" * (MOST - 100))
    yield Shape("deep JSON", path, b"event=" + b"[" * (MOST // 2 - 100) + b"]" * (MOST // 2 - 100))
    yield Shape("empty lists", path, b"event=[" + b"[]," * 49_000 + b"[]]")
    body = orjson.dumps({"event": {**ringing, "codes": ["1"] * 49_000}})
    yield Shape("JSON body", path, body, "application/json")


def _registrations() -> Iterator[Shape]:
    path = "/api/v5/integration-modules/worst/edit"
    codes = [{"userId": n, "code": str(n)} for n in range(16_000)]
    lines = [{"siteCode": "shop1", "externalPhone": f"+7499{n:07}"} for n in range(16_000)]
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


class _Client:
    """One connection, on which one request follows the other."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def send(self, shape: Shape) -> tuple[int, float]:
        began = perf_counter()
        self._connection.request(
            "POST", shape.path, shape.body, {"X-API-KEY": KEY, "Content-Type": shape.kind}
        )
        answer = self._connection.getresponse()
        answer.read()
        return answer.status, perf_counter() - began


ORDINARY = Shape(
    "ordinary",
    "/api/v5/telephony/call/event",
    _entity("event", {"phone": "+79123456789", "type": "in", "codes": ["100"], "callExternalId": "c-1"}),
)


@contextmanager
def _served() -> Iterator[int]:
    with TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        command = [sys.executable, "-m", "callproof", "serve", "--only", "crm", "--crm-port", "0"]
        command += ["--api-key", KEY, "--ready-file", str(ready)]
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                while not ready.exists():
                    if process.poll() is not None:
                        raise RuntimeError((Path(folder) / "log").read_text()[-2000:])
                    Event().wait(0.05)
                yield int(orjson.loads(ready.read_bytes())["crmUrl"].rpartition(":")[2])
            finally:
                process.terminate()
                process.wait()


def measured(times: int = TIMES) -> Iterator[Found]:
    with _served() as port:
        codes = [{"userId": 1, "code": "100"}]
        body = _entity("integrationModule", _module(additionalCodes=codes))
        set_up = Shape("", "/api/v5/integration-modules/worst/edit", body)
        assert _Client(port).send(set_up)[0] in (200, 201)
        client = _Client(port)
        alone = [client.send(ORDINARY)[1] for _ in range(1000)]
        usual = statistics.median(alone)
        nothing = Shape(f"nothing: {usual * 1000:.2f} ms", "", b"")
        yield Found(nothing, 0, 0.0, 1.0, max(alone) / usual)
        for shape in shapes():
            yield _beside(port, shape, usual, times)


def _beside(port: int, shape: Shape, usual: float, times: int) -> Found:
    ended, sent = Event(), list[tuple[int, float]]()

    def send() -> None:
        try:
            for _ in range(times):
                sent.append(_Client(port).send(shape))
        finally:
            ended.set()

    client, took = _Client(port), list[float]()
    sender = Thread(target=send)
    sender.start()
    while not (ended.is_set() and took):
        took.append(client.send(ORDINARY)[1])
    sender.join()
    seconds = max(seconds for _, seconds in sent)
    return Found(shape, sent[0][0], seconds, statistics.median(took) / usual, max(took) / usual)


def main() -> None:
    print(f"{'beside':24} {'bytes':>9} {'answer':>6} {'seconds':>8} {'median':>7} {'worst':>7}")
    for shape, status, seconds, middle, worst in measured():
        what = f"{shape.name:24} {len(shape.body):9} {status:6} {seconds:8.3f}"
        print(f"{what} {middle:6.1f}x {worst:6.1f}x", flush=True)


if __name__ == "__main__":
    main()
