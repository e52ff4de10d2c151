import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.filling import TEMPLATE, multiply
from benchmarks.workload import Ids

DOCUMENT = f'{{"id":"{TEMPLATE}","phone":"+79555000111"}}'


@pytest.fixture
def store(tmp_path: Path) -> Path:
    file = tmp_path / "store.db"
    with closing(sqlite3.connect(file)) as made:
        made.executescript(
            "CREATE TABLE calls (id INTEGER PRIMARY KEY, external VARCHAR UNIQUE, document JSON, at FLOAT);"
            "CREATE TABLE events (id INTEGER PRIMARY KEY, call VARCHAR, raw BLOB);"
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR);"
            f"INSERT INTO calls VALUES (1, '{TEMPLATE}', '{DOCUMENT}', 5);"
            f"INSERT INTO events VALUES (1, '{TEMPLATE}', CAST('{TEMPLATE} in' AS BLOB));"
            f"INSERT INTO events VALUES (2, '{TEMPLATE}', NULL);"
            "INSERT INTO users VALUES (1, 'Ann');"
        )
    return file


def rows(file: Path, query: str) -> Iterator[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as opened:
        yield from opened.execute(query).fetchall()


@pytest.mark.parametrize("ids", Ids)
def test_a_call_is_copied_with_all_its_rows_and_nothing_else(store: Path, ids: Ids) -> None:
    multiply(store, 100, ids)
    counts = (
        "SELECT (SELECT count(*) FROM calls), (SELECT count(*) FROM events), (SELECT count(*) FROM users)"
    )
    assert list(rows(store, counts)) == [(100, 200, 1)]
    lonely = "SELECT count(*) FROM events WHERE call NOT IN (SELECT external FROM calls)"
    assert list(rows(store, lonely)) == [(0,)]


def test_a_copy_has_its_own_id_and_telephone_number_everywhere(store: Path) -> None:
    multiply(store, 3, Ids.ASCENDING)
    assert list(rows(store, "SELECT external, document, at FROM calls WHERE id > 1 ORDER BY id")) == [
        (f"call-{n:012}", f'{{"id":"call-{n:012}","phone":"+79{n * 7919:09}"}}', 5.0) for n in (1, 2)
    ]
    raw = list(rows(store, "SELECT raw FROM events WHERE call = 'call-000000000001' AND raw NOT NULL"))
    assert raw == [(b"call-000000000001 in",)]


def test_random_ids_are_uuids(store: Path) -> None:
    multiply(store, 20, Ids.RANDOM)
    shape = "________-____-4___-a___-____________"
    assert list(rows(store, f"SELECT count(*) FROM calls WHERE external LIKE '{shape}'")) == [(19,)]
