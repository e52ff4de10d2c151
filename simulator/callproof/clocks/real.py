"""The machine's time, as it is or faster."""

import heapq
import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Condition, Thread

from callproof.clocks.clock import Timer
from callproof.clocks.machine import monotonic

log = logging.getLogger("callproof.clock")

_WORKERS = 32


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
        self._zero = monotonic()
        self._order = count()
        self._planned: list[tuple[float, int, Timer]] = []
        self._changed = Condition()
        self._closed = False
        self._pool = ThreadPoolExecutor(_WORKERS, "callproof-action")
        self._watch = Thread(target=self._run, name="callproof-clock", daemon=True)
        self._watch.start()

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return self._start + (monotonic() - self._zero) * self.speed

    def call_at(self, when: float, action: Callable[[], object]) -> Timer:
        timer = Timer(action)
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


def _guarded(action: Callable[[], object]) -> None:
    try:
        action()
    except Exception:
        log.exception("A planned action failed")
