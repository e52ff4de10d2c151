"""How a database is reached: SQLAlchemy's engine, and what each kind of database is told first."""

from functools import partial
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import StaticPool

from callproof.storage.address import IN_MEMORY, on_server
from callproof.storage.durability import Durability
from callproof.storage.watching import first_line

# In WAL mode NORMAL gives up the last commits when power goes, and never the file.
_SYNCHRONOUS: dict[Durability, str] = {"commit": "NORMAL", "power": "FULL"}
# What SQLite says of a file, by the beginnings, and what a person has to know of it.
_SAID = {
    "file is not a database": "it is no SQLite file",
    "database disk image is malformed": "it is damaged: parts of the file are not those that SQLite wrote",
    "malformed database schema": "it is damaged: the list of its tables cannot be read",
    "attempt to write a readonly database": "the file or its folder may not be written",
}


def engine_of(url: str, durability: Durability) -> Engine:
    """Raises what SQLAlchemy does for an address that is none."""
    options: dict[str, Any] = {
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
    }
    if url == IN_MEMORY:
        options |= {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    elif make_url(url).get_backend_name() == "postgresql":
        options["pool_pre_ping"] = True  # a server that was restarted in between is nobody's fault
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(_prepare_sqlite, durability))
        event.listen(engine, "begin", _begin_immediate)
    else:
        event.listen(engine, "connect", partial(_prepare_postgres, durability))
    return engine


def past_pool(engine: Engine) -> DBAPIConnection:
    """A connection that the pool does not know, and of which no setting was changed."""
    positional, named = engine.dialect.create_connect_args(engine.url)
    return engine.dialect.connect(*positional, **named)


def unsafe(connection: Connection) -> str:
    """Which setting keeps PostgreSQL from reaching the disk before it acknowledges; empty for none."""
    for name in ("fsync", "full_page_writes"):
        if connection.exec_driver_sql(f"SHOW {name}").scalar() == "off":
            return name
    return ""


def file_of(connection: Connection) -> str:
    """The file behind a connection, as SQLite itself names it; empty when there is none."""
    if connection.dialect.name != "sqlite":
        return ""
    rows = connection.exec_driver_sql("PRAGMA database_list")
    return next((str(file) for _, name, file in rows if name == "main"), "")


def reason(url: str, error: Exception) -> str:
    """Why a database cannot be used, for a person."""
    said = first_line(error)
    if on_server(url):
        return said
    for beginning, sentence in _SAID.items():
        if said.startswith(beginning):
            return sentence
    if said.startswith("unable to open database file"):
        return _unopened(Path(make_url(url).database or ""))
    return said


def _unopened(file: Path) -> str:
    if file.is_dir():
        return "it is a folder"
    if not file.parent.is_dir():
        return f"there is no folder {file.parent.absolute()}"
    return "the file or its folder may not be read and written"


def _prepare_sqlite(durability: Durability, connection: DBAPIConnection, _record: object) -> None:
    # The driver's own BEGIN is deferred and deadlocks two writers; ours comes from _begin_immediate.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        f"synchronous={_SYNCHRONOUS[durability]}",
        # Only macOS knows it: there a sync alone may stay in the cache of the disk.
        "fullfsync=ON",
        "busy_timeout=10000",
        "foreign_keys=ON",
        # Random ids meet every page of an index; a million of them take about 50 MB.
        "cache_size=-65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_postgres(durability: Durability, connection: DBAPIConnection, _record: object) -> None:
    # Whoever prepares statements lets go of all those of the session with a rollback, also of ours.
    connection.prepare_threshold = None
    cursor = connection.cursor()
    # A statement is prepared while its table is empty or nearly so, where reading it whole looks best, and
    # keeps that plan. What has to be read whole then looks as dear as compiling its plan would be worth.
    cursor.execute("SET enable_seqscan = off; SET jit = off; SET plan_cache_mode = force_generic_plan")
    if durability == "power":
        cursor.execute("SET synchronous_commit = on")
    cursor.close()
    # What is set in a transaction goes with it otherwise.
    connection.commit()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
