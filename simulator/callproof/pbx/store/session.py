"""The virtual PBX's data: ``PbxStore`` on a database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update

from callproof.contract.jsontypes import JsonObject
from callproof.pbx.rules.call import Call, State
from callproof.pbx.rules.outbox import Fate, Report, ReportKind
from callproof.pbx.store import tables
from callproof.storage.database import Database, clear, new_id
from callproof.storage.durability import Durability
from callproof.storage.snapshots import Rows, put_back, taken

# What is kept of a report beside its number.
_KEPT = [column.name for column in tables.outbox.c if not column.primary_key]


class PbxStore:
    """Of one process at a time: two would send every report twice. Raises StorageError."""

    def __init__(self, url: str, durability: Durability = "commit") -> None:
        self.database = Database(url, tables.pbx, alone=True, durability=durability)

    @contextmanager
    def begin(self) -> Iterator["PbxSession"]:
        with self.database.begin() as connection:
            yield PbxSession(connection)

    def close(self) -> None:
        self.database.close()


class PbxSession:
    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def call(self, call_id: str) -> Call | None:
        table = tables.calls
        document = self._db.execute(select(table.c.document).where(table.c.id == call_id)).scalar()
        return _call(document) if document else None

    def calls(self, *, only_open: bool = False) -> list[Call]:
        table = tables.calls
        statement = select(table.c.document).order_by(table.c.position)
        if only_open:
            statement = statement.where(table.c.open)
        return [_call(document) for document in self._db.execute(statement).scalars()]

    def calls_after(self, position: int, limit: int) -> list[tuple[int, Call]]:
        """A page of the calls, the oldest first, with their positions."""
        table = tables.calls
        statement = select(table.c.position, table.c.document).where(table.c.position > position)
        rows = self._db.execute(statement.order_by(table.c.position).limit(limit))
        return [(row.position, _call(row.document)) for row in rows]

    def add_call(self, call: Call) -> None:
        self._db.execute(insert(tables.calls).values(id=call.id, **_row(call)))

    def save_call(self, call: Call) -> None:
        table = tables.calls
        self._db.execute(update(table).where(table.c.id == call.id).values(_row(call)))

    def queue(self, call_id: str, kind: ReportKind, payload: JsonObject, due_at: float) -> Report:
        report, table = Report(0, call_id, kind, payload, due_at), tables.outbox
        values = {name: getattr(report, name) for name in _KEPT}
        result = self._db.execute(insert(table).values(values))
        return replace(report, id=new_id(result.inserted_primary_key))

    def ended(self, limit: int) -> list[Call]:
        """The newest of the calls that are over, the newest first."""
        table = tables.calls
        statement = (
            select(table.c.document).where(table.c.open.is_(False)).order_by(table.c.position.desc())
        )
        return [_call(document) for document in self._db.execute(statement.limit(limit)).scalars()]

    def pending(self, limit: int | None = None) -> list[Report]:
        """What waits to be delivered, the oldest first."""
        table = tables.outbox
        statement = select(table).where(table.c.fate == Fate.PENDING).order_by(table.c.id).limit(limit)
        return [Report(**row) for row in self._db.execute(statement).mappings()]

    def refused(self, limit: int | None) -> list[Report]:
        """What the CRM refused, the newest first."""
        table = tables.outbox
        statement = (
            select(table).where(table.c.fate == Fate.REFUSED).order_by(table.c.id.desc()).limit(limit)
        )
        return [Report(**row) for row in self._db.execute(statement).mappings()]

    def reports(self) -> list[Report]:
        table = tables.outbox
        return [Report(**row) for row in self._db.execute(select(table).order_by(table.c.id)).mappings()]

    def save_reports(self, reports: Sequence[Report]) -> None:
        """Write down what has become of reports; those that are not there any more are passed over."""
        table = tables.outbox
        names = ("due_at", "attempts", "fate", "answer", "alone")
        statement = update(table).where(table.c.id == bindparam("b_id"))
        statement = statement.values({name: bindparam(f"b_{name}") for name in names})
        rows = [{f"b_{name}": getattr(report, name) for name in ("id", *names)} for report in reports]
        self._db.execute(statement, rows)

    def statuses(self) -> dict[str, str]:
        return {row.extension: row.status for row in self._db.execute(select(tables.statuses))}

    def save_status(self, extension: str, status: str) -> None:
        table = tables.statuses
        self._db.execute(delete(table).where(table.c.extension == extension))
        self._db.execute(insert(table).values(extension=extension, status=status))

    def counts(self) -> dict[str, int]:
        """In the same terms as the CRM's; a PBX keeps no customers and no modules."""
        outbox = tables.outbox
        return {
            "calls": self._count(select(tables.calls.c.id)),
            "events": self._count(select(outbox.c.id).where(outbox.c.kind == ReportKind.EVENT)),
            "customers": 0,
            "modules": 0,
        }

    def under_way(self) -> dict[str, int]:
        calls, outbox = tables.calls, tables.outbox
        of_fate = {
            name: self._count(select(outbox.c.id).where(outbox.c.fate == fate))
            for name, fate in (("waiting", Fate.PENDING), ("refused", Fate.REFUSED))
        }
        return {"openCalls": self._count(select(calls.c.id).where(calls.c.open)), **of_fate}

    def _count(self, statement: Select[Any]) -> int:
        return self._db.execute(select(func.count()).select_from(statement.subquery())).scalar_one()

    def clear(self) -> None:
        clear(self._db, tables.pbx.sorted_tables)

    def snapshot(self) -> Rows:
        """Everything that is kept."""
        return taken(self._db, tables.pbx.sorted_tables)

    def restore(self, rows: Rows) -> None:
        """Keep what a snapshot has, and nothing else."""
        put_back(self._db, tables.pbx.sorted_tables, rows)


def _row(call: Call) -> dict[str, object]:
    # The database's serializer knows dataclasses.
    return {"open": call.state is not State.ENDED, "document": call}


def _call(document: object) -> Call:
    return msgspec.convert(document, Call)
