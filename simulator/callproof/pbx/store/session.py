"""The virtual PBX's data: ``PbxStore`` on a database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
)

from callproof import kinds
from callproof.pbx.rules.call import Call
from callproof.pbx.rules.outbox import Fate, Report, ReportKind
from callproof.pbx.store import tables
from callproof.pbx.store.sessions import PbxSession, StepSession
from callproof.pbx.store.steps import SqlStepSession
from callproof.storage.database import Database, clear
from callproof.storage.driver import Compiler, Driver, Statement, raw_of
from callproof.storage.durability import Durability
from callproof.storage.rows import Rows
from callproof.storage.snapshots import put_back, taken

T = TypeVar("T")


def _count(table: Table, *those: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(*those).scalar_subquery()


_COUNTS = Statement(
    select(_count(tables.calls), _count(tables.outbox, tables.outbox.c.kind == bindparam("kind"))), "kind"
)
_UNDER_WAY = Statement(
    select(
        _count(tables.calls, tables.calls.c.open),
        *(_count(tables.outbox, tables.outbox.c.fate == bindparam(fate)) for fate in ("first", "second")),
    ),
    "first",
    "second",
)


class PbxStore:
    """Of one process at a time: two would send every report twice. Raises StorageError."""

    def __init__(self, url: str, durability: Durability = "commit") -> None:
        self.database = Database(url, tables.pbx, alone=True, durability=durability)

    def step(self, job: Callable[[StepSession], T]) -> T:
        return self.database.writes.run(lambda driver: job(SqlStepSession(driver)))

    def call(self, call_id: str) -> Call | None:
        return self.database.reads.run(lambda driver: SqlStepSession(driver).call(call_id))

    @contextmanager
    def begin(self) -> Iterator[PbxSession]:
        with self.database.begin() as connection:
            yield SqlSession(connection, self.database.compiler)

    def close(self) -> None:
        self.database.close()


class SqlSession(SqlStepSession, PbxSession):
    """It lives as long as the transaction of ``connection``."""

    def __init__(self, connection: Connection, compiler: Compiler) -> None:
        super().__init__(Driver(raw_of(connection.connection, compiler.name), compiler))
        self._db = connection

    def calls(self, *, only_open: bool = False) -> list[Call]:
        table = tables.calls
        statement = select(table.c.document).order_by(table.c.position)
        if only_open:
            statement = statement.where(table.c.open)
        return [_call(document) for document in self._db.execute(statement).scalars()]

    def calls_after(self, position: int, limit: int) -> list[tuple[int, Call]]:
        table = tables.calls
        statement = select(table.c.position, table.c.document).where(table.c.position > position)
        rows = self._db.execute(statement.order_by(table.c.position).limit(limit))
        return [(row.position, _call(row.document)) for row in rows]

    def ended(self, limit: int) -> list[Call]:
        table = tables.calls
        statement = (
            select(table.c.document).where(table.c.open.is_(False)).order_by(table.c.position.desc())
        )
        return [_call(document) for document in self._db.execute(statement.limit(limit)).scalars()]

    def pending(self, limit: int | None = None) -> list[Report]:
        table = tables.outbox
        statement = select(table).where(table.c.fate == Fate.PENDING).order_by(table.c.id).limit(limit)
        return [Report(**row) for row in self._db.execute(statement).mappings()]

    def refused(self, limit: int | None) -> list[Report]:
        table = tables.outbox
        statement = (
            select(table).where(table.c.fate == Fate.REFUSED).order_by(table.c.id.desc()).limit(limit)
        )
        return [Report(**row) for row in self._db.execute(statement).mappings()]

    def reports(self) -> list[Report]:
        table = tables.outbox
        return [Report(**row) for row in self._db.execute(select(table).order_by(table.c.id)).mappings()]

    def statuses(self) -> dict[str, str]:
        return {row.extension: row.status for row in self._db.execute(select(tables.statuses))}

    def save_status(self, extension: str, status: str) -> None:
        table = tables.statuses
        self._db.execute(delete(table).where(table.c.extension == extension))
        self._db.execute(insert(table).values(extension=extension, status=status))

    def counts(self) -> dict[str, int]:
        ((calls, events),) = self._driver.execute(_COUNTS, (ReportKind.EVENT.value,)).fetchall()
        return {"calls": calls, "events": events, "customers": 0, "modules": 0}

    def under_way(self) -> dict[str, int]:
        fates = Fate.PENDING.value, Fate.REFUSED.value
        ((open_calls, waiting, refused),) = self._driver.execute(_UNDER_WAY, fates).fetchall()
        return {"openCalls": open_calls, "waiting": waiting, "refused": refused}

    def clear(self) -> None:
        clear(self._db, tables.pbx.sorted_tables)

    def snapshot(self) -> Rows:
        return taken(self._db, tables.pbx.sorted_tables)

    def restore(self, rows: Rows) -> None:
        put_back(self._db, tables.pbx.sorted_tables, rows)


def _call(document: object) -> Call:
    return kinds.convert(document, Call)
