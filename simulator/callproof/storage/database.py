"""One database behind one end: how it is opened, and what a transaction is."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from threading import RLock
from typing import Any, cast
from zlib import crc32

import orjson
from sqlalchemy import (
    Connection,
    Engine,
    MetaData,
    Table,
    create_engine,
    delete,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from callproof.errors import Misuse
from callproof.storage.driver import Compiler
from callproof.storage.lanes import Lane

IN_MEMORY = "sqlite://"
# How people begin the address of a PostgreSQL whose driver they do not name.
_POSTGRES = ("postgres://", "postgresql://")


class StorageError(Misuse):
    """The database cannot be opened; the text says which and why."""


class Database:
    """The tables of ``metadata`` behind ``url``, made when they are missing.

    ``sqlite://`` keeps everything in memory on one shared connection. Raises StorageError when the
    address is wrong or nothing answers there.
    """

    def __init__(self, url: str, metadata: MetaData) -> None:
        self.url = url
        try:
            self.engine = _engine(url)
            # The two ends may share a database and take no turns with each other.
            turn = f"SELECT pg_advisory_xact_lock({crc32(min(metadata.tables).encode())})"
            self._take_turn = turn if self.engine.dialect.name == "postgresql" else ""
            if self._take_turn:
                event.listen(self.engine, "begin", lambda connection: connection.exec_driver_sql(turn))
            # A database in memory is new, so nothing has to be looked for.
            metadata.create_all(self.engine, checkfirst=url != IN_MEMORY)
        except (ArgumentError, NoSuchModuleError, ImportError, SQLAlchemyError) as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise StorageError(f"The database {shown(url)} cannot be used: {reason}") from None
        self.compiler = Compiler(self.engine.dialect)
        # What a transaction has read stays true until it commits: an end has one of them at a time, by
        # BEGIN IMMEDIATE or by a lock of the server. Within a process waiting for it is cheaper here.
        one_at_a_time = self.engine.dialect.name == "sqlite"
        self._turn = RLock() if one_at_a_time else nullcontext()
        self.writes = self._lane(writes=True)
        self.reads = self._lane(writes=False)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        with self._turn, self.engine.begin() as connection:
            yield connection

    def _lane(self, *, writes: bool) -> Lane:
        turn = RLock() if isinstance(self._turn, nullcontext) else self._turn
        begin = ["BEGIN", self._take_turn] if self._take_turn else ["BEGIN IMMEDIATE"]
        return Lane(self.engine, self.compiler, turn, begin if writes else [])

    def close(self) -> None:
        self.writes.close()
        self.reads.close()
        self.engine.dispose()


def spelled(url: str) -> str:
    """The address in the spelling that is used here: one for all that keep nothing outside of memory, and
    PostgreSQL by the driver that is installed.

    Raises StorageError for what is no address, or of a kind of database that callproof does not know.
    """
    for beginning in _POSTGRES:
        if url.startswith(beginning):
            return f"postgresql+psycopg://{url.removeprefix(beginning)}"
    try:
        read = make_url(url)
    except ArgumentError:
        how = "it is no address, as sqlite:///callproof.db is one"
        raise StorageError(f"The database {url} cannot be used: {how}") from None
    kind = read.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise StorageError(
            f"The database {shown(url)} cannot be used: {kind} is neither sqlite nor postgresql"
        )
    name = read.database or ":memory:"
    unnamed = name in (":memory:", "file::memory:")
    in_memory = unnamed or (name.startswith("file:") and read.query.get("mode") == "memory")
    return IN_MEMORY if kind == "sqlite" and in_memory else url


def shown(url: str) -> str:
    """The address of a database without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url


def new_id(primary_key: object) -> int:
    """The number that the database gave a new row."""
    return int(cast(tuple[int, ...], primary_key)[0])


def clear(connection: Connection, forgotten: Iterable[Table]) -> None:
    """Forget all rows of these tables, which is their order of creation; ids begin with 1 again."""
    found = list(forgotten)
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in found)
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")
        return
    for table in reversed(found):
        connection.execute(delete(table))


def skip_id(connection: Connection, table: Table) -> None:
    """Number later rows after one that came with a number of its own; SQLite does so by itself."""
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, "id")
        connection.execute(select(func.setval(sequence, func.max(table.c.id))))


def _engine(url: str) -> Engine:
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
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    # The driver's own BEGIN is deferred and deadlocks two writers; ours comes from _begin_immediate.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "busy_timeout=10000",
        "foreign_keys=ON",
        # Random ids meet every page of an index; a million of them take about 50 MB.
        "cache_size=-65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
