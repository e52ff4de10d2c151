"""What went over the wire at one end: both directions, request and answer whole, with the findings.

The journal is bounded by entries and by bytes and drops the oldest first; it may lag behind the truth
in the store, never the other way round.
"""

import base64
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from threading import Condition

from simulator.contract.findings import Finding
from simulator.contract.jsontypes import Json, JsonObject

MAX_ENTRIES = 10_000
MAX_BYTES = 64 * 1024 * 1024
# Audio is told by its beginning, its size and its headers; text is kept whole.
MAX_BINARY = 16 * 1024


@dataclass(frozen=True, slots=True)
class Body:
    """``size`` counts the bytes that were sent; of binary content only the beginning is in ``data``."""

    data: bytes
    size: int
    is_text: bool

    @classmethod
    def of(cls, content: bytes) -> "Body":
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            return cls(content[:MAX_BINARY], len(content), False)
        return cls(content, len(content), True)

    def as_json(self) -> JsonObject:
        if self.is_text:
            return {"text": self.data.decode("utf-8"), "size": self.size}
        return {"base64": base64.b64encode(self.data).decode(), "size": self.size}


Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SentRequest:
    """``url`` is absolute; ``headers`` keep the order and spelling of the wire."""

    method: str
    url: str
    headers: Headers
    body: Body


@dataclass(frozen=True, slots=True)
class SentAnswer:
    status: int
    headers: Headers
    body: Body


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it. ``answer`` is None and ``error`` says why when none arrived.

    ``direction`` is ``in`` for a request to this end and ``out`` for one that this end made. ``by_bench``
    marks what the runner itself sent to prepare a scenario; nobody is judged by it.
    """

    at: float
    direction: str
    request: SentRequest
    answer: SentAnswer | None
    error: str = ""
    findings: tuple[Finding, ...] = ()
    by_bench: bool = False
    id: int = 0

    @property
    def size(self) -> int:
        answer = len(self.answer.body.data) if self.answer else 0
        return 1024 + len(self.request.body.data) + answer

    def as_json(self) -> JsonObject:
        answer: Json = None
        if self.answer:
            answer = {
                "status": self.answer.status,
                "headers": [list(pair) for pair in self.answer.headers],
                "body": self.answer.body.as_json(),
            }
        return {
            "id": self.id,
            "at": self.at,
            "direction": self.direction,
            "byBench": self.by_bench,
            "request": {
                "method": self.request.method,
                "url": self.request.url,
                "headers": [list(pair) for pair in self.request.headers],
                "body": self.request.body.as_json(),
            },
            "answer": answer,
            "error": self.error,
            "findings": [finding.as_json() for finding in self.findings],
        }


class Journal:
    """Entries are numbered from 1 and never renumbered, also when old ones are dropped.

    ``every`` is for load: 1 keeps every exchange, 10 each tenth of them, 0 none.
    """

    def __init__(
        self, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES, *, every: int = 1
    ) -> None:
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self._every = every
        self._passed = count()
        self._entries: deque[Exchange] = deque()
        self._bytes = 0
        self._last_id = 0
        self._grown = Condition()

    @property
    def last_id(self) -> int:
        return self._last_id

    def wants(self) -> bool:
        """Whether the next exchange is one that is kept; ask once for each."""
        return self._every == 1 or (self._every > 0 and next(self._passed) % self._every == 0)

    def write(self, exchange: Exchange) -> Exchange:
        """Append it under the next number and wake whoever waits."""
        with self._grown:
            self._last_id += 1
            # Nobody has seen it yet, so numbering it in place changes nothing for anybody.
            object.__setattr__(exchange, "id", self._last_id)
            self._entries.append(exchange)
            self._bytes += exchange.size
            while len(self._entries) > self.max_entries or self._bytes > self.max_bytes:
                self._bytes -= self._entries.popleft().size
            self._grown.notify_all()
        return exchange

    def since(self, last_seen: int = 0, *, wait: float = 0.0, limit: int = 1000) -> Sequence[Exchange]:
        """Entries with a higher number, oldest first; waits up to ``wait`` real seconds for the first."""
        deadline = time.monotonic() + wait
        with self._grown:
            while self._last_id <= last_seen and (left := deadline - time.monotonic()) > 0:
                self._grown.wait(left)
            return [entry for entry in self._entries if entry.id > last_seen][:limit]

    def clear(self) -> None:
        """Forget the entries; numbering goes on."""
        with self._grown:
            self._entries.clear()
            self._bytes = 0
