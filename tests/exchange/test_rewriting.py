"""Where public addresses are reached, and who may be asked at all."""

from collections.abc import Iterator

import pytest

from callproof.clocks.manual import ManualClock
from callproof.exchange.calling import Caller
from callproof.exchange.reach import HostRefused
from callproof.running.pair import BuiltIn
from tests.exchange.callers import caller_on


@pytest.fixture
def caller(pair: BuiltIn) -> Iterator[Caller]:
    clock = ManualClock()
    rewrites = {
        "https://crm.example": pair.crm_url,
        "https://crm.example/dead": "http://127.0.0.1:9",
        "https://api.example/telephony-": f"{pair.crm_url}/",
    }
    yield caller_on(clock, timeout=5, rewrites=rewrites)
    clock.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example/openapi.json",
        "https://crm.example/openapi.json?a=https://b.example",
        "https://api.example/telephony-openapi.json",
    ],
)
def test_a_public_address_is_reached_by_its_longest_beginning(caller: Caller, url: str) -> None:
    exchange = caller.send("", "GET", url)
    assert exchange.answer is not None
    assert (exchange.answer.status, exchange.request.url) == (200, url)
    assert caller.send("", "GET", "https://crm.example/dead/openapi.json").answer is None


@pytest.mark.parametrize(
    "url", ["https://crm.example.org/", "https://crm.example:8443/", "https://crm.exampl/"]
)
def test_a_host_is_not_the_beginning_of_another(caller: Caller, url: str) -> None:
    with pytest.raises(HostRefused):
        caller.send("", "GET", url)
