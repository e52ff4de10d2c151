"""The journal of one end: every exchange in the order in which it ended.

It is bounded by entries and by bytes and drops the oldest first; it may lag behind the truth
in the store, never the other way round.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from threading import Condition, Lock

import msgspec
from msgspec.structs import replace

from callproof.clocks.machine import monotonic
from callproof.exchange.exchange import Exchange
from callproof.limits import USUAL


class _Entry(msgspec.Struct, gc=False):
    """One exchange of the journal, built when somebody asks for it: under load nobody does. Nor does the
    collector of garbage look at entries: they refer to nothing that refers to them."""

    id: int
    size: int
    build: Callable[[], Exchange]
    built: Exchange | None = None

    @property
    def exchange(self) -> Exchange:
        if self.built is None:
            self.built = replace(self.build(), id=self.id)
        return self.built


class Journal:
    """Entries are numbered from 1 and never renumbered, also when old ones are dropped.

    ``every`` is for load: 1 keeps every exchange, 10 each tenth of them, 0 none.
    """

    def __init__(
        self,
        max_entries: int = USUAL.journal_entries,
        max_bytes: int = USUAL.journal_bytes,
        *,
        every: int = 1,
    ) -> None:
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self._every = every
        self._passed = count()
        self._entries: deque[_Entry] = deque()
        self._bytes = 0
        self._last_id = 0
        self._lock = Lock()
        self._grown = Condition(self._lock)
        # Under load nobody reads, and to wake nobody takes longer than the rest of an entry.
        self._readers = 0
        self._interrupted = False
        self._coming = 0

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Until the block ends, an exchange has begun whose answer is held back; of this process."""
        with self._lock:
            self._coming += 1
        try:
            yield
        finally:
            with self._lock:
                self._coming -= 1

    @property
    def held(self) -> int:
        """How many exchanges have begun whose answers are held back; they are no entries yet."""
        return self._coming

    @property
    def last_id(self) -> int:
        return self._last_id

    def wants(self) -> bool:
        """Whether the next exchange is one that is kept; ask once for each."""
        return self._every == 1 or (self._every > 0 and next(self._passed) % self._every == 0)

    def write(self, exchange: Exchange) -> None:
        """Append it under the next number and wake whoever waits."""
        kept = exchange.kept()
        self.draft(kept.size, lambda: kept)

    def draft(self, size: int, build: Callable[[], Exchange]) -> None:
        """Append what ``build`` makes, which need not happen now; ``size`` is about its bytes."""
        with self._lock:
            self._last_id += 1
            self._entries.append(_Entry(self._last_id, size, build))
            self._bytes += size
            while len(self._entries) > self.max_entries or self._bytes > self.max_bytes:
                self._bytes -= self._entries.popleft().size
            if self._readers:
                self._grown.notify_all()

    def since(self, last_seen: int = 0, *, wait: float = 0.0, limit: int = 1000) -> Sequence[Exchange]:
        """Entries with a higher number, oldest first; waits up to ``wait`` real seconds for the first."""
        deadline = monotonic() + wait
        with self._lock:
            self._readers += 1
            while self._last_id <= last_seen and (left := deadline - monotonic()) > 0:
                if self._interrupted:
                    break
                self._grown.wait(left)
            self._readers -= 1
            found = [entry for entry in self._entries if entry.id > last_seen][:limit]
        return [entry.exchange for entry in found]

    def kept(self) -> tuple[int, int]:
        """How many entries there are, and about how many bytes they take."""
        with self._lock:
            return len(self._entries), self._bytes

    def clear(self) -> None:
        """Forget the entries; numbering goes on."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    @property
    def interrupted(self) -> bool:
        """Whether nobody may wait any more."""
        return self._interrupted

    def interrupt(self) -> None:
        """The end is about to stop: whoever waits is told nothing, and nobody waits again."""
        with self._lock:
            self._interrupted = True
            self._grown.notify_all()

    def close(self) -> None:
        """Nothing is left to be written."""
