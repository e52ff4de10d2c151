"""Each limit of the table bites: a limit without a test of its own is one that fails."""

import http.client
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from callproof.cli import main
from callproof.clocks.manual import ManualClock
from callproof.conformance import stimuli
from callproof.conformance.patterns import EndlessPattern, fits
from callproof.conformance.stimuli import Hands
from callproof.conformance.target import Command, HttpRequest, Stimulus
from callproof.control.client import Unreachable
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.errors import Misuse
from callproof.exchange.journal import Journal
from callproof.files.yamlfile import Document, FileError
from callproof.limits import TABLE, USUAL, Bounds, given
from callproof.pbx.app import create_app as pbx_app
from callproof.pbx.pbx import Pbx
from callproof.pbx.settings import PbxSettings
from callproof.running.threads import Address, serving
from callproof.web.pulse import Pulse
from tests.served import worker
from tests.support import KEY, Account, call_item

BITES: dict[str, Callable[[], None]] = {}


def bites(test: Callable[[], None]) -> Callable[[], None]:
    """The test of the limit whose name it has."""
    BITES[test.__name__.replace("_", "-")] = test
    return test


@pytest.mark.parametrize("name", [limit.name for limit in TABLE])
def test_the_limit_bites(name: str) -> None:
    BITES[name]()


def test_no_test_is_for_a_limit_that_is_gone() -> None:
    assert BITES.keys() <= {limit.name for limit in TABLE}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("form-fields", "'form-fields' is not NAME=VALUE"),
        ("form-field=1", "did you mean form-fields?"),
        ("other=1", "There is no limit 'other'; there are crm-request-bytes"),
        ("file-depth=5", "the same for everybody"),
        ("form-fields=1.5", "wants a whole number of fields, not '1.5'"),
        ("form-fields=" + "9" * 5000, "wants a whole number"),
        ("request-seconds=nan", "is from 0.1 to"),
        ("header-bytes=10", "is from 8192 to"),
    ],
)
def test_what_is_no_limit_is_told_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(Misuse, match=re.escape(said)):
        given([text])


def test_values_are_of_the_kind_that_the_table_has() -> None:
    assert given(["request-seconds=2", "form-fields=3"]) == Bounds(request_seconds=2.0, form_fields=3)


@contextmanager
def _crm(**bounds: float) -> Iterator[Account]:
    settings = CrmSettings(api_key=KEY, base_url="http://crm", bounds=_bounds(**bounds))
    crm = Crm(settings, ManualClock())
    with closing(crm):
        yield Account(crm, create_app(crm).test_client())


def _bounds(**values: float) -> Bounds:
    return given(f"{name.replace('_', '-')}={value}" for name, value in values.items())


@contextmanager
def _pbx(**bounds: float) -> Iterator[tuple[Pbx, FlaskClient]]:
    pbx = Pbx(PbxSettings(base_url="http://pbx", bounds=_bounds(**bounds)), ManualClock())
    with closing(pbx):
        yield pbx, pbx_app(pbx).test_client()


def _is_of_the_contract(answer: Any, status: int) -> None:
    assert answer.status_code == status
    assert answer.json["success"] is False
    assert answer.get_json()["errorMsg"]


@bites
def crm_request_bytes() -> None:
    with _crm(crm_request_bytes=100) as account:
        _is_of_the_contract(account.post("telephony/call/event", event="x" * 100), 413)
        assert account.get("users").status_code == 200
        told = account.client.post("/_bench/clock", data=b"x" * 101)
        assert told.status_code == 413
        assert told.json == {"error": "The body of the request has more than 100 bytes."}


@bites
def pbx_request_bytes() -> None:
    with _pbx(pbx_request_bytes=100) as (_, client):
        assert client.post("/activity", data={"a": "x" * 100}).status_code == 413


@contextmanager
def _served(bounds: Bounds) -> Iterator[Address]:
    crm = Crm(CrmSettings(api_key=KEY, base_url="http://crm", bounds=bounds), ManualClock())
    address = Address()
    with closing(crm), serving(create_app(crm), address, bounds):
        yield address


@contextmanager
def _connected(address: Address, text: bytes) -> Iterator[socket.socket]:
    with socket.create_connection((address.host, address.port), timeout=20) as connection:
        connection.sendall(text)
        yield connection


def _answer(connection: socket.socket) -> http.client.HTTPResponse:
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer


_LATE = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nabc"


@bites
def request_seconds() -> None:
    bounds = Bounds(request_seconds=1.0)
    for path, word in ((b"/api/v5/users", b"errorMsg"), (b"/_bench/clock", b"did not arrive in time")):
        with _served(bounds) as address, _connected(address, _LATE % path) as slow:
            answer = _answer(slow)
            assert answer.status == 408
            assert word in answer.read()
        with worker(bounds) as address, _connected(address, _LATE % path) as slow:
            answer = _answer(slow)
            assert answer.status == 408
            assert word in answer.read()
        # Of large ones the time is looked at between pieces.
        first = (_LATE % path).replace(b": 10", b": 20000") + b"x" * 5_000
        with worker(Bounds(request_seconds=2.0)) as address, _connected(address, first) as slow:
            # Each comes soon enough, so that nothing but their whole time is over with the last one.
            for wait in (1.0, 1.5):
                slow.settimeout(wait)
                with pytest.raises(TimeoutError):
                    slow.recv(1)
                slow.sendall(b"x" * 5_000)
            slow.settimeout(20)
            answer = _answer(slow)
            assert answer.status == 408
            assert word in answer.read()
            with _connected(address, b"GET /_bench/clock HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n") as another:
                assert _answer(another).status == 200


@bites
def header_bytes() -> None:
    long = b"GET /api/v5/users HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\n"
    bounds = Bounds(header_bytes=8192)
    for opened in (_served(bounds), worker(bounds)):
        with opened as address, _connected(address, long) as connection:
            assert _answer(connection).status == 431


@bites
def header_seconds() -> None:
    bounds = Bounds(header_seconds=0.5)
    for opened in (_served(bounds), worker(bounds)):
        with opened as address, _connected(address, b"GET / HTTP/1.1\r\nHo") as connection:
            assert connection.recv(1) == b""


@bites
def form_fields() -> None:
    with _crm(form_fields=3) as account:
        _is_of_the_contract(account.get("users", a="1", b="1", c="1", d="1"), 400)
        _is_of_the_contract(account.post("telephony/call/event", a="1", b="1", c="1", d="1"), 400)
        data = dict.fromkeys("abcd", "1")
        parts = account.client.post(
            "/api/v5/telephony/call/event",
            data=data,
            headers={"X-API-KEY": KEY},
            content_type="multipart/form-data",
        )
        _is_of_the_contract(parts, 400)
        assert "More than 3 fields" in parts.get_json()["errorMsg"]


@bites
def name_depth() -> None:
    with _crm(name_depth=2) as account:
        assert account.get("users", **{"filter[active]": "1"}).status_code == 200
        answer = account.get("users", **{"filter[a][b]": "1"})
        _is_of_the_contract(answer, 400)
        assert "deeper than 2 levels" in answer.get_json()["errorMsg"]


@bites
def json_depth() -> None:
    with _crm(json_depth=10) as account:
        _is_of_the_contract(account.post("telephony/call/event", event="[" * 11 + "]" * 11), 400)
        assert "more than 10 deep" in account.findings[0].message


@bites
def json_values() -> None:
    with _crm(json_values=100) as account:
        _is_of_the_contract(account.post("telephony/call/event", event={"codes": ["1"] * 101}), 400)
        assert "more than 100 values" in account.findings[0].message
        body = account.client.post(
            "/api/v5/telephony/call/event", json={"event": ["1"] * 101}, headers={"X-API-KEY": KEY}
        )
        assert body.status_code == 400


@bites
def customer_phones() -> None:
    with _crm(customer_phones=2) as account:
        phones = [{"number": f"+7912345678{n}"} for n in range(3)]
        answer = account.post("customers/create", customer={"firstName": "A", "phones": phones})
        _is_of_the_contract(answer, 400)
        said = "This collection should contain 2 elements or less."
        assert answer.get_json()["errors"] == {"phones": said}


@bites
def call_events() -> None:
    with _crm() as account:
        account.register()
        event = {"phone": "+79123456789", "type": "in", "codes": ["100"], "callExternalId": "c"}
        account.event(**{**event, "type": "hangup"})
        for _ in range(USUAL.call_events - 1):
            account.event(**event)
        assert not account.state("cards"), "nobody is shown a call that is over"
        account.event(**event)
        account.event(**event)
        assert account.state("cards"), "the end is too long ago"


@bites
def integer_digits() -> None:
    with _crm() as account:
        account.register()
        answer = account.upload(call_item(duration="1" * (USUAL.integer_digits + 1)))
        assert answer.status_code == 400


@bites
def findings() -> None:
    with _crm(findings=5) as account:
        account.get("users", **{f"unknown{n}": "1" for n in range(20)})
        assert len(account.findings) == 6
        assert "15 more remarks" in account.findings[-1].message


@contextmanager
def _waiting(bounds: Bounds, number: int) -> Iterator[tuple[Address, list[socket.socket]]]:
    """So many long polls at a worker."""
    ask = b"GET /_bench/journal?since=0&wait=30 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with worker(bounds) as address:
        polls = [socket.create_connection((address.host, address.port), timeout=20) for _ in range(number)]
        try:
            for poll in polls:
                poll.sendall(ask)
            yield address, polls
        finally:
            for poll in polls:
                poll.close()


def _waits(address: Address) -> bool:
    """Whether what is asked now is neither answered nor turned away."""
    with _connected(address, b"GET /_bench/clock HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n") as another:
        another.settimeout(1.5)
        try:
            another.recv(1)
        except TimeoutError:
            return True
    return False


@bites
def requests_at_once() -> None:
    with _waiting(Bounds(requests_at_once=2, wait_seconds=5), 2) as (address, polls):
        # The first may be quicker than those that wait.
        assert any(_waits(address) for _ in range(20))
        assert _answer(polls[0]).status == 200


@bites
def connections() -> None:
    with _waiting(Bounds(connections=16, wait_seconds=5), 16) as (address, polls):
        # The first may be quicker than those that wait.
        assert any(_waits(address) for _ in range(20))
        assert _answer(polls[0]).status == 200


@bites
def listeners() -> None:
    with _crm(listeners=1) as account:
        first = account.client.get("/_bench/journal?follow=1")
        second = account.client.get("/_bench/journal?follow=1")
        assert (first.status_code, second.status_code) == (200, 503)
        assert second.json == {"error": "1 listeners follow this journal already."}
        first.close()


@bites
def page_streams() -> None:
    with _crm(page_streams=1) as account:
        pulse = account.crm.pulse
        first = pulse.beats(silence=0.01)
        assert not pulse.full
        assert next(first) is None
        told = account.client.get("/live")
        assert (told.status_code, told.data) == (200, b"retry: 10000\n\n")
    assert Pulse(Journal(), most=2).full is False


@bites
def wait_seconds() -> None:
    with _crm(wait_seconds=0.1) as account:
        assert account.client.get("/_bench/journal?since=999&wait=1000").get_json()["entries"] == []


@bites
def journal_entries() -> None:
    with _crm(journal_entries=3) as account:
        for _number in range(5):
            account.get("users")
        assert [entry.id for entry in account.crm.journal.since()] == [3, 4, 5]


@bites
def journal_bytes() -> None:
    with _crm(journal_bytes=20_000) as account:
        for _number in range(5):
            account.get("users", name="x" * 8_000)
        assert len(account.crm.journal.since()) == 1


@bites
def snapshots() -> None:
    with _crm(snapshots=1) as account:
        for name in "ab":
            account.client.post("/_bench/snapshot", json={"name": name})
        told = account.client.get("/_bench/snapshots").get_json()
        assert [one["name"] for one in told["snapshots"]] == ["b"]


@contextmanager
def _dripping(head: bytes) -> Iterator[str]:
    """A peer that sends a byte now and then after this."""
    ended = threading.Event()

    def drip() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(head)
            while not ended.wait(0.05):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        ended.set()
        thread.join()


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: 100000\r\n\r\n"


@bites
def crm_call_seconds() -> None:
    with _crm(crm_call_seconds=0.3) as account, _dripping(_HEAD) as url:
        exchange = account.crm.caller.send("record", "GET", url)
        assert exchange.error == "no answer within 0.3 s"


@bites
def pbx_call_seconds() -> None:
    with _pbx(pbx_call_seconds=0.3) as (pbx, _client), _dripping(_HEAD) as url:
        exchange = pbx.caller.send("", "GET", url)
        assert exchange.error == "no answer within 0.3 s"


@bites
def answer_bytes() -> None:
    with _crm(answer_bytes=10) as account, _dripping(_HEAD + b"x" * 100_000) as url:
        exchange = account.crm.caller.send("record", "GET", url)
        assert "more than 10 bytes" in exchange.error


@bites
def redirects() -> None:
    app = Flask("redirecting")

    @app.get("/<int:number>")
    def _further(number: int) -> Any:
        return "", 302, {"Location": f"/{number + 1}"}

    address = Address()
    with _crm(redirects=2) as account, serving(app, address):
        account.register()
        account.upload(call_item("c-1", recordUrl=f"{address.url}/1"))
        told = account.client.post("/_bench/play", json={"externalId": "c-1"}).get_json()
        assert (told["url"].rpartition("/")[2], told["status"]) == ("3", 302)


def _is_refused(text: str, said: str) -> None:
    with pytest.raises(FileError, match=f"^the file:1: .*{said}"):
        Document(Path(), "the file", text)


def _stimulus(bounds: Bounds, said: str) -> None:
    made = Stimulus("poke", HttpRequest("GET", "/"))
    with pytest.MonkeyPatch.context() as patch, _dripping(_HEAD + b"x" * 70_000) as url:
        patch.setattr(stimuli, "USUAL", bounds)
        with closing(Hands({}, url, Path())) as hands, pytest.raises(Unreachable, match=said) as raised:
            hands.do(made)
    assert "The side under test does not answer 'poke'" in str(raised.value)


@bites
def side_seconds() -> None:
    _stimulus(Bounds(side_seconds=0.3), r"no answer within 0\.3 s")
    with pytest.MonkeyPatch.context() as patch, closing(Hands({}, "", Path())) as hands:
        patch.setattr(stimuli, "USUAL", Bounds(side_seconds=0.3))
        endless = Stimulus("poke", Command((sys.executable, "-c", "while True: pass")))
        with pytest.raises(Unreachable, match="The program of 'poke' does not end"):
            hands.do(endless)


@bites
def side_bytes() -> None:
    _stimulus(Bounds(side_bytes=10_000), "more than 10000 bytes")


@bites
def pattern_seconds() -> None:
    with pytest.raises(EndlessPattern):
        fits("(a+)+$", "a" * 5000 + "!")


@bites
def file_bytes() -> None:
    _is_refused("a" * (USUAL.file_bytes + 1), f"more than {USUAL.file_bytes} bytes")
    with pytest.raises(FileError, match="bytes"):
        Document(Path("/dev/zero"))


@bites
def file_parts() -> None:
    _is_refused(f"[{'1,' * (USUAL.file_parts + 1)}]", f"more than {USUAL.file_parts} parts")


@bites
def file_depth() -> None:
    _is_refused("[" * (USUAL.file_depth + 2) + "]" * (USUAL.file_depth + 2), "deep in each other")


@bites
def file_digits() -> None:
    _is_refused("1" * (USUAL.file_digits + 1), f"more than {USUAL.file_digits} digits")


def test_the_command_tells_what_is_no_limit() -> None:
    told = CliRunner().invoke(main, ["serve", "--limit", "form-field=1"])
    assert told.exit_code == 2
    assert "did you mean form-fields?" in told.output
