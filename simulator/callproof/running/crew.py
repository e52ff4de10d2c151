"""Few of the threads of a worker answer; the others sleep until these are held up.

granian starts a thread whenever a request finds none idle. Each that has one waits for the interpreter, and
takes it from the others in the midst of theirs, in any order: the more there are, the more of their time
goes into taking turns, and the longer somebody waits who is overlooked. One that sleeps costs 70 KiB, and
under load granian soon has started as many as it may.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, get_ident
from typing import TYPE_CHECKING, TypeVar

from callproof.clocks.machine import monotonic

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# With two an answer takes as long and a tenth more work: the interpreter is one.
AT_WORK = 1
# A request that takes longer waits for something: another thread takes the place of its own.
HELD_UP = 0.005
# How often somebody looks, in seconds, whether anything is asked at all.
IDLE = 0.02
# granian ends a thread, and tells nobody, that had nothing to do for so long; one that rests for half of
# that counts no more. Both in seconds.
LEAVES = 600
RESTED = LEAVES / 2

Protocol = TypeVar("Protocol")
# As granian calls it: with what takes the answer, which has gone when it returns.
Callback = Callable[[Protocol, "WSGIEnvironment"], object]


class Crew:
    """``most`` threads are at work, and those that are held up come on top."""

    def __init__(self, most: int = AT_WORK) -> None:
        self._most = most
        # Each that does not sleep: since when it has been answering, or, below 0, since when it has not.
        self._since: dict[int, float] = {}
        self._held_up: set[int] = set()
        self._asleep: list[tuple[int, Lock]] = []
        self._changing = Lock()

    def around(self, callback: Callback[Protocol]) -> Callback[Protocol]:
        """The callback, after which a thread sleeps that is one too many."""
        since = self._since

        def answer(protocol: Protocol, environ: "WSGIEnvironment") -> object:
            me = get_ident()
            since[me] = monotonic()
            try:
                return callback(protocol, environ)
            finally:
                since[me] = -monotonic()
                if self._too_many() or me in self._held_up:
                    self._done(me)

        return answer

    def watch(self) -> None:
        """For as long as the process lives; seldom while nothing is asked."""
        while not Event().wait(HELD_UP if max(self._since.values(), default=0) > 0 else IDLE):
            self.look()

    def look(self) -> None:
        """Whoever is held up is replaced, and whoever may have left."""
        now = monotonic()
        threads = tuple(self._since.items())
        held_up = {one for one, since in threads if 0 < since < now - HELD_UP}
        left = [one for one, since in threads if RESTED - now < since < 0]
        if held_up == self._held_up and not left:
            return
        with self._changing:
            for one in left:
                self._since.pop(one, None)
            self._held_up = held_up
            while self._asleep and len(self._since) - len(self._held_up) < self._most:
                thread, bed = self._asleep.pop()
                self._since[thread] = -now
                bed.release()

    def _too_many(self) -> bool:
        return len(self._since) - len(self._held_up) > self._most

    def _done(self, me: int) -> None:
        with self._changing:
            self._held_up.discard(me)
            if not self._too_many():
                return
            del self._since[me]
            bed = Lock()
            bed.acquire()
            self._asleep.append((me, bed))
        bed.acquire()


def in_batches() -> None:
    """The threads that start from now on finish what is there before one that wakes takes their core: who
    reads requests reads all that came, and who answers them answers all."""
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):  # where that is forbidden, answers come as ever
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
