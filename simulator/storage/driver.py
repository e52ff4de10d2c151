"""Statements of SQLAlchemy Core, compiled once and executed by the driver itself.

A request of the hot path costs a handful of statements; compiling and fetching through SQLAlchemy takes
several times as long as the database does. What is executed is the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Dialect, Executable, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import BindParameter, ClauseElement

Value: TypeAlias = str | int | float | bool | None
Row: TypeAlias = tuple[Any, ...]
# The driver's name for its marks that are filled in order.
_IN_ORDER = {"sqlite": "qmark", "postgresql": "format"}


class Cursor(Protocol):
    def fetchone(self) -> Row | None: ...
    def fetchall(self) -> list[Row]: ...


class RawConnection(Protocol):
    """What sqlite3 and psycopg have in common."""

    def execute(self, statement: str, values: Sequence[Value] = ..., /) -> Cursor: ...


class Compiler:
    """The texts of statements for one kind of database. Safe for threads: the worst is to compile twice."""

    def __init__(self, dialect: Dialect) -> None:
        self.name = dialect.name
        self._dialect = type(dialect)(paramstyle=_IN_ORDER[dialect.name])  # type: ignore[call-arg]
        self._texts: dict[Executable, tuple[str, tuple[str, ...]]] = {}

    def compiled(self, statement: Executable) -> tuple[str, tuple[str, ...]]:
        """The text, and the names of its values in their order."""
        found = self._texts.get(statement)
        if found is None:
            assert isinstance(statement, ClauseElement)
            compiled = statement.compile(dialect=self._dialect)
            order = tuple(getattr(compiled, "positiontup", None) or ())
            found = self._texts[statement] = (str(compiled), order)
        return found


class Driver:
    """One connection of a driver; transactions are the caller's."""

    def __init__(self, connection: RawConnection, compiler: Compiler) -> None:
        self._connection = connection
        self._compiler = compiler

    @property
    def dialect(self) -> str:
        return self._compiler.name

    def execute(self, statement: Executable, values: Mapping[str, Value] | None = None) -> Cursor:
        text, order = self._compiler.compiled(statement)
        if values is None:
            return self._connection.execute(text)
        return self._connection.execute(text, [values[name] for name in order])

    def insert(
        self, table: Table, columns: tuple[str, ...], rows: Sequence[Row], *, returning: str = ""
    ) -> list[Row]:
        """Insert rows whose values stand in the order of ``columns``.

        With ``returning``, the name of a unique column, known ones are left out and that column of the
        others comes back.
        """
        if not rows:
            return []
        statement = _insert(self.dialect, table, columns, len(rows), returning)
        text, _ = self._compiler.compiled(statement)
        values = rows[0] if len(rows) == 1 else [value for row in rows for value in row]
        cursor = self._connection.execute(text, values)
        return cursor.fetchall() if returning else []

    def run(self, text: str, values: Iterable[Value] = ()) -> Cursor:
        """A statement that Core has no words for."""
        return self._connection.execute(text, list(values))


@cache
def _insert(dialect: str, table: Table, columns: tuple[str, ...], count: int, returning: str) -> Executable:
    assert columns == tuple(column.name for column in table.columns if column.name in columns)
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    marks: list[dict[str, BindParameter[Value]]] = [
        {name: bindparam(f"{name}_{row}") for name in columns} for row in range(count)
    ]
    statement = make(table).values(marks)
    if not returning:
        return statement
    return statement.on_conflict_do_nothing(index_elements=[returning]).returning(table.c[returning])
