"""Tells the open pages of an end that something has changed; while nothing does, nobody looks."""

from collections.abc import Iterator
from threading import Condition, Event, Thread

from callproof.exchange.journal import Journal
from callproof.limits import USUAL

# How long the journal is waited for at once, how soon after a change the next one is told, and how long a
# stream may be silent: a peer that has gone shows when it is written to. In seconds.
LOOK = 5.0
PAUSE = 0.25
SILENCE = 10.0


class Pulse:
    """Beats with each new exchange of the journal, whichever worker wrote it, and with each ``bump``.

    One thread for all streams waits for the journal, as long as there is a stream; there should not be more
    than ``most``.
    """

    def __init__(self, journal: Journal, most: int = USUAL.page_streams) -> None:
        self._journal = journal
        self._most = most
        self._changed = Condition()
        self._beats = 0
        self._streams = 0
        self._watched = False
        self._closed = Event()

    def bump(self) -> None:
        """Something changed that stands in no journal."""
        if not self._streams:
            return  # whoever comes later sees it at once
        with self._changed:
            self._beats += 1
            self._changed.notify_all()

    def beats(self, silence: float = SILENCE) -> Iterator[int | None]:
        """None at once, from when on no beat is missed; then the number of each new beat, and None when
        there was none for ``silence`` seconds."""
        with self._changed:
            self._streams += 1
            seen = self._beats
            self._watch()
        try:
            yield None
            while not self._closed.is_set():
                new = self._beyond(seen, silence)
                yield None if new == seen else new
                if new != seen:
                    self._closed.wait(PAUSE)
                seen = new
        finally:
            with self._changed:
                self._streams -= 1

    @property
    def full(self) -> bool:
        """Whether there are as many streams as there may be."""
        return self._streams >= self._most

    def close(self) -> None:
        """Every stream ends."""
        self._closed.set()
        with self._changed:
            self._changed.notify_all()

    def _beyond(self, seen: int, silence: float) -> int:
        """The number of the newest beat, as soon as it is another one or the silence is long enough."""
        with self._changed:
            self._changed.wait_for(lambda: self._beats != seen or self._closed.is_set(), silence)
            return self._beats

    def _watch(self) -> None:
        if not self._watched:
            self._watched = True
            since = (self._journal.last_id,)
            Thread(target=self._watch_on, args=since, name="callproof-pulse", daemon=True).start()

    def _watch_on(self, last: int) -> None:
        while self._goes_on():
            self._journal.since(last, wait=LOOK, limit=1)
            if self._journal.interrupted:
                self.close()
            if (now := self._journal.last_id) != last:
                last = now
                self.bump()
                self._closed.wait(PAUSE)

    def _goes_on(self) -> bool:
        with self._changed:
            self._watched = self._streams > 0 and not self._closed.is_set()
            return self._watched
