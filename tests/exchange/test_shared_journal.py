"""The journal of a database: what one process writes another reads, in one order, bounded."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event, Thread

import pytest
from msgspec.structs import replace

from callproof.contract.findings import Finding, Kind
from callproof.crm.store import tables
from callproof.exchange.exchange import Answer, Body, Exchange, Request
from callproof.exchange.shared_journal import SharedJournal
from callproof.storage.database import Database
from callproof.storage.journal import JournalTable


def exchange(name: str, body: bytes = b"") -> Exchange:
    return Exchange(
        at=1.5,
        direction="in",
        request=Request("POST", f"http://crm/{name}", (("X-A", "1"), ("X-A", "2")), Body(body)),
        answer=Answer(200, (("Content-Type", "audio/mpeg"),), Body(b"\xff\x00")),
        findings=(Finding(Kind.NOTICE, "event", "/phone", "odd", "Do not.", "PBX-EVENT-02"),),
        by_bench=True,
    )


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'state.db'}"


def opened(url: str) -> tuple[Database, SharedJournal]:
    database = Database(url, tables.crm)
    return database, SharedJournal(JournalTable(database, tables.journal))


def test_what_one_writes_the_other_reads_whole(url: str) -> None:
    (one_base, one), (other_base, other) = opened(url), opened(url)
    one.write(exchange("a", "привет".encode()))
    one.close()
    [read] = other.since(0, wait=5)
    assert read == replace(exchange("a", "привет".encode()), id=1)
    other.close()
    one_base.close()
    other_base.close()


def test_two_writers_number_all_entries_once_and_in_their_order(url: str) -> None:
    ends = [opened(url) for _ in range(2)]

    def write(number: int) -> None:
        ends[number % 2][1].write(exchange(f"{number % 2}-{number:03}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(200)))
    for _, journal in ends:
        journal.close()
    found = ends[0][1].since(0)
    assert [entry.id for entry in found] == list(range(1, 201))
    assert sorted(entry.request.url for entry in found) == sorted(
        f"http://crm/{n % 2}-{n:03}" for n in range(200)
    )
    for base, _ in ends:
        base.close()


def test_a_reader_waits_for_what_another_process_writes(url: str) -> None:
    (one_base, one), (other_base, other) = opened(url), opened(url)
    seen: list[str] = []
    reader = Thread(target=lambda: seen.extend(e.request.url for e in other.since(0, wait=10)))
    reader.start()
    one.write(exchange("late"))
    reader.join()
    assert seen == ["http://crm/late"]
    for journal, base in ((one, one_base), (other, other_base)):
        journal.close()
        base.close()


def test_the_oldest_go_first_and_numbers_go_on(url: str) -> None:
    database, journal = opened(url)
    journal.max_entries = 3
    for number in range(5):
        journal.write(exchange(str(number)))
        assert journal.last_id == number + 1
    assert [entry.id for entry in journal.since(0)] == [3, 4, 5]
    journal.clear()
    journal.write(exchange("next"))
    assert [entry.id for entry in journal.since(0)] == [6]
    journal.max_bytes = 2_000
    journal.write(exchange("big", b"x" * 1_500))
    assert [entry.id for entry in journal.since(0)] == [7]
    journal.close()
    database.close()


def test_whoever_reads_waits_for_what_the_writer_has_taken(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, free, append = Event(), Event(), JournalTable.append

    def slowly(table: JournalTable, entries: Sequence[str], **bounds: int) -> None:
        taken.set()
        assert free.wait(20)
        append(table, entries, **bounds)

    monkeypatch.setattr(JournalTable, "append", slowly)
    database, journal = opened(url)
    journal.write(exchange("a"))
    assert taken.wait(20)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lambda: journal.last_id)
        wait([asked], timeout=0.2)
        free.set()
        assert asked.result() == 1
    journal.close()
    database.close()
