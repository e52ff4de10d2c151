"""The journal of a CRM whose database outlives it or is shared: every process writes, any of them reads.

A request waits for nobody here. Its entry is kept aside and written a moment later with others, by a thread
of its own, so the journal lags behind the truth in the store, and never the other way round.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from msgspec.structs import replace

from callproof.clocks.machine import monotonic
from callproof.exchange.exchange import Exchange
from callproof.exchange.journal import Journal
from callproof.limits import USUAL
from callproof.storage.watching import StorageTrouble

if TYPE_CHECKING:
    from callproof.storage.journal import JournalTable

log = logging.getLogger("callproof.journal")

# How long an entry may wait to be written, and how often a reader looks again, in seconds.
LAG = 0.1
# How often a database that is in trouble is tried again, in seconds.
TROUBLED = 1.0
# Of its time the writer works no more than this share, and never for long, because requests wait for the
# database meanwhile. What it cannot keep up with then has grown older than the journal reaches back; it is
# counted and dropped unwritten.
SHARE = 0.03
AT_ONCE = 100


class SharedJournal(Journal):
    """``close`` writes what waits. What comes while the database is in trouble waits for its end. An entry
    has its number only once it is read."""

    def __init__(
        self,
        table: "JournalTable",
        max_entries: int = USUAL.journal_entries,
        max_bytes: int = USUAL.journal_bytes,
        *,
        every: int = 1,
    ) -> None:
        super().__init__(max_entries, max_bytes, every=every)
        self._table = table
        self._aside: deque[Callable[[], Exchange]] = deque()
        self._missed = 0
        self._writing = Lock()
        self._stopped = Event()
        self._waiting = Event()
        self._awaited = Event()
        self._writer = Thread(target=self._write_on, name="callproof-journal", daemon=True)
        self._writer.start()

    @property
    def last_id(self) -> int:
        self._flush()
        return self._table.last()

    def draft(self, size: int, build: Callable[[], Exchange]) -> None:
        self._aside.append(build)
        self._waiting.set()

    def since(self, last_seen: int = 0, *, wait: float = 0.0, limit: int = 1000) -> Sequence[Exchange]:
        deadline = monotonic() + wait
        while True:
            self._flush()
            found = self._table.after(last_seen, limit)
            left = deadline - monotonic()
            if found or left <= 0 or self._awaited.wait(min(left, LAG)):
                return [replace(Exchange.decoded(entry), id=number) for number, entry in found]

    def kept(self) -> tuple[int, int]:
        return self._table.kept()

    def clear(self) -> None:
        with self._writing:
            self._aside.clear()
            self._table.clear()

    def interrupt(self) -> None:
        super().interrupt()
        self._awaited.set()

    def close(self) -> None:
        self.interrupt()
        self._stopped.set()
        self._waiting.set()
        self._writer.join()
        with suppress(StorageTrouble):
            self._flush()

    def _write_on(self) -> None:
        pause = LAG
        while not self._stopped.is_set():
            self._waiting.wait()
            self._stopped.wait(pause)
            began = time.thread_time()
            try:
                self._write_some()
            except StorageTrouble:
                pause = TROUBLED
                continue
            except Exception:
                log.exception("The journal was not written")
            worked = time.thread_time() - began
            pause = worked / SHARE if self._aside else LAG

    def _flush(self) -> None:
        with self._writing:
            """What the writer has taken already is there now."""
        while self._aside:
            self._write_some()

    def _write_some(self) -> None:
        with self._writing:
            self._waiting.clear()
            while len(self._aside) > self.max_entries:
                self._aside.popleft()
                self._missed += 1
            taken: list[Callable[[], Exchange]] = []
            while self._aside and len(taken) < AT_ONCE:
                taken.append(self._aside.popleft())
            try:
                if taken:
                    self._append([build().encoded().decode() for build in taken])
            except StorageTrouble:
                self._aside.extendleft(reversed(taken))
                raise
            finally:
                if self._aside:
                    self._waiting.set()

    def _append(self, entries: list[str]) -> None:
        missed = self._missed
        self._table.append(entries, most=self.max_entries, most_bytes=self.max_bytes, missed=missed)
        self._missed = 0
