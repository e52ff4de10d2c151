"""A database with many calls, filled within minutes: one call goes in over HTTP, SQL copies its rows.

So the benchmark knows neither tables nor columns; a copy differs in the call's id and telephone number.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import requests

from benchmarks.bench import Bench
from benchmarks.product import Crm, sqlite
from benchmarks.telephony import EVENT, EVENT_PATH, FINISHED_CALL, FORM_HEADERS, HANGUP, UPLOAD_PATH
from benchmarks.workload import CALL, PHONE, Ids

TEMPLATE, _PHONE = "the-call-to-be-copied", "555000111"
# SQLite has no UUIDs; this makes one of version 4.
_HEX = "hex(randomblob({}))"
_UUID = f"{_HEX.format(4)} || '-' || {_HEX.format(2)} || '-4' || substr({_HEX.format(2)}, 2) || '-a' || "
_UUID += f"substr({_HEX.format(2)}, 2) || '-' || {_HEX.format(6)}"
_NEW_IDS = {Ids.ASCENDING: "printf('call-%012d', number)", Ids.RANDOM: f"lower({_UUID})"}


def fill(bench: Bench, file: Path, calls: int, ids: Ids) -> None:
    """Make a database with so many calls, each reported, ended and uploaded. Raises sqlite3.Error."""
    # Its journal names the call too, and would be copied with it.
    crm = Crm.start(bench, sqlite(file), "--journal", "off")
    try:
        _one_call(crm.url)
    finally:
        crm.stop()
    multiply(file, calls, ids)


def multiply(file: Path, calls: int, ids: Ids) -> None:
    """Copy the rows of the one call in the database until there are so many calls. Raises sqlite3.Error."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        # The file is thrown away when the machine fails meanwhile.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
            connection.execute(f"PRAGMA {pragma}")
        _number(connection, calls - 1, ids)
        for table in _tables(connection):
            _copy(connection, table)
        connection.execute("PRAGMA journal_mode = WAL")


def _one_call(url: str) -> None:
    for path, field, text in (
        (EVENT_PATH, "event", EVENT),
        (EVENT_PATH, "event", HANGUP),
        (UPLOAD_PATH, "calls", f"[{FINISHED_CALL}]"),
    ):
        body = urlencode({field: text.replace(CALL, TEMPLATE).replace(PHONE, f"+79{_PHONE}")})
        requests.post(url + path, data=body, headers=FORM_HEADERS, timeout=30).raise_for_status()


def _number(connection: sqlite3.Connection, calls: int, ids: Ids) -> None:
    connection.execute("CREATE TEMP TABLE copies (nth_copy INTEGER PRIMARY KEY, id TEXT, phone TEXT)")
    connection.execute(
        "INSERT INTO copies WITH RECURSIVE numbers(number) AS "
        "(SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?) "
        f"SELECT number, {_NEW_IDS[ids]}, printf('%09d', number * 7919 % 1000000000) FROM numbers",
        (calls,),
    )


def _tables(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return [str(name) for (name,) in found]


def _copy(connection: sqlite3.Connection, table: str) -> None:
    """Every row of the table that names the call, once for each copy; the database gives new keys."""
    described = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    columns = [f'"{name}"' for _, name, kind, _, _, key in described if not (key and kind == "INTEGER")]
    if not columns:
        return
    names_the_call = " OR ".join(f"instr({column}, '{TEMPLATE}')" for column in columns)
    # Else SQLite would look through the table once for every copy.
    connection.execute(f'CREATE TEMP TABLE found AS SELECT * FROM "{table}" WHERE {names_the_call}')
    changed = ", ".join(_changed(column) for column in columns)
    wanted = f"SELECT {changed} FROM copies, found ORDER BY nth_copy"
    connection.execute(f'INSERT INTO "{table}" ({", ".join(columns)}) {wanted}')
    connection.execute("DROP TABLE found")


def _changed(name: str) -> str:
    column = f"found.{name}"
    text = f"replace(replace({column}, '{TEMPLATE}', copies.id), '{_PHONE}', copies.phone)"
    return (
        f"CASE typeof({column}) WHEN 'text' THEN {text} WHEN 'blob' THEN CAST({text} AS BLOB) "
        f"ELSE {column} END"
    )
