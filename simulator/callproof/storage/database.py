"""One database behind one end: how it is opened, and what a transaction is."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from threading import RLock
from typing import TYPE_CHECKING
from zlib import crc32

from sqlalchemy import Connection, MetaData, Table, event, func, select, update
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

from callproof.storage.address import IN_MEMORY, StorageError, shown
from callproof.storage.driver import Compiler
from callproof.storage.durability import Durability
from callproof.storage.engine import engine_of, file_of, reason, unsafe
from callproof.storage.files import OpenFiles, free_beside
from callproof.storage.finding import unfit
from callproof.storage.holding import Hold, hold_on, holds_files, taken
from callproof.storage.lanes import Lane
from callproof.storage.schema import Mismatch, Schema
from callproof.storage.watching import FULL, TAKEN, VANISHED, Watch

if TYPE_CHECKING:
    from callproof.storage.queueing import Queue

# As many bytes as a large request writes: room for less is none.
_MUCH = 65536
# A disk that was full is not full any more with so many bytes.
_ROOM = 1024 * 1024


class Database:
    """The tables of ``metadata`` behind ``url``, made when they are missing.

    ``sqlite://`` keeps everything in memory on one shared connection. ``alone`` holds the database for this
    process, as far as it is about these tables. With ``beside`` short transactions of several processes
    go on at the same time, and each of their jobs holds what it needs. Raises StorageError when the address
    is wrong, nothing answers there, the tables are other ones, or another process holds them.
    """

    def __init__(
        self,
        url: str,
        metadata: MetaData,
        *,
        alone: bool = False,
        beside: bool = False,
        durability: Durability = "commit",
    ) -> None:
        self.url = url
        self.durability = durability
        self.file = ""
        self._hold: Hold | None = None
        self._queue: Queue | nullcontext[None] = nullcontext()
        try:
            self.engine = engine_of(url, durability)
        except (ArgumentError, NoSuchModuleError, ImportError, SQLAlchemyError) as error:
            raise _unusable(url, error) from None
        schema = self._schema = Schema(metadata, self.engine.dialect)
        self.watch = Watch(shown(url), None if url == IN_MEMORY else self._attempt)
        self._files: OpenFiles | None = None
        self._anchor: PoolProxiedConnection | None = None
        # The two ends may share a database and take no turns with each other.
        turn = f"SELECT pg_advisory_xact_lock({crc32(min(metadata.tables).encode())})"
        self._take_turn = turn if self.engine.dialect.name == "postgresql" else ""
        if self._take_turn:
            event.listen(self.engine, "begin", lambda connection: connection.exec_driver_sql(turn))
        try:
            if why := unfit(self.engine, {*metadata.tables}):
                raise StorageError(f"The database {shown(url)} {why}")
            self._open(metadata, schema, alone=alone)
        except BaseException:
            self._close()
            raise
        self.compiler = Compiler(self.engine.dialect)
        assert self.engine.dialect.loaded_dbapi is not None
        self._failures = self.engine.dialect.loaded_dbapi.Error
        # What a transaction has read stays true until it commits: an end has one of them at a time, by
        # BEGIN IMMEDIATE or by a lock of the server, which those that stand beside each other share.
        # Within a process waiting for it is cheaper here.
        one_at_a_time = self.engine.dialect.name == "sqlite"
        self._turn = RLock() if one_at_a_time else nullcontext()
        self._beside = beside and not one_at_a_time
        self.writes = self._lane(writes=True)
        self.reads = self._lane(writes=False)
        # For whoever counts what his transactions take and lets no others share them.
        self.apart = self._lane(writes=True)

    def _open(self, metadata: MetaData, schema: Schema, *, alone: bool) -> None:
        if self.url == IN_MEMORY:
            # It is new, so nothing has to be looked for.
            metadata.create_all(self.engine, checkfirst=False)
        else:
            self._settle(schema)
        if self.file and alone and not holds_files():
            raise StorageError(
                "A virtual PBX keeps its state in a file on Linux and macOS alone: nothing here keeps two"
                " of them apart. Leave --db out, or name a PostgreSQL."
            )
        self._hold = hold_on(self.engine, self.file, schema.end) if alone else None
        if self.file:
            self._pin()
            if holds_files():
                # Only here: the locks that it needs are not on every system.
                from callproof.storage.queueing import Queue

                self._queue = Queue(self.file)
        if self._hold is None:
            return
        if holder := taken(self._hold):
            raise StorageError(
                f"The database {shown(self.url)} is in use by another virtual PBX, {holder}: every report"
                " would be sent twice. Stop that one, or name another database with --db."
            )
        if self._take_turn:
            # A server that was restarted has let go of it.
            event.listen(self.engine, "connect", lambda *_: self._demand_hold())

    def _settle(self, schema: Schema) -> None:
        try:
            with self.engine.begin() as connection:
                self._demand_durable(connection)
                self.file = file_of(connection)
                mismatch = schema.settle(connection)
                if mismatch:
                    connection.rollback()
                else:
                    # SQLite opens what may only be read, and says so with the first row that is written.
                    connection.execute(update(schema.note).values(tried=""))
        except SQLAlchemyError as error:
            raise _unusable(self.url, error) from None
        if mismatch:
            raise _refused(self.url, mismatch)

    def _demand_durable(self, connection: Connection) -> None:
        if self.durability == "power" and self._take_turn and (setting := unsafe(connection)):
            raise StorageError(
                f"The database {shown(self.url)} does not outlive a loss of power: {setting} is off there."
                " Turn it on in PostgreSQL, or leave --durability power out."
            )

    def _demand_hold(self) -> None:
        """Raises StorageTrouble when another process has taken what this one held."""
        if self._hold and (holder := self._hold.take()):
            raise self.watch.note(TAKEN, f"another virtual PBX has taken it, {holder}")

    @property
    def kind(self) -> str:
        """``memory``, ``sqlite`` or ``postgresql``."""
        return "memory" if self.url == IN_MEMORY else self.engine.dialect.name

    @property
    def schema(self) -> str:
        """The version of the tables."""
        return self._schema.version

    @property
    def promise(self) -> str:
        """What is promised of acknowledged changes; ``none`` in memory."""
        return "none" if self.url == IN_MEMORY else self.durability

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, rolled back when it raises.

        Raises StorageTrouble when the database keeps nothing now.
        """
        with self._turn, self._queue:
            try:
                with self.engine.begin() as connection:
                    yield connection
            except (SQLAlchemyError, self._failures) as error:
                if trouble := self.watch.tell(error):
                    raise trouble from error
                raise
            self.demand_files()

    def demand_files(self) -> None:
        """Raises StorageTrouble when a restart would not open the files that are written now."""
        if self._files is not None and (lost := self._files.lost()):
            why = f"{lost} is not the one that was opened; put it back, or start again with what is there"
            raise self.watch.note(VANISHED, why)

    def _attempt(self, much: bool) -> None:
        if much and self.file and free_beside(self.file) < _ROOM:
            # What failed may have left room for less.
            raise self.watch.note(FULL, FULL)
        for text in ("x" * _MUCH, "") if much else ("",):
            with self.begin() as connection:
                connection.execute(update(self._schema.note).values(tried=text))

    def _pin(self) -> None:
        """Know the files from now on. A connection that is not used otherwise keeps SQLite from taking
        those beside the database away, and later ones may not begin other files."""
        self._anchor = self.engine.raw_connection()
        self._anchor.detach()
        for statement in ("BEGIN IMMEDIATE", "ROLLBACK"):
            self._anchor.cursor().execute(statement)
        self._files = OpenFiles(self.file)
        event.listen(self.engine, "do_connect", lambda *_: self.demand_files())

    def _lane(self, *, writes: bool) -> Lane:
        # In memory there is one connection for all; who reads a file waits for nobody.
        one_connection = self.url == IN_MEMORY or (self.file and writes)
        turn = self._turn if one_connection else RLock()
        begin = self._begin() if writes else ""
        beside = self._beside and writes
        waits = self._queue, self.watch, self.demand_files
        return Lane(self.engine, self.compiler, turn, begin, *waits, beside=beside)

    def _begin(self) -> str:
        if not self._take_turn:
            return "BEGIN IMMEDIATE"
        turn = self._take_turn.replace("_lock(", "_lock_shared(") if self._beside else self._take_turn
        return f"BEGIN; {turn}"

    def close(self) -> None:
        self.watch.close()
        self.writes.close()
        self.reads.close()
        self.apart.close()
        self._close()

    def _close(self) -> None:
        self.engine.dispose()
        if self._anchor is not None:
            self._anchor.close()
        if not isinstance(self._queue, nullcontext):
            self._queue.close()
        if self._hold:
            self._hold.close()


def _unusable(url: str, error: Exception) -> StorageError:
    return StorageError(f"The database {shown(url)} cannot be used: {reason(url, error)}.")


def _refused(url: str, mismatch: Mismatch) -> StorageError:
    return StorageError(
        f"The database {shown(url)} {mismatch.text}. Name another one with --db, or go on with the version"
        " of callproof that made this one."
    )


def clear(connection: Connection, forgotten: Iterable[Table]) -> None:
    """Forget all rows of these tables, which is their order of creation; ids begin with 1 again."""
    found = list(forgotten)
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in found)
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")
        return
    for table in reversed(found):
        connection.exec_driver_sql(f"DELETE FROM {table.name}")


def skip_id(connection: Connection, table: Table) -> None:
    """Number later rows after one that came with a number of its own; SQLite does so by itself."""
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, "id")
        connection.execute(select(func.setval(sequence, func.max(table.c.id))))
