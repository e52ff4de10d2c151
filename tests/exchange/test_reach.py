"""Nobody but this machine and allowed hosts is asked, whatever an address looks like."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callproof.clocks.manual import ManualClock
from callproof.exchange import sockets
from callproof.exchange.calling import Caller
from callproof.exchange.reach import HostRefused, is_here
from tests.exchange.callers import caller_on
from tests.exchange.spellings import spellings

MADE = spellings()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts to which a connection was tried; none is made."""
    hosts: list[str] = []

    def connect(where: sockets.Where, *_: object) -> sockets.Socket:
        hosts.append(where[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(sockets, "connect", connect)
    return hosts


def caller(*allowed: str) -> Caller:
    return caller_on(ManualClock(), timeout=5, allowed_hosts=allowed)


def test_no_address_leads_to_another_host_than_the_one_that_was_looked_at(asked: list[str]) -> None:
    ours = caller()
    assert len(MADE) > 1705
    for address in MADE:
        with suppress(HostRefused):
            ours.send("", "GET", address, params={"clientId": "c"})
    assert [host for host in asked if not is_here(host.strip("[]"))] == []


@given(st.text(alphabet="/\\@:#?.[]% \t\n12790abcloahst-", max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nor_does_any_other_text(asked: list[str], rest: str) -> None:
    with suppress(HostRefused):
        caller().send("", "GET", f"http://{rest}")
    assert [host for host in asked if not is_here(host.strip("[]"))] == []


def test_an_allowed_host_is_asked(asked: list[str]) -> None:
    caller("pbx.vendor.example").send("", "GET", "http://PBX.vendor.example:8443/call?a=1")
    assert asked == ["pbx.vendor.example"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1\\@10.0.0.1/", "stands in it unescaped"),
        ("http://user:secret@127.0.0.1/", "with a name or password before its host"),
        ("http://[::1/", "is no address to ask"),
        ("http://10.0.0.1/", "allow it with --allow-host 10.0.0.1"),
    ],
)
def test_a_refusal_says_why(address: str, words: str) -> None:
    with pytest.raises(HostRefused, match=words) as refused:
        caller().send("", "GET", address)
    assert "secret" not in str(refused.value)


def test_a_name_of_this_machine_that_leads_elsewhere_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Elsewhere:
        closed = False

        def getpeername(self) -> tuple[str, int]:
            return "10.0.0.1", 80

        def getsockname(self) -> tuple[str, int]:
            return "10.0.0.2", 4000

        def close(self) -> None:
            self.closed = True

    connection = Elsewhere()
    monkeypatch.setattr(sockets, "connect", lambda *_: connection)
    exchange = caller().send("", "GET", "http://localhost/")
    assert exchange.answer is None
    assert "leads to another machine" in exchange.error
    assert connection.closed
