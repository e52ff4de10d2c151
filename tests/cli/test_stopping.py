"""How served ends stop: what is being answered is answered, what was not sent is told, a second signal
ends all at once."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from time import monotonic
from urllib.parse import urlsplit

import pytest
import requests

from callproof.contract.jsontypes import JsonObject
from tests.served import Ready, Served, served, serving_ends
from tests.support import KEY

CLOCKS = ("real", "manual")
CALL: JsonObject = {"from": "+79120000001", "to": "+7-499-999-99-99", "script": {"after": 0, "talk": 0}}


@contextmanager
def half_sent(url: str) -> Iterator[socket.socket]:
    """A request of which the last byte is missing, when the end reads it."""
    where = urlsplit(url)
    body = f"apiKey={KEY}&status=free".encode()
    head = f"POST /api/v5/users/1/status HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n"
    with socket.create_connection((where.hostname, where.port), timeout=20) as peer:
        peer.sendall(head.encode() + body[:-1])
        # Whoever comes later is answered, so this one was taken.
        assert requests.get(f"{url}/_bench/clock", timeout=20).ok
        yield peer


def refused(url: str) -> bool:
    where = urlsplit(url)
    try:
        socket.create_connection((where.hostname, where.port), timeout=5).close()
    except OSError:
        return True
    return False


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_request_that_is_being_answered_is_and_no_other_is_taken(clock: str, tmp_path: Path) -> None:
    with served(tmp_path, "sqlite://", options=["--clock", clock]) as (crm,):
        crm.register()
        with half_sent(crm.url) as peer:
            crm.process.send_signal(signal.SIGTERM)
            began = monotonic()
            while not refused(crm.url):
                assert monotonic() - began < 4
                Event().wait(0.05)  # who knocks without a pause keeps it from stopping
            peer.sendall(b"e")
            answer = b""
            while piece := peer.recv(4096):
                answer += piece
        assert answer.startswith(b"HTTP/1.1 200")
        assert crm.process.wait(20) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("clock", CLOCKS)
def test_a_second_signal_ends_all_at_once(clock: str, number: int, tmp_path: Path) -> None:
    with served(tmp_path, "sqlite://", options=["--clock", clock]) as (crm,), half_sent(crm.url):
        crm.process.send_signal(number)
        stopping(crm)
        crm.process.send_signal(number)
        began = monotonic()
        assert crm.process.wait(20) == 130
        assert monotonic() - began < 1.5
        while not refused(crm.url):
            assert monotonic() - began < 3


def stopping(crm: Served) -> None:
    """Waits until it says that it stops."""
    assert crm.process.stdout is not None
    for line in crm.process.stdout:
        if line.startswith("Stopping"):
            return
    raise AssertionError("it has ended")


def without_a_crm(ends: Ready) -> None:
    """The reports of a call find nobody."""
    ends.bench("crm", "faults", {"fault": "crm-down"})
    ends.bench("pbx", "calls", CALL)
    if ends.bench("pbx", "clock")["kind"] == "manual":
        ends.bench("pbx", "clock", {"advance": 60})
    while ends.bench("pbx", "state")["counts"]["events"] < 2:
        pass


@pytest.mark.parametrize("clock", CLOCKS)
def test_reports_that_are_lost_with_the_memory_are_told(clock: str, tmp_path: Path) -> None:
    with serving_ends(tmp_path, "--register", "--clock", clock) as ends:
        without_a_crm(ends)
        ends.process.send_signal(signal.SIGTERM)
        assert ends.process.wait(20) == 0
    log = (tmp_path / "serve.log").read_text()
    assert "3 reports were not sent to the CRM and are lost" in log


def test_reports_that_a_database_keeps_go_at_the_next_start(tmp_path: Path) -> None:
    options = ["--db", f"sqlite:///{tmp_path / 'state.db'}", "--api-key", KEY]
    with serving_ends(tmp_path, *options, "--register", "--verbose") as ends:
        without_a_crm(ends)
        ends.process.send_signal(signal.SIGTERM)
        assert ends.process.wait(20) == 0
    log = (tmp_path / "serve.log").read_text()
    assert "are lost" not in log
    assert "3 reports were not sent to the CRM and are kept" in log
    with serving_ends(tmp_path, *options) as ends:
        while not ends.bench("crm", "state")["calls"]:
            with suppress(requests.ConnectionError):
                assert ends.process.poll() is None
