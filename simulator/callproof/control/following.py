"""The journal as it grows, for whoever listens: a stream of lines, or of server-sent events.

Nothing is kept for a listener but the number of what it has: entries wait in the journal, which is bounded
and goes on whether somebody reads or not. Who is so slow that some have gone is told how many.
"""

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from threading import BoundedSemaphore

import msgspec

from callproof.exchange.counting import STREAMS, Counts
from callproof.exchange.exchange import Exchange
from callproof.exchange.journal import Journal
from callproof.limits import USUAL

NDJSON, EVENTS = "application/x-ndjson", "text/event-stream"
# How long nothing may come until a sign of life is sent, in seconds; who has gone is noticed by it.
SIGN_OF_LIFE = 2.0
# How many entries are taken out of the journal at once.
PIECE = 20


class Followers:
    """Those who listen to one journal, in this process: each takes one of the threads that answer."""

    def __init__(self, journal: Journal, counts: Counts, most: int = USUAL.listeners) -> None:
        self._places = BoundedSemaphore(most)
        self._journal = journal
        self._counts = counts

    def follow(self, since: int | None, *, events: bool) -> "Listener | None":
        """Entries with a higher number, by default those that come from now on, until the end stops; None
        where there are too many listeners."""
        if not self._places.acquire(blocking=False):
            return None
        last = self._journal.last_id if since is None else since
        held = ExitStack()
        held.callback(self._places.release)
        held.enter_context(self._counts.open(STREAMS))
        return Listener(_lines(self._journal, last, events), held)


class Listener(Iterator[bytes]):
    """Closed by the server when the listener has gone or the stream has ended."""

    def __init__(self, lines: Generator[bytes, None, None], held: ExitStack) -> None:
        self._lines = lines
        self._held = held

    def __next__(self) -> bytes:
        return next(self._lines)

    def close(self) -> None:
        with self._held:
            self._lines.close()


def _lines(journal: Journal, last: int, events: bool) -> Generator[bytes, None, None]:
    """The first at once, so that the listener knows that it is heard."""
    yield _alive(events)
    while not journal.interrupted:
        entries = journal.since(last, wait=SIGN_OF_LIFE, limit=PIECE)
        if not entries:
            yield _alive(events)
            continue
        missed = entries[0].id - last - 1
        if missed > 0:
            yield _line({"missed": missed}, "missed", entries[0].id - 1, events)
        last = entries[-1].id
        for entry in entries:
            yield _entry(entry, events)


def _entry(entry: Exchange, events: bool) -> bytes:
    text = entry.encoded()
    return b"id: %d\ndata: %s\n\n" % (entry.id, text) if events else text + b"\n"


def _line(said: dict[str, int], kind: str, last: int, events: bool) -> bytes:
    text = msgspec.json.encode(said)
    return b"event: %s\nid: %d\ndata: %s\n\n" % (kind.encode(), last, text) if events else text + b"\n"


def _alive(events: bool) -> bytes:
    return b":\n\n" if events else b"\n"
