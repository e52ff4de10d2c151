"""Traffic on two real ends, and that the comparison of the two finds whatever differs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

import pytest
from sqlalchemy import text

from callproof.contract.budgets import Limits
from callproof.control.client import Ends
from callproof.pbx import recordings
from callproof.pbx.crm_client import CrmClient, Told
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


def books_with(played: tuple[BuiltIn, Ends, Log], side: str, statement: str, undo: str) -> Books:
    """The comparison after something was changed behind the back of an end."""
    pair, ends, log = played
    store = pair.crm.store if side == "crm" else pair.pbx.store
    with store.database.begin() as connection:
        connection.execute(text("CREATE TEMP TABLE kept AS SELECT * FROM " + undo))
        connection.execute(text(statement))
    try:
        return reconcile(ends, log)
    finally:
        with store.database.begin() as connection:
            connection.execute(text(f"DELETE FROM {undo}"))
            connection.execute(text(f"INSERT INTO {undo} SELECT * FROM kept"))
            connection.execute(text("DROP TABLE kept"))


FIRST = "(SELECT min(id) FROM crm_calls WHERE json_extract(document, '$.result') = 'answered')"


@pytest.mark.parametrize(
    ("side", "table", "statement", "words"),
    [
        ("crm", "crm_calls", f"DELETE FROM crm_calls WHERE id = {FIRST}", "is not in the CRM's history"),
        (
            "crm",
            "crm_calls",
            f"UPDATE crm_calls SET document = json_set(document, '$.duration', 1) WHERE id = {FIRST}",
            "has duration 1 in the CRM",
        ),
        (
            "crm",
            "crm_calls",
            f"UPDATE crm_calls SET document = json_set(document, '$.result', 'busy') WHERE id = {FIRST}",
            "has result 'busy' in the CRM, expected 'answered'",
        ),
        (
            "crm",
            "crm_calls",
            f"UPDATE crm_calls SET document = json_remove(document, '$.recordUrl') WHERE id = {FIRST}",
            "has recordUrl None",
        ),
        (
            "crm",
            "crm_calls",
            (
                "UPDATE crm_calls SET document = json_set(document, '$.recordUrl', 'http://x.example/a.wav')"
                f" WHERE id = {FIRST}"
            ),
            "which is not the PBX",
        ),
        (
            "crm",
            "crm_calls",
            f"UPDATE crm_calls SET document = json_set(document, '$.externalId', 'x') WHERE id = {FIRST}",
            "Call x of the CRM's history is not at the PBX",
        ),
        (
            "crm",
            "crm_calls",
            (
                "UPDATE crm_calls SET document = json_set(document, '$.externalId',"
                " (SELECT external_id FROM crm_calls LIMIT 1 OFFSET 1))"
            ),
            "is in the CRM's history 60 times",
        ),
        (
            "crm",
            "crm_cards",
            "UPDATE crm_cards SET closed_at = NULL WHERE id = 1",
            "1 call cards are still open",
        ),
        (
            "pbx",
            "pbx_outbox",
            "UPDATE pbx_outbox SET fate = 'refused' WHERE id = 1",
            "1 reports were refused",
        ),
        ("pbx", "pbx_outbox", "UPDATE pbx_outbox SET fate = 'pending' WHERE id = 1", "1 reports wait"),
        (
            "pbx",
            "pbx_calls",
            "UPDATE pbx_calls SET open = 1 WHERE position = 1",
            "1 calls of the PBX have not",
        ),
        ("pbx", "pbx_calls", "DELETE FROM pbx_calls", "was acknowledged by the PBX and is not there"),
        ("pbx", "pbx_calls", "DELETE FROM pbx_calls", "clicks of "),
        (
            "pbx",
            "pbx_calls",
            (
                "UPDATE pbx_calls SET document = json_set(document, '$.ended_at',"
                " json_extract(document, '$.ended_at') - 5)"
                " WHERE json_extract(document, '$.cause') = 'answered'"
            ),
            "it was to last",
        ),
    ],
)
def test_a_difference_between_the_ends_is_found(
    played: tuple[BuiltIn, Ends, Log], side: str, table: str, statement: str, words: str
) -> None:
    books = books_with(played, side, statement, table)
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
