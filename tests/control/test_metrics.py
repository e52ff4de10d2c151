"""What an end tells Prometheus, read by Prometheus' own parser."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from callproof import __version__
from callproof.contract.findings import Finding, Kind
from callproof.control.exposition import CONTENT_TYPE, Exposition
from callproof.exchange.counting import BUCKETS, SECONDS, SUM, Counts
from callproof.pbx.rules.script import Script
from callproof.running.pair import BuiltIn, built_in
from tests.support import Account

Figures: TypeAlias = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Figures:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def told(url: str) -> Callable[..., float]:
    """The figures of an end; what is not told is 0."""
    answer = requests.get(f"{url}/_bench/metrics", timeout=10)
    assert answer.headers["Content-Type"] == CONTENT_TYPE
    figures = read(answer.text)
    return lambda name, **labels: figures.get((f"callproof_{name}", frozenset(labels.items())), 0)


@given(st.dictionaries(st.text(), st.integers(0, 2**63)), st.floats(0, allow_infinity=False))
def test_whatever_a_label_says_the_parser_reads_it_again(values: dict[str, int], total: float) -> None:
    out = Exposition()
    out.gauge("callproof_some", "Some things.", [({"what": what}, value) for what, value in values.items()])
    out.histogram("callproof_spent", "Time.", [({}, {"0.5": 1, "1.0": 2, "+Inf": 3}, total)])
    figures = read(out.text())
    for what, value in values.items():
        assert figures["callproof_some", frozenset({("what", what)})] == value
    assert figures["callproof_spent_bucket", frozenset({("le", "1.0")})] == 3
    assert figures["callproof_spent_count", frozenset()] == 6
    assert figures["callproof_spent_sum", frozenset()] == total


@pytest.fixture
def busy() -> Iterator[BuiltIn]:
    """A pair after one call that came in and one click."""
    with built_in() as pair:
        pair.pbx.register()
        pair.pbx.engine.place_incoming("+7 912 345-67-89", "+7-499-999-99-99", Script(after=1, talk=10))
        requests.post(f"{pair.crm_url}/_bench/clock", json={"advance": 60}, timeout=10).raise_for_status()
        clicked = requests.post(
            f"{pair.crm_url}/_bench/click-to-call", json={"userId": 1, "phone": "+79120000001"}, timeout=10
        )
        assert clicked.ok
        yield pair


def test_each_end_tells_what_it_was_asked_and_what_it_asked(busy: BuiltIn) -> None:
    crm, pbx = told(busy.crm_url), told(busy.pbx_url)
    assert crm("requests_total", operation="module-edit", status="201") == 1
    for operation, number in (("call-event", 2), ("calls-upload", 1), ("manager-lookup", 1)):
        assert crm("requests_total", operation=operation, status="200") == number
        assert pbx("outgoing_total", operation=operation, status="200") == number
        assert crm("request_seconds_count", operation=operation) == number
        assert crm("request_seconds_sum", operation=operation) > 0
    assert crm("outgoing_total", operation="make-call", status="200") == 1
    assert pbx("requests_total", operation="make-call", status="200") == 1


def test_each_end_tells_its_state(busy: BuiltIn) -> None:
    crm, pbx = told(busy.crm_url), told(busy.pbx_url)
    assert crm("calls", state="kept") == pbx("calls", state="ended") == 1
    assert pbx("calls", state="calling manager") == 1
    assert crm("kept", what="modules") == 1
    assert pbx("outbox_reports", fate="waiting") == 0
    assert crm("journal_exchanges") == busy.crm.journal.last_id
    assert crm("journal_bytes") > 1000
    assert crm("workers") == pbx("workers") == 1
    assert 0 < crm("uptime_seconds") < 600
    assert "build_info" in requests.get(f"{busy.crm_url}/_bench/metrics", timeout=10).text
    assert f'version="{__version__}"' in requests.get(f"{busy.pbx_url}/_bench/metrics", timeout=10).text


def test_reports_that_wait_are_told(busy: BuiltIn) -> None:
    requests.post(
        f"{busy.crm_url}/_bench/faults", json={"fault": "crm-down"}, timeout=10
    ).raise_for_status()
    busy.pbx.engine.place_incoming("+7 912 345-67-89", "+7-499-999-99-99", Script(after=1, talk=10))
    requests.post(f"{busy.pbx_url}/_bench/clock", json={"advance": 60}, timeout=10).raise_for_status()
    pbx, crm = told(busy.pbx_url), told(busy.crm_url)
    assert pbx("outbox_reports", fate="waiting") >= 2
    assert pbx("outgoing_total", operation="call-event", status="none") >= 1
    assert crm("requests_total", operation="call-event", status="none") >= 1


def test_findings_are_counted_by_their_row(registered: Account) -> None:
    for _ in range(3):
        registered.event(phone="+79120000001", type="in", codes=["100"], colour=1)
    registered.client.get("/api/v5/no-such-method")
    figures = read(registered.client.get("/_bench/metrics").text)
    found = {
        dict(labels)["row"]: value
        for (name, labels), value in figures.items()
        if name == "callproof_findings_total" and dict(labels)["kind"] == "ignored"
    }
    assert list(found.values()) == [3]
    of_none = frozenset({("operation", "unknown"), ("status", "403")})
    assert figures["callproof_requests_total", of_none] == 1


def test_readers_that_wait_and_follow_are_told(busy: BuiltIn) -> None:
    def opened() -> tuple[float, float]:
        crm = told(busy.crm_url)
        return crm("open", kind="polls"), crm("open", kind="streams")

    last = busy.crm.journal.last_id
    with ThreadPoolExecutor(1) as pool:
        url = f"{busy.crm_url}/_bench/journal"
        with requests.get(url, params={"follow": "1"}, stream=True, timeout=10) as stream:
            next(stream.iter_lines())
            poll = pool.submit(requests.get, url, params={"since": last, "wait": 30}, timeout=60)
            while opened() != (1, 1):
                assert not poll.done()
            busy.crm.journal.interrupt()
            assert poll.result().ok
    while opened() != (0, 0):
        pass


def test_threads_lose_no_count() -> None:
    counts = Counts()
    notice = Finding(Kind.NOTICE, "query", "", "odd", "", "CRM-API-01")

    def count(_: int) -> None:
        for number in range(2000):
            counts.request("call-event", 200, BUCKETS[number % len(BUCKETS)], [notice])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))
    sums = counts.ledger.sums()
    assert sums["requests", "call-event", "200"] == 8000
    assert sums["findings", "CRM-API-01", "notice"] == 8000
    times = {labels[2]: number for labels, number in sums.items() if labels[0] == SECONDS}
    assert sum(number for bound, number in times.items() if bound != SUM) == 8000
