"""History on its way to the CRM: a line collects rows and uploads up to 50 of them in one request."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock

from callproof.clocks.backoff import retry_delay
from callproof.contract.jsontypes import JsonObject
from callproof.load.asks import Ask, Response, api_problem

BATCH = 50
FIRST_RETRY, LONGEST_RETRY = 0.5, 15.0
UNACKNOWLEDGED = "never acknowledged"


@dataclass
class _Waiting:
    row: JsonObject
    told: Event = field(default_factory=Event)
    problem: str = UNACKNOWLEDGED


class Uploads:
    """``every`` is how many seconds a line collects, 0 for an upload of its own for each call.

    ``spawn`` runs a function beside the caller, ``until`` waits for a moment, ``over`` says that no more
    time is left to try again.
    """

    def __init__(
        self,
        every: float,
        make: Callable[[Sequence[JsonObject], float], Ask],
        ask: Callable[[Ask], Response],
        now: Callable[[], float],
        until: Callable[[float], None],
        over: Callable[[], bool],
        spawn: Callable[[Callable[[], None]], object],
    ) -> None:
        self._every, self._make, self._ask = every, make, ask
        self._now, self._until, self._over, self._spawn = now, until, over, spawn
        self._lines: dict[str, list[_Waiting]] = {}
        self._full: dict[str, Event] = {}
        self._lock = Lock()
        self._dice = random.Random()

    def upload(self, line: str, row: JsonObject, wanted: float) -> str:
        """Returns when the row is acknowledged, or with the reason why it never will be."""
        if not self._every:
            return self._send([row], wanted)
        waiting = _Waiting(row)
        with self._lock:
            first = line not in self._lines
            rows = self._lines.setdefault(line, [])
            rows.append(waiting)
            full = self._full.setdefault(line, Event())
            if len(rows) >= BATCH:
                full.set()
        if first:
            self._spawn(lambda: self._collect(line, wanted + self._every))
        waiting.told.wait()
        return waiting.problem

    def _collect(self, line: str, due: float) -> None:
        """Upload what a line has collected, until nothing is left of it."""
        self._full[line].wait(max(0.0, due - self._now()))
        while True:
            with self._lock:
                rows = self._lines[line]
                batch, self._lines[line] = rows[:BATCH], rows[BATCH:]
                if not batch:
                    del self._lines[line], self._full[line]
                    return
            problem = self._send([waiting.row for waiting in batch], self._now())
            for waiting in batch:
                # Rows of a batch that was refused go one by one, so that one does not hold up the others.
                alone = problem and problem != UNACKNOWLEDGED and len(batch) > 1
                waiting.problem = self._send([waiting.row], self._now()) if alone else problem
                waiting.told.set()

    def _send(self, rows: Sequence[JsonObject], wanted: float) -> str:
        attempts = 0
        while True:
            answer = self._ask(self._make(rows, wanted))
            if answer.final:
                return api_problem(answer)
            attempts += 1
            pause = retry_delay(attempts, FIRST_RETRY, LONGEST_RETRY, self._dice)
            if self._over():
                return UNACKNOWLEDGED
            wanted = self._now() + pause
            self._until(wanted)
