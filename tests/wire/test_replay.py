"""Requests of real clients, replayed byte for byte over a socket."""

import re
import socket
from http.client import HTTPResponse
from pathlib import Path

import orjson
import pytest

from callproof.clocks.manual import ManualClock
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.running.threads import Address, serving

HERE = Path(__file__).parent
CAPTURES = sorted(HERE.glob("*-v[345].txt"))
CAPTURED_KEY = "KEY-1"

# The one captured request that the contract refuses: events say "no answered", not "no answer".
REFUSED = re.compile(rb"hangupStatus%22%3A\+%22no\+answer%22")


def captured(file: Path) -> list[bytes]:
    """The raw requests of one client, in the order in which it made them."""
    parts = file.read_bytes().split(b"\n\n----- END OF REQUEST -----\n")
    return [_wire(part.lstrip(b"\n")) for part in parts if part.strip()]


def _wire(text: bytes) -> bytes:
    """Head and body as sent: the body is exactly as long as Content-Length says."""
    head, _, rest = text.partition(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
    return head + b"\r\n\r\n" + rest[: int(length.group(1)) if length else 0]


def registers(line: str) -> bool:
    """Whether a request line creates the telephony, in any version."""
    return "/edit" in line or (line.startswith("POST") and "/telephony/setting" in line)


def send(address: Address, request: bytes) -> tuple[int, dict[str, object]]:
    with socket.create_connection((address.host, address.port), timeout=10) as connection:
        connection.sendall(request)
        response = HTTPResponse(connection)
        response.begin()
        return response.status, orjson.loads(response.read())


@pytest.mark.parametrize("file", CAPTURES, ids=lambda file: file.stem)
def test_every_captured_request_gets_the_answer_of_the_contract(file: Path) -> None:
    address = Address()
    crm = Crm(CrmSettings(api_key=CAPTURED_KEY, base_url=address.url), ManualClock())
    requests = captured(file)
    assert len(requests) >= 5
    # Clients ask for the module before they create it; what comes first here is the registration.
    requests.sort(key=lambda request: not registers(request.split(b"\r\n")[0].decode()))
    with serving(create_app(crm), address):
        for request in requests:
            line = request.split(b"\r\n")[0].decode()
            status, body = send(address, request)
            if REFUSED.search(request):
                assert (status, body["errors"]) == (
                    400,
                    {"hangupStatus": "The value you selected is not a valid choice."},
                ), line
            else:
                assert status == (201 if registers(line) else 200), (line, body)
                assert body["success"] is True, (line, body)
    crm.close()


def test_a_replayed_request_reaches_the_journal_unchanged() -> None:
    address = Address()
    crm = Crm(CrmSettings(api_key=CAPTURED_KEY, base_url=address.url), ManualClock())
    request = next(r for r in captured(HERE / "python-retailcrm-5.3.0-v5.txt") if b"call/event" in r)
    with serving(create_app(crm), address):
        send(address, request)
    written = crm.journal.since()[-1].request
    assert written.body.content == request.partition(b"\r\n\r\n")[2]
    assert ("X-Api-Key", CAPTURED_KEY) in written.headers
    crm.close()


def test_expect_100_continue_is_answered_before_the_body_is_sent() -> None:
    address = Address()
    crm = Crm(CrmSettings(api_key=CAPTURED_KEY, base_url=address.url), ManualClock())
    with (
        serving(create_app(crm), address),
        socket.create_connection((address.host, address.port), timeout=10) as connection,
    ):
        connection.sendall(
            b"POST /api/v5/users/1/status HTTP/1.1\r\nHost: crm\r\nX-API-KEY: KEY-1\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b"status=busy")
        response = HTTPResponse(connection)
        response.begin()
        assert orjson.loads(response.read()) == {"success": True}
    crm.close()
