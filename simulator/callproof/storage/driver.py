"""Statements of SQLAlchemy Core, compiled once and executed by the driver itself.

A request of the hot path costs a handful of statements; compiling and fetching through SQLAlchemy takes
several times as long as the database does. What is executed is the same.
"""

import sqlite3
import sys
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol, cast
from zlib import crc32

import orjson
from sqlalchemy import JSON, Dialect, Executable, Table, UpdateBase, bindparam, insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.elements import BindParameter, ClauseElement
from sqlalchemy.types import TypeEngine

from callproof.contract.jsontypes import Json
from callproof.errors import OutOfReach
from callproof.storage.rows import Row, Value

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.dialects import postgresql

# Of PostgreSQL's locks by two numbers the first is that of all names.
_NAMES = crc32(b"callproof names") - 2**31
_EACH = "FROM unnest($1::integer[]) AS number"
_WAIT = f"SELECT bool_and(pg_advisory_xact_lock({_NAMES}, number) IS NOT NULL) {_EACH}"
_TRY = f"SELECT bool_and(pg_try_advisory_xact_lock({_NAMES}, number)) {_EACH}"
# The server has room for 64 locks of each connection that it allows, of which all are one pool.
_MOST_HELD = 1000
# The driver's name for its marks that are filled in order.
_IN_ORDER = {"sqlite": "qmark", "postgresql": "numeric_dollar"}


class Cursor(Protocol):
    def fetchone(self) -> Row | None: ...
    def fetchall(self) -> list[Row]: ...


class RawConnection(Protocol):
    """What sqlite3 and ``Prepared`` have in common."""

    def execute(self, statement: str, values: Sequence[Value] = ..., /) -> Cursor: ...


def raw_of(pooled: PoolProxiedConnection, kind: str) -> RawConnection:
    """What executes statements of this kind of database on a connection of SQLAlchemy's pool."""
    if kind == "sqlite":
        return cast(RawConnection, pooled.dbapi_connection)
    # Only here, so that who never asks for PostgreSQL does not import its driver.
    from callproof.storage.prepared import Prepared

    known: Prepared | None = pooled.info.get(Prepared)
    if known is None:
        known = pooled.info[Prepared] = Prepared(cast("psycopg.Connection[Row]", pooled.dbapi_connection))
    return known


class Busy(OutOfReach):
    """Somebody else holds what this job must hold alone: it is to be played in a later transaction."""


class Alone(OutOfReach):
    """This job cannot say what it must hold, so no other transaction may stand beside it."""


class Statement:
    """``core`` with the names of its values in the order in which they are given."""

    def __init__(self, core: Executable, *order: str) -> None:
        self.core = core
        self.order = order
        self.writes = isinstance(core, UpdateBase)


class Compiler:
    """The texts of statements for one kind of database. Safe for threads: the worst is to compile twice."""

    def __init__(self, dialect: Dialect) -> None:
        self.name = dialect.name
        self._dialect = type(dialect)(paramstyle=_IN_ORDER[dialect.name])  # type: ignore[call-arg]
        self.texts: dict[Statement, str] = {}

    def compile(self, statement: Statement) -> str:
        core = statement.core
        assert isinstance(core, ClauseElement)
        if not statement.writes:
            # What is to stand in the text itself is only written there when all values seem to be known.
            core = core.params(dict.fromkeys(statement.order))
        compiled = core.compile(
            dialect=self._dialect, compile_kwargs={"render_postcompile": not statement.writes}
        )
        order = tuple(getattr(compiled, "positiontup", None) or ())
        assert order == statement.order, f"{compiled} wants its values in the order {order}"
        return self.texts.setdefault(statement, str(compiled))


class Driver:
    """One connection of a driver; transactions are the caller's. ``wrote`` becomes true by any change.

    ``beside`` says whether transactions of other processes go on meanwhile, ``held`` is how many names this
    one holds.
    """

    def __init__(self, connection: RawConnection, compiler: Compiler) -> None:
        self._connection = connection
        self._compiler = compiler
        self._texts = compiler.texts
        self.dialect = compiler.name
        self.wrote = False
        self.beside = False
        self.held = 0

    def hold(self, names: Collection[str] | None) -> None:
        """Nobody else holds these names until the transaction ends; None are all that there may be.

        A job says so once, before it looks. Only who holds nothing waits for somebody else, and everybody
        takes them in the same order, so no two ever wait for each other. Raises Busy or Alone.
        """
        if not self.beside:
            return
        if names is None:
            raise Alone
        first, self.held = not self.held, self.held + len(names)
        if not first and self.held > _MOST_HELD:
            raise Busy
        # Different names with one number only wait for no reason.
        numbers = sorted({crc32(name.encode()) - 2**31 for name in names})
        taken = self._connection.execute(_WAIT if first else _TRY, (f"{{{','.join(map(str, numbers))}}}",))
        if taken.fetchall() == [(False,)]:
            raise Busy

    def execute(self, statement: Statement, values: Sequence[Value] = ()) -> Cursor:
        """``values`` stand in the order that the statement names."""
        text = self._texts.get(statement) or self._compiler.compile(statement)
        if statement.writes:
            self.wrote = True
        return self._connection.execute(text, values)

    def insert(self, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
        """Insert rows whose values stand in the order of ``columns``."""
        if rows:
            self.execute(_insert(table, columns, len(rows)), _flat(rows))

    def insert_new(
        self, table: Table, columns: tuple[str, ...], rows: Sequence[Row], key: str
    ) -> Collection[Value]:
        """The same, but rows whose ``key`` is known are left out. The keys of the others.

        ``key`` is a unique column and the first of ``columns``; the rows are numbered by ``id``.
        """
        if not rows:
            return ()
        name = self._compiler.name
        found = self.execute(_insert_new(name, table, columns, len(rows), key), _flat(rows))
        if name != "sqlite":
            return {new for (new,) in found.fetchall()}
        done = cast(sqlite3.Cursor, found)
        if done.rowcount == len(rows):
            return [row[0] for row in rows]
        # Nobody else writes meanwhile, so these have the last numbers.
        before = cast(int, done.lastrowid) - done.rowcount if done.rowcount else sys.maxsize
        return {new for (new,) in self.execute(_above(table, key), (before,)).fetchall()}

    def upsert(self, table: Table, row: Mapping[str, Json], key: str) -> None:
        """Insert a row, or change the one with the same ``key``."""
        columns = _columns(table, row)
        self.execute(_upsert(self._compiler.name, table, columns, key), _values(table, columns, row))

    def add(self, table: Table, row: Mapping[str, Json]) -> int:
        """Insert a row; the ``id`` that it has now."""
        columns = _columns(table, row)
        (number,) = self.execute(_adding(table, columns), _values(table, columns, row)).fetchall()[0]
        return int(number)

    def run(self, text: str) -> Cursor:
        """A statement that Core has no words for."""
        return self._connection.execute(text)


def names(count: int) -> list[str]:
    """Names for so many values of a list."""
    return [f"v{number}" for number in range(count)]


def marks(count: int) -> list[BindParameter[Any]]:
    """The places of the values with these names."""
    return [bindparam(name) for name in names(count)]


def _flat(rows: Sequence[Row]) -> Sequence[Value]:
    return rows[0] if len(rows) == 1 else list(chain.from_iterable(rows))


@cache
def _insert(table: Table, columns: tuple[str, ...], count: int) -> Statement:
    marks, order = _row_marks(table, columns, count)
    return Statement(insert(table).values(marks), *order)


@cache
def _insert_new(dialect: str, table: Table, columns: tuple[str, ...], count: int, key: str) -> Statement:
    """On SQLite RETURNING costs half as much as the insert, and almost always all are new."""
    marks, order = _row_marks(table, columns, count)
    new = _insert_of(dialect, table).values(marks).on_conflict_do_nothing(index_elements=[key])
    return Statement(new if dialect == "sqlite" else new.returning(table.c[key]), *order)


@cache
def _upsert(dialect: str, table: Table, columns: tuple[str, ...], key: str) -> Statement:
    marks, order = _row_marks(table, columns, 1)
    new = _insert_of(dialect, table).values(marks)
    changed = {name: new.excluded[name] for name in columns if name != key}
    return Statement(new.on_conflict_do_update(index_elements=[key], set_=changed), *order)


def _insert_of(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that knows ON CONFLICT, which both databases spell the same."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    # Only here, so that who never asks for PostgreSQL does not import its dialect.
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


@cache
def _adding(table: Table, columns: tuple[str, ...]) -> Statement:
    marks, order = _row_marks(table, columns, 1)
    return Statement(insert(table).values(marks).returning(table.c.id), *order)


def _columns(table: Table, row: Mapping[str, Json]) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if column.name in row)


def _values(table: Table, columns: tuple[str, ...], row: Mapping[str, Json]) -> list[Value]:
    """The row as the driver takes it: what a column keeps as JSON is written out."""
    return [_written(table.c[name].type, row[name]) for name in columns]


def _written(kind: TypeEngine[Any], value: Json) -> Value:
    """A value as the driver takes it for a column of this type."""
    if isinstance(kind, JSON) and not (value is None and kind.none_as_null):
        return orjson.dumps(value).decode()
    assert value is None or isinstance(value, str | int | float)
    return value


@cache
def _above(table: Table, column: str) -> Statement:
    return Statement(select(table.c[column]).where(table.c.id > bindparam("number")), "number")


def _row_marks(
    table: Table, columns: tuple[str, ...], count: int
) -> tuple[list[dict[str, BindParameter[Value]]], list[str]]:
    assert columns == tuple(column.name for column in table.columns if column.name in columns)
    marks: list[dict[str, BindParameter[Value]]] = [
        {name: bindparam(f"{name}_{row}") for name in columns} for row in range(count)
    ]
    return marks, [f"{name}_{row}" for row in range(count) for name in columns]
