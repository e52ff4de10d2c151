"""What the virtual PBX still has to say, in which order, and what an answer means for it.

Messages of one call go one after the other. History rows of several calls share a request, at most 50,
oldest first (guide, "Calls history uploading").
"""

import heapq
import random
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from callproof.clocks import backoff
from callproof.contract.jsontypes import JsonObject

BATCH = 50
FIRST_RETRY = 1.0
LONGEST_RETRY = 60.0
# Events are shown to somebody at once; a row lets them go first, but not for longer than this.
ROW_PATIENCE = 5.0


class MessageKind(StrEnum):
    EVENT = "event"
    HISTORY = "history"


class Fate(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell. ``id`` grows in the order of events; ``due_at`` is when it may go.

    ``alone`` keeps a row out of shared requests, after one of them was refused.
    """

    id: int
    call_id: str
    kind: MessageKind
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

    Only the first message of a call can be taken. The cost of each method does not grow with the number
    of calls, but for a logarithm.
    """

    def __init__(self, pending: Iterable[Message] = ()) -> None:
        self._calls: dict[str, deque[Message]] = {}
        self._later: list[tuple[float, int, Message]] = []
        self._events: list[tuple[int, Message]] = []
        self._rows: list[tuple[str, int, Message]] = []
        self._rows_by_due: deque[Message] = deque()
        self._in_flight: set[int] = set()
        self._ready_rows: set[int] = set()
        for message in sorted(pending, key=lambda m: m.id):
            self.add(message)

    def __len__(self) -> int:
        return sum(len(waiting) for waiting in self._calls.values())

    def add(self, message: Message) -> None:
        waiting = self._calls.setdefault(message.call_id, deque())
        waiting.append(message)
        if len(waiting) == 1:
            self._arm(message)

    def take(self, now: float) -> list[Message]:
        """The messages of the next request: one event, or up to 50 history rows, or none."""
        while self._later and self._later[0][0] <= now:
            self._make_ready(heapq.heappop(self._later)[2])
        if self._events and not self._rows_are_impatient(now):
            batch = [heapq.heappop(self._events)[1]]
        else:
            batch = self._take_rows()
        self._in_flight.update(message.id for message in batch)
        return batch

    def done(self, batch: Sequence[Message]) -> None:
        """Delivered or refused: what waits behind them may go."""
        for message in batch:
            self._in_flight.discard(message.id)
            waiting = self._calls[message.call_id]
            waiting.popleft()
            if waiting:
                self._arm(waiting[0])
            else:
                del self._calls[message.call_id]

    def put_back(self, batch: Sequence[Message]) -> None:
        """Not delivered: they go again, each when it is due."""
        for message in batch:
            self._in_flight.discard(message.id)
            self._calls[message.call_id][0] = message
            self._arm(message)

    def next_due(self) -> float | None:
        """When ``take`` gives something next: a moment in the past when it does already."""
        if self._events or self._ready_rows:
            return 0.0
        return self._later[0][0] if self._later else None

    def hasten(self, now: float) -> list[Message]:
        """Make everything due that is not in flight; returns what was changed by it."""
        hastened = []
        for waiting in self._calls.values():
            for place, message in enumerate(waiting):
                if message.due_at > now and message.id not in self._in_flight:
                    waiting[place] = replace(message, due_at=now)
                    hastened.append(waiting[place])
        heads = [waiting[0] for waiting in self._calls.values() if waiting[0].id not in self._in_flight]
        self._later, self._events, self._rows = [], [], []
        self._rows_by_due.clear()
        self._ready_rows.clear()
        for message in heads:
            self._arm(message)
        return hastened

    def _arm(self, message: Message) -> None:
        heapq.heappush(self._later, (message.due_at, message.id, message))

    def _make_ready(self, message: Message) -> None:
        if message.kind is MessageKind.EVENT:
            heapq.heappush(self._events, (message.id, message))
        else:
            heapq.heappush(self._rows, (message.date, message.id, message))
            self._rows_by_due.append(message)
            self._ready_rows.add(message.id)

    def _rows_are_impatient(self, now: float) -> bool:
        while self._rows_by_due and self._rows_by_due[0].id not in self._ready_rows:
            self._rows_by_due.popleft()
        return bool(self._rows_by_due) and self._rows_by_due[0].due_at + ROW_PATIENCE <= now

    def _take_rows(self) -> list[Message]:
        batch: list[Message] = []
        while self._rows and len(batch) < BATCH:
            if batch and self._rows[0][2].alone:
                break
            message = heapq.heappop(self._rows)[2]
            self._ready_rows.discard(message.id)
            batch.append(message)
            if message.alone:
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
    return backoff.pause(attempts, dice, first=FIRST_RETRY, longest=LONGEST_RETRY)
