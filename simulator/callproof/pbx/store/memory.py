"""The virtual PBX's data without a database: ``MemoryStore``, which keeps it while the process lives."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from operator import itemgetter
from typing import TypeVar

import msgspec
import orjson

from callproof import kinds
from callproof.contract.jsontypes import JsonObject
from callproof.pbx.rules.call import Call, State
from callproof.pbx.rules.outbox import Fate, Report, ReportKind
from callproof.pbx.store import shapes
from callproof.pbx.store.sessions import PbxSession, StepSession
from callproof.storage.memory import Index, Memory, MemoryTable, Unique
from callproof.storage.rows import Row, Rows

T = TypeVar("T")

_CALL = kinds.decoder(Call)
# Their places in rows.
_CALL_OPEN, _REPORT_KIND, _REPORT_CHANGES, _REPORT_FATE = 2, 2, 4, 6


class MemoryStore:
    """One transaction at a time, and none is played again."""

    def __init__(self) -> None:
        self.database = Memory(shapes.version)
        self._session = MemorySession(self.database)

    def step(self, job: Callable[[StepSession], T]) -> T:
        with self.database:
            return job(self._session)

    def call(self, call_id: str) -> Call | None:
        with self.database:
            return self._session.call(call_id)

    @contextmanager
    def begin(self) -> Iterator[PbxSession]:
        with self.database:
            yield self._session

    def close(self) -> None:
        self.database.watch.close()


class MemorySession(PbxSession):
    """It begins and ends with ``memory``, so one is enough."""

    def __init__(self, memory: Memory) -> None:
        self._ids = Unique(itemgetter(1))
        self._open = Index(lambda row: row[_CALL_OPEN] or None)
        self._calls = MemoryTable(shapes.CALLS, memory.undo, self._ids, self._open)
        # What was delivered is most of all, and never looked for by that.
        self._fates = Index(lambda row: None if row[_REPORT_FATE] == Fate.SENT else row[_REPORT_FATE])
        self._kinds = Index(itemgetter(_REPORT_KIND))
        self._outbox = MemoryTable(shapes.OUTBOX, memory.undo, self._fates, self._kinds)
        self._statuses = MemoryTable(shapes.STATUSES, memory.undo)
        self._state = self._calls, self._outbox, self._statuses

    def call(self, call_id: str) -> Call | None:
        position = self._ids.found.get(call_id)
        return None if position is None else _call(self._calls.rows[position])

    def add_call(self, call: Call) -> None:
        self._calls.add(*_call_row(call))

    def save_call(self, call: Call) -> None:
        if (position := self._ids.found.get(call.id)) is not None:
            self._calls.put((position, *_call_row(call)))

    def queue(self, call_id: str, kind: ReportKind, payload: JsonObject, due_at: float) -> Report:
        new = Report(0, call_id, kind, payload, due_at)
        number = self._outbox.add(call_id, kind.value, orjson.dumps(payload).decode(), *_changing(new))
        return Report(number, call_id, kind, payload, due_at)

    def save_reports(self, reports: Sequence[Report]) -> None:
        for report in reports:
            if known := self._outbox.rows.get(report.id):
                self._outbox.put((*known[:_REPORT_CHANGES], *_changing(report)))

    def calls(self, *, only_open: bool = False) -> list[Call]:
        rows = self._calls.rows
        return [_call(rows[one]) for one in (self._open.of(True) if only_open else rows)]

    def calls_after(self, position: int, limit: int) -> list[tuple[int, Call]]:
        rows = self._calls.rows
        after = (rows[one] for one in range(position + 1, next(reversed(rows), 0) + 1) if one in rows)
        return [(row[0], _call(row)) for row in islice(after, limit)]

    def ended(self, limit: int) -> list[Call]:
        over = (row for row in reversed(self._calls.rows.values()) if not row[_CALL_OPEN])
        return [_call(row) for row in islice(over, limit)]

    def pending(self, limit: int | None = None) -> list[Report]:
        return self._reports(self._fates.of(Fate.PENDING)[:limit])

    def refused(self, limit: int | None) -> list[Report]:
        return self._reports(self._fates.of(Fate.REFUSED)[::-1][:limit])

    def reports(self) -> list[Report]:
        return self._reports(self._outbox.rows)

    def statuses(self) -> dict[str, str]:
        return dict(self._statuses.rows.values())

    def save_status(self, extension: str, status: str) -> None:
        self._statuses.put((extension, status))

    def counts(self) -> dict[str, int]:
        events = len(self._kinds.keys(ReportKind.EVENT.value))
        return {"calls": len(self._calls.rows), "events": events, "customers": 0, "modules": 0}

    def under_way(self) -> dict[str, int]:
        waiting, refused = (len(self._fates.keys(fate.value)) for fate in (Fate.PENDING, Fate.REFUSED))
        return {"openCalls": len(self._open.keys(True)), "waiting": waiting, "refused": refused}

    def clear(self) -> None:
        for table in self._state:
            table.clear()

    def snapshot(self) -> Rows:
        return {table.name: list(table.all()) for table in self._state}

    def restore(self, rows: Rows) -> None:
        for table in self._state:
            table.fill(map(table.row, rows[table.name]))

    def _reports(self, numbers: Iterable[int]) -> list[Report]:
        return [_report(self._outbox.rows[number]) for number in numbers]


def _call(row: Row) -> Call:
    return _CALL.decode(row[3])


def _call_row(call: Call) -> tuple[str, bool, str]:
    return call.id, call.state is not State.ENDED, msgspec.json.encode(call).decode()


def _report(row: Row) -> Report:
    number, call_id, kind, payload, due_at, attempts, fate, answer, alone = row
    told = ReportKind(kind), orjson.loads(payload), due_at, attempts, Fate(fate), answer, alone
    return Report(number, call_id, *told)


def _changing(report: Report) -> Row:
    """What becomes another of a report that is kept."""
    return report.due_at, report.attempts, report.fate.value, report.answer, report.alone
