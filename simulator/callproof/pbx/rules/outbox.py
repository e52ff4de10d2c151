"""What the virtual PBX still has to say, in which order, and what an answer means for it.

Reports of one call go one after the other. History rows of several calls share a request, at most 50,
oldest first (evidence#guide-upload).
"""

import heapq
import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from callproof.clocks import backoff
from callproof.contract.jsontypes import JsonObject

BATCH = 50
FIRST_RETRY = 1.0
LONGEST_RETRY = 60.0
# Events are shown to somebody at once; a row lets them go first, but not for longer than this.
ROW_PATIENCE = 5.0


class ReportKind(StrEnum):
    EVENT = "event"
    HISTORY = "history"


class Fate(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    REFUSED = "refused"


class Report(msgspec.Struct, frozen=True):
    """One thing to tell. ``id`` grows in the order of events; ``due_at`` is when it may go.

    ``alone`` keeps a row out of shared requests, after one of them was refused.
    """

    id: int
    call_id: str
    kind: ReportKind
    payload: JsonObject
    due_at: float
    attempts: int = 0
    fate: Fate = Fate.PENDING
    answer: str = ""
    alone: bool = False

    @property
    def date(self) -> str:
        return str(self.payload.get("date"))


class Outbox:
    """What is not delivered yet. What ``take`` gives is in flight until ``put_back`` or ``done``.

    Only the first report of a call can be taken. The cost of each method does not grow with the number
    of calls, but for a logarithm.
    """

    def __init__(self, pending: Iterable[Report] = ()) -> None:
        self._calls: dict[str, deque[Report]] = {}
        self._later: list[tuple[float, int, Report]] = []
        self._events: list[tuple[int, Report]] = []
        self._rows: list[tuple[str, int, Report]] = []
        self._rows_by_due: deque[Report] = deque()
        self._in_flight: set[int] = set()
        self._ready_rows: set[int] = set()
        for report in sorted(pending, key=lambda m: m.id):
            self.add(report)

    def __len__(self) -> int:
        return sum(len(waiting) for waiting in self._calls.values())

    def add(self, report: Report) -> None:
        waiting = self._calls.setdefault(report.call_id, deque())
        waiting.append(report)
        if len(waiting) == 1:
            self._arm(report)

    def take(self, now: float) -> list[Report]:
        """The reports of the next request: one event, or up to 50 history rows, or none."""
        while self._later and self._later[0][0] <= now:
            self._make_ready(heapq.heappop(self._later)[2])
        if self._events and not self._rows_are_impatient(now):
            batch = [heapq.heappop(self._events)[1]]
        else:
            batch = self._take_rows()
        self._in_flight.update(report.id for report in batch)
        return batch

    def done(self, batch: Sequence[Report]) -> None:
        """Delivered or refused: what waits behind them may go."""
        for report in batch:
            self._in_flight.discard(report.id)
            waiting = self._calls[report.call_id]
            waiting.popleft()
            if waiting:
                self._arm(waiting[0])
            else:
                del self._calls[report.call_id]

    def put_back(self, batch: Sequence[Report]) -> None:
        """Not delivered: they go again, each when it is due."""
        for report in batch:
            self._in_flight.discard(report.id)
            self._calls[report.call_id][0] = report
            self._arm(report)

    def next_due(self) -> float | None:
        """When ``take`` gives something next: a moment in the past when it does already."""
        if self._events or self._ready_rows:
            return 0.0
        return self._later[0][0] if self._later else None

    def hasten(self, now: float) -> list[Report]:
        """Make everything due that is not in flight; returns what was changed by it."""
        return self._plan_anew(lambda due: min(due, now))

    def set_back(self, seconds: float) -> list[Report]:
        """The date was set back, so what is not in flight is due by as much earlier; returns it."""
        return self._plan_anew(lambda due: due - seconds)

    def _plan_anew(self, due: Callable[[float], float]) -> list[Report]:
        changed = []
        for waiting in self._calls.values():
            for place, report in enumerate(waiting):
                if report.id not in self._in_flight and due(report.due_at) != report.due_at:
                    waiting[place] = replace(report, due_at=due(report.due_at))
                    changed.append(waiting[place])
        heads = [waiting[0] for waiting in self._calls.values() if waiting[0].id not in self._in_flight]
        self._later, self._events, self._rows = [], [], []
        self._rows_by_due.clear()
        self._ready_rows.clear()
        for report in heads:
            self._arm(report)
        return changed

    def _arm(self, report: Report) -> None:
        heapq.heappush(self._later, (report.due_at, report.id, report))

    def _make_ready(self, report: Report) -> None:
        if report.kind is ReportKind.EVENT:
            heapq.heappush(self._events, (report.id, report))
        else:
            heapq.heappush(self._rows, (report.date, report.id, report))
            self._rows_by_due.append(report)
            self._ready_rows.add(report.id)

    def _rows_are_impatient(self, now: float) -> bool:
        while self._rows_by_due and self._rows_by_due[0].id not in self._ready_rows:
            self._rows_by_due.popleft()
        return bool(self._rows_by_due) and self._rows_by_due[0].due_at + ROW_PATIENCE <= now

    def _take_rows(self) -> list[Report]:
        batch: list[Report] = []
        while self._rows and len(batch) < BATCH:
            if batch and self._rows[0][2].alone:
                break
            report = heapq.heappop(self._rows)[2]
            self._ready_rows.discard(report.id)
            batch.append(report)
            if report.alone:
                break
        return batch


def fate_of(status: int | None, success: bool | None) -> Fate:
    """What the CRM's answer means.

    No answer, 5xx, 429 and a 200 that says neither success nor failure mean "try again"; 200 with success
    means delivered; everything else is a refusal, which a repeat would only earn again.
    """
    if status is None or status >= 500 or status == 429:
        return Fate.PENDING
    if status in (200, 201):
        return Fate.PENDING if success is None else Fate.SENT if success else Fate.REFUSED
    return Fate.REFUSED


def retry_delay(attempts: int, dice: random.Random) -> float:
    """Seconds to wait after the given number of failed attempts."""
    return backoff.retry_delay(attempts, FIRST_RETRY, LONGEST_RETRY, dice)
