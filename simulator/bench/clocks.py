"""Clocks that touch the machine: the real one, a faster one, and the manual one made safe for threads."""

import heapq
import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Condition, RLock, Thread

from simulator.core.clock import EPOCH, ManualClock, ManualTimer

log = logging.getLogger("callproof.clock")

_WORKERS = 32


class SteppedClock(ManualClock):
    """The manual clock for servers: threads may plan and advance at once; only one advances at a time."""

    kind = "manual"

    def __init__(self, start: float = EPOCH) -> None:
        super().__init__(start)
        self.id = uuid.uuid4().hex
        self._advancing = RLock()

    def advance_to(self, moment: float) -> None:
        with self._advancing:
            super().advance_to(moment)

    def close(self) -> None:
        """Nothing runs by itself, so there is nothing to stop."""


class ScaledClock:
    """The machine's time, ``speed`` times as fast, from the moment that the clock is made.

    One thread watches what is planned; the actions run on a small pool, so that one which waits for the
    network holds up no other. An action that raises is logged. ``close`` drops what is still planned.
    """

    kind = "scaled"

    def __init__(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError("The speed of a clock is greater than 0")
        self.id = uuid.uuid4().hex
        self.speed = speed
        self._start = time.time()
        self._zero = time.monotonic()
        self._order = count()
        self._planned: list[tuple[float, int, ManualTimer]] = []
        self._changed = Condition()
        self._closed = False
        self._pool = ThreadPoolExecutor(_WORKERS, "callproof-action")
        self._watch = Thread(target=self._run, name="callproof-clock", daemon=True)
        self._watch.start()

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return self._start + (time.monotonic() - self._zero) * self.speed

    def call_at(self, when: float, action: Callable[[], object]) -> ManualTimer:
        timer = ManualTimer(action)
        with self._changed:
            heapq.heappush(self._planned, (when, next(self._order), timer))
            self._changed.notify()
        return timer

    def next_due(self) -> float | None:
        with self._changed:
            return self._planned[0][0] if self._planned else None

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._planned.clear()
            self._changed.notify()
        self._watch.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        with self._changed:
            while not self._closed:
                wait = self._planned[0][0] - self.now() if self._planned else None
                if wait is None or wait > 0:
                    self._changed.wait(None if wait is None else wait / self.speed)
                    continue
                _, _, timer = heapq.heappop(self._planned)
                if timer.action:
                    self._pool.submit(_guarded, timer.action)


class RealClock(ScaledClock):
    """The machine's own time."""

    kind = "real"

    def __init__(self) -> None:
        super().__init__(1.0)


AnyClock = SteppedClock | ScaledClock


def _guarded(action: Callable[[], object]) -> None:
    try:
        action()
    except Exception:
        log.exception("A planned action failed")
