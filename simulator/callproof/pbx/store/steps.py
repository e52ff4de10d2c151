"""What the steps of a call ask of the database, by statements that the driver executes."""

from collections.abc import Sequence

import msgspec
import orjson
from sqlalchemy import Text, bindparam, cast, insert, select, update

from callproof import kinds
from callproof.contract.jsontypes import JsonObject
from callproof.pbx.rules.call import Call, State
from callproof.pbx.rules.outbox import Report, ReportKind
from callproof.pbx.store.sessions import StepSession
from callproof.pbx.store.tables import calls, outbox
from callproof.storage.driver import Driver, Statement

_CALL = kinds.decoder(Call)

_ADD_CALL = Statement(
    insert(calls).values(id=bindparam("call"), open=bindparam("going_on"), document=bindparam("content")),
    *("call", "going_on", "content"),
)
_SAVE_CALL = Statement(
    update(calls)
    .where(calls.c.id == bindparam("call"))
    .values(open=bindparam("going_on"), document=bindparam("content")),
    *("going_on", "content", "call"),
)
_CALL_OF = Statement(
    select(cast(calls.c.document, Text)).where(calls.c.id == bindparam("call")),
    "call",
)
_KEPT = ("call_id", "kind", "payload", "due_at", "attempts", "fate", "answer", "alone")
_QUEUE = Statement(
    insert(outbox).values({name: bindparam(f"its_{name}") for name in _KEPT}).returning(outbox.c.id),
    *(f"its_{name}" for name in _KEPT),
)
_CHANGED = ("due_at", "attempts", "fate", "answer", "alone")
_SETTLE = Statement(
    update(outbox)
    .where(outbox.c.id == bindparam("number"))
    .values({name: bindparam(f"its_{name}") for name in _CHANGED}),
    *(f"its_{name}" for name in _CHANGED),
    "number",
)


class SqlStepSession(StepSession):
    """By statements that are compiled once."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def call(self, call_id: str) -> Call | None:
        if "\0" in call_id:
            return None
        row = self._driver.execute(_CALL_OF, (call_id,)).fetchone()
        return _CALL.decode(row[0]) if row else None

    def add_call(self, call: Call) -> None:
        self._driver.execute(_ADD_CALL, (call.id, *_row(call)))

    def save_call(self, call: Call) -> None:
        self._driver.execute(_SAVE_CALL, (*_row(call), call.id))

    def queue(self, call_id: str, kind: ReportKind, payload: JsonObject, due_at: float) -> Report:
        new = Report(0, call_id, kind, payload, due_at)
        content = orjson.dumps(payload).decode()
        ((number,),) = self._driver.execute(
            _QUEUE,
            (call_id, kind.value, content, due_at, new.attempts, new.fate.value, new.answer, new.alone),
        ).fetchall()
        return Report(number, call_id, kind, payload, due_at)

    def save_reports(self, reports: Sequence[Report]) -> None:
        for report in reports:
            self._driver.execute(
                _SETTLE,
                (
                    report.due_at,
                    report.attempts,
                    report.fate.value,
                    report.answer,
                    report.alone,
                    report.id,
                ),
            )


def _row(call: Call) -> tuple[bool, str]:
    return call.state is not State.ENDED, msgspec.json.encode(call).decode()
