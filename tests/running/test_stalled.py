"""Bodies that do not come hold no thread for long, and nobody else is cut off with them."""

import http.client
import socket
import sys
from contextlib import ExitStack, closing
from time import monotonic

import pytest

from callproof.limits import Bounds
from callproof.running.threads import Address
from tests.served import worker
from tests.support import KEY

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells what a connection waits for"
)

SLOW = b"POST /api/v5/telephony/call/event HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nevent="
POLL = b"GET /_bench/journal?since=1000000&wait=%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def _sent(stack: ExitStack, address: Address, text: bytes) -> socket.socket:
    connection = stack.enter_context(socket.create_connection((address.host, address.port), timeout=30))
    connection.sendall(text)
    return connection


def _status(connection: socket.socket) -> int:
    with closing(http.client.HTTPResponse(connection)) as answer:
        answer.begin()
        return answer.status


def _ordinary(address: Address) -> int:
    with closing(http.client.HTTPConnection(address.host, address.port, timeout=30)) as connection:
        headers = {"X-API-KEY": KEY, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/api/v5/telephony/call/event", "event={}", headers)
        return connection.getresponse().status


def test_others_are_answered_while_bodies_are_awaited_on_every_connection() -> None:
    with worker(Bounds(requests_at_once=16, connections=16)) as address, ExitStack() as stack:
        slow = [_sent(stack, address, SLOW) for _ in range(32)]
        began = monotonic()
        assert _ordinary(address) == 400
        assert monotonic() - began < 20, "long before the 30 s that a body may take"
        assert [_status(one) for one in slow] == [408] * len(slow)


def test_who_waits_for_an_answer_is_not_cut_off_for_a_body_that_does_not_come() -> None:
    with worker(Bounds(request_seconds=0.5)) as address, ExitStack() as stack:
        polls = [_sent(stack, address, POLL % 3) for _ in range(3)]
        slow = _sent(stack, address, SLOW)
        assert [_status(one) for one in polls] == [200] * len(polls)
        assert _status(slow) == 408
