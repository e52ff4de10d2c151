"""Time that moves only when it is told to."""

import heapq
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from threading import RLock

from callproof.clocks.clock import Timer

# Where every manual clock begins, so that the same seed gives the same report: 2024-05-01 12:00:00 UTC.
EPOCH = datetime(2024, 5, 1, 12, tzinfo=UTC).timestamp()


class ManualClock:
    """A clock for tests and replays: nothing happens but in ``advance``, and then in order of time.

    Actions due at the same moment run in the order in which they were planned. An action may plan
    more; what falls due within the same advance runs in it. Threads may plan and advance at once; only
    one advances at a time.
    """

    kind = "manual"

    def __init__(self, start: float = EPOCH) -> None:
        self.id = uuid.uuid4().hex
        self._now = start
        self._order = count()
        self._planned: list[tuple[float, int, Timer]] = []
        self._advancing = RLock()

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return self._now

    def call_at(self, when: float, action: Callable[[], object]) -> Timer:
        """Plan an action; a moment in the past means "as soon as time is told to move"."""
        timer = Timer(action)
        heapq.heappush(self._planned, (max(when, self._now), next(self._order), timer))
        return timer

    def next_due(self) -> float | None:
        """When the next action is due, or None when nothing is planned."""
        while self._planned and self._planned[0][2].action is None:
            heapq.heappop(self._planned)
        return self._planned[0][0] if self._planned else None

    def advance(self, seconds: float = 0.0) -> None:
        """Move on and run everything that falls due. Raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError("A clock does not run backwards")
        self.advance_to(self._now + seconds)

    def advance_to(self, moment: float) -> None:
        """Move on to a moment; one that has passed runs only what is already due."""
        with self._advancing:
            target = max(moment, self._now)
            while (due := self.next_due()) is not None and due <= target:
                _, _, timer = heapq.heappop(self._planned)
                self._now = due
                action, timer.action = timer.action, None
                if action:
                    action()
            self._now = target

    def close(self) -> None:
        """Nothing runs by itself, so there is nothing to stop."""
