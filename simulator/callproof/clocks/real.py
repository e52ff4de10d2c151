"""The machine's time, as it is or faster."""

import heapq
import logging
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Condition, Thread

from callproof.clocks.clock import Timer
from callproof.clocks.course import Course

log = logging.getLogger("callproof.clock")

_WORKERS = 32
# What waits in Python does not notice that the machine slept, so it looks again, after so many seconds.
_LOOK = 2.0


class ScaledClock:
    """The machine's time, ``speed`` times as fast; it begins at the moment that the clock is made.

    What is planned comes when its time has passed, whatever the machine's date is set to meanwhile.

    One thread watches what is planned; the actions run on a small pool, so that one which waits for the
    network holds up no other. An action that raises is logged. ``close`` drops what is still planned.
    """

    @property
    def kind(self) -> str:
        """``real`` while it runs as the machine's does."""
        return "real" if self.speed == 1 else "scaled"

    @property
    def speed(self) -> float:
        return self._course.speed

    def __init__(self, speed: float, course: Course | None = None) -> None:
        if speed <= 0:
            raise ValueError("The speed of a clock is greater than 0")
        self.id = uuid.uuid4().hex
        self._course = course or Course(speed)
        # By the count of the course.
        self._order = count()
        self._planned: list[tuple[float, int, Timer]] = []
        self._changed = Condition()
        self._closed = False
        self._pool = ThreadPoolExecutor(_WORKERS, "callproof-action")
        self._watch = Thread(target=self._watch_on, name="callproof-clock", daemon=True)
        self._watch.start()

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return self._course.now()

    def run(self, speed: float) -> None:
        """Run so many times as fast from now on, with 0 stand still. Raises ValueError for less."""
        if speed < 0:
            raise ValueError("A clock does not run backwards")
        with self._changed:
            self._course.run(speed)
            self._changed.notify()

    def call_at(self, when: float, action: Callable[[], object]) -> Timer:
        timer = Timer(action)
        with self._changed:
            due = when - self.now() + self._course.count()
            heapq.heappush(self._planned, (due, next(self._order), timer))
            self._changed.notify()
        return timer

    def next_due(self) -> float | None:
        with self._changed:
            return self._planned[0][0] - self._course.count() + self.now() if self._planned else None

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._planned.clear()
            self._changed.notify()
        self._watch.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _watch_on(self) -> None:
        with self._changed:
            while not self._closed:
                wait = self._planned[0][0] - self._course.count() if self._planned else None
                if wait is None or wait > 0:
                    # While it stands still nothing comes nearer.
                    self._changed.wait(min(wait / self.speed, _LOOK) if wait and self.speed else None)
                    continue
                _, _, timer = heapq.heappop(self._planned)
                if timer.action:
                    self._pool.submit(_guarded, timer.action)


class RealClock(ScaledClock):
    """The machine's own time."""

    def __init__(self) -> None:
        super().__init__(1.0)


def _guarded(action: Callable[[], object]) -> None:
    try:
        action()
    except Exception:
        log.exception("A planned action failed")
