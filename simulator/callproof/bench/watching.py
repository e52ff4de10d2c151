"""The journal of an end as the pages read it: what is new is read once, and the newest is kept."""

from collections import deque
from threading import Lock

from callproof.clocks.machine import monotonic
from callproof.conformance.evidence import Book, Seen, read
from callproof.contract.operations import Side
from callproof.control.client import ActionRefused, End, Unreachable
from callproof.exchange.trust import USUAL, Trust

# How many exchanges the pages reach back; the journal itself has more.
KEPT = 2000
_PAGE = 1000
# How long the other end may take to answer, and how long one that did not is left alone, in seconds.
TIMEOUT, REST = 2.0, 5.0


class Watched:
    """The journal of one end. ``seen`` may be asked by several threads; only what is new is read."""

    def __init__(self, end: End) -> None:
        self.side: Side = end.side
        self._end = end
        self._book = Book()
        self._seen: deque[Seen] = deque(maxlen=KEPT)
        self._last = 0
        self._reading = Lock()

    def seen(self) -> list[Seen]:
        """Oldest first. Raises Unreachable or ActionRefused."""
        with self._reading:
            self._forget()
            newest = self._end.journal(limit=0).last_id
            since = max(self._last, newest - KEPT)
            while page := self._end.journal(since, limit=_PAGE).entries:
                self._seen.extend(read(page, self.side, self._book))
                since = self._last = page[-1].id
            return list(self._seen)

    def _forget(self) -> None:
        """What the journal has dropped, or was told to forget."""
        oldest = next(iter(self._end.journal(limit=1).entries), None)
        while self._seen and (oldest is None or self._seen[0].id < oldest.id):
            self._seen.popleft()


class Beside:
    """The journal of the other end, where there is one that tells it: it may be somebody else's system, or
    have a token that is not ours, or have gone."""

    def __init__(self, side: Side, token: str = "", trust: Trust = USUAL) -> None:
        self._side = side
        self._token = token
        self._trust = trust
        self._at = ""
        self._watched: Watched | None = None
        self._end: End | None = None
        self._silent_until = 0.0

    def end(self, address: str) -> End | None:
        """Its control API, None where no address is known."""
        if address != self._at:
            if self._end:
                self._end.close()
            self._at, self._end, self._watched = address, None, None
            if address:
                self._end = End(self._side, address, self._token, trust=self._trust, timeout=TIMEOUT)
                self._watched = Watched(self._end)
                self._silent_until = 0.0
        return self._end

    def patient(self, address: str) -> End | None:
        """The same for whoever has more time."""
        return End(self._side, address, self._token, trust=self._trust) if address else None

    def seen(self, address: str) -> list[Seen]:
        """Empty where nobody answers as an end of callproof's."""
        if self.end(address) is None or self._watched is None or monotonic() < self._silent_until:
            return []
        try:
            return self._watched.seen()
        except (Unreachable, ActionRefused):
            self._silent_until = monotonic() + REST
            return []
