"""Traffic on two real ends, and that the comparison of the two finds whatever differs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from callproof.contract.budgets import Limits
from callproof.contract.jsontypes import Json
from callproof.control.client import Ends
from callproof.pbx import recordings
from callproof.pbx.crm_client import CrmClient, Told
from callproof.pbx.rules.outbox import Fate
from callproof.running.pair import BuiltIn, built_in
from callproof.traffic import records
from callproof.traffic.arrivals import Source, arrivals
from callproof.traffic.mix import Mix
from callproof.traffic.reconcile import Books, reconcile
from callproof.traffic.records import PbxCall
from callproof.traffic.run import Log, Traffic
from callproof.traffic.summary import peak, summary

CALLS = 60


@pytest.fixture(scope="module", params=[False, True], ids=["sockets", "memory"])
def played(request: pytest.FixtureRequest) -> Iterator[tuple[BuiltIn, Ends, Log]]:
    """Two ends after a minute of traffic, and how they and the comparison reach each other."""
    limits = Limits(telephony=40)
    with built_in(managers=100, customers=50, limits=limits, nearby=request.param) as pair:
        ends = pair.ends
        ends.pbx.post("/register")
        source = Source(records.phones(ends.crm, ends.api_key), records.lines(ends))
        calls = arrivals(Mix(), 5.0, 1, ends.now(), source, "UTC")
        yield pair, ends, Traffic(ends).run(islice(calls, CALLS))


def test_every_call_is_at_both_ends_once_with_its_recording(played: tuple[BuiltIn, Ends, Log]) -> None:
    _, ends, log = played
    books = reconcile(ends, log)
    assert books.mismatches == []
    found = summary(log, books)
    assert found.attempted == CALLS == len(log.acknowledged) + log.clicked.total()
    assert found.answered + found.missed + found.busy + found.refused + found.failed.total() == CALLS
    assert found.recordings == found.answered > 30
    assert found.concurrent > 20
    assert found.missed
    assert log.clicked


def test_the_customers_and_the_lines_are_those_of_the_crm(played: tuple[BuiltIn, Ends, Log]) -> None:
    pair, ends, _ = played
    assert len(records.phones(ends.crm, ends.api_key)) == 50
    assert set(records.lines(ends)) == {line.phone for line in pair.pbx.settings.plan.lines}


Table = list[dict[str, Any]]


def books_with(played: tuple[BuiltIn, Ends, Log], table: str, change: Callable[[Table], Table]) -> Books:
    """The comparison after something was changed behind the back of an end."""
    pair, ends, log = played
    store = pair.crm.store if table.startswith("crm") else pair.pbx.store
    with store.begin() as session:
        kept = session.snapshot()
        session.restore({**kept, table: change([dict(row) for row in kept[table]])})
    try:
        return reconcile(ends, log)
    finally:
        with store.begin() as session:
            session.restore(kept)


def amended(**members: Json) -> Callable[[Table], Table]:
    """The first answered call of the CRM's history with other members; None leaves one out."""

    def change(rows: Table) -> Table:
        row = next(row for row in rows if row["document"]["result"] == "answered")
        document = {**row["document"], **members}
        row["document"] = {name: value for name, value in document.items() if value is not None}
        return rows

    return change


def set_first(**columns: object) -> Callable[[Table], Table]:
    return lambda rows: [{**rows[0], **columns}, *rows[1:]]


def without_the_first_answered(rows: Table) -> Table:
    rows.remove(next(row for row in rows if row["document"]["result"] == "answered"))
    return rows


def all_with_the_same_id(rows: Table) -> Table:
    same = rows[1]["external_id"]
    return [{**row, "document": {**row["document"], "externalId": same}} for row in rows]


def all_shorter(rows: Table) -> Table:
    for row in rows:
        if row["document"]["cause"] == "answered":
            row["document"] = {**row["document"], "ended_at": row["document"]["ended_at"] - 5}
    return rows


@pytest.mark.parametrize(
    ("table", "change", "words"),
    [
        ("crm_calls", without_the_first_answered, "is not in the CRM's history"),
        ("crm_calls", amended(duration=1), "has duration 1 in the CRM"),
        ("crm_calls", amended(result="busy"), "has result 'busy' in the CRM, expected 'answered'"),
        ("crm_calls", amended(recordUrl=None), "has recordUrl None"),
        ("crm_calls", amended(recordUrl="http://x.example/a.wav"), "which is not the PBX"),
        ("crm_calls", amended(externalId="x"), "Call x of the CRM's history is not at the PBX"),
        ("crm_calls", all_with_the_same_id, "is in the CRM's history 60 times"),
        ("crm_cards", set_first(closed_at=None), "1 call cards are still open"),
        ("pbx_outbox", set_first(fate=Fate.REFUSED), "1 reports were refused"),
        ("pbx_outbox", set_first(fate=Fate.PENDING), "1 reports wait"),
        ("pbx_calls", set_first(open=True), "1 calls of the PBX have not"),
        ("pbx_calls", lambda _: [], "was acknowledged by the PBX and is not there"),
        ("pbx_calls", lambda _: [], "clicks of "),
        ("pbx_calls", all_shorter, "it was to last"),
    ],
)
def test_a_difference_between_the_ends_is_found(
    played: tuple[BuiltIn, Ends, Log], table: str, change: Callable[[Table], Table], words: str
) -> None:
    books = books_with(played, table, change)
    assert any(words in sentence for sentence in books.mismatches), books.mismatches[:5]


def shorter(*arguments: str | int) -> recordings.Wav:
    return recordings.Wav("any", 1)


def nothing(*_: object) -> None:
    raise ValueError


@pytest.mark.parametrize(
    ("replacement", "words"),
    [(shorter, "lasts 1.0 s, expected"), (nothing, "is answered 500, expected 206")],
)
def test_a_recording_that_is_none_is_found(
    played: tuple[BuiltIn, Ends, Log],
    monkeypatch: pytest.MonkeyPatch,
    replacement: Callable[..., object],
    words: str,
) -> None:
    _, ends, log = played
    monkeypatch.setattr("callproof.pbx.recordings.recording", replacement)
    assert any(words in sentence for sentence in reconcile(ends, log).mismatches)


def test_no_proxy_stands_before_a_recording(
    played: tuple[BuiltIn, Ends, Log], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ends, log = played
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert reconcile(ends, log).mismatches == []


def test_calls_that_go_on_together_are_counted() -> None:
    def call(start: float, end: float) -> PbxCall:
        return PbxCall(id="c", direction="in", phone="", line="", started_at=start, ended_at=end)

    assert peak([call(0, 10), call(5, 15), call(10, 20), call(30, 31)]) == 2
    assert peak([]) == 0


def test_reports_that_the_crm_never_takes_are_given_up_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CrmClient, "event", lambda *_: Told(503, {}, "busy"))
    with built_in() as pair:
        ends = pair.ends
        ends.pbx.post("/register")
        source = Source(("+7 912 345-67-89",), ("+7-499-999-99-99",))
        calls = islice(arrivals(Mix(incoming=1), 1, 1, ends.now(), source, "UTC"), 1)
        books = reconcile(ends, Traffic(ends, patience=60).run(calls))
    assert "3 reports wait in the PBX's outbox." in books.mismatches
    assert any("is not in the CRM's history" in sentence for sentence in books.mismatches)


def test_an_arrival_that_no_end_takes_is_counted_with_its_reason() -> None:
    with built_in() as pair:
        ends = pair.ends
        ends.pbx.post("/register")
        source = Source(("+7 912 345-67-89",), ("+7-444-444-44-44",))
        (call,) = islice(arrivals(Mix(incoming=1), 1, 1, ends.now(), source, "UTC"), 1)
        out = replace(call, incoming=False, script={"outcome": "answered", "talk": 500})
        clicked = replace(out, by_click=True)
        log = Traffic(ends).run([call, out, out, out, clicked])
    assert log.not_started == {
        "There is no line +7-444-444-44-44.": 1,
        "Every manager is on the telephone": 2,
    }
