"""What went over the wire at one end: both directions, request and answer whole, with the findings.

The journal is bounded by entries and by bytes and drops the oldest first; it may lag behind the truth
in the store, never the other way round.
"""

import base64
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from threading import Condition, Lock
from typing import cast

from callproof.contract.findings import Finding
from callproof.contract.jsontypes import Json, JsonObject

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

    @classmethod
    def of_json(cls, sent: Mapping[str, Json]) -> "Body":
        size = cast(int, sent["size"])
        if "text" in sent:
            return cls(str(sent["text"]).encode(), size, True)
        return cls(base64.b64decode(str(sent["base64"])), size, False)

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

    @classmethod
    def of_json(cls, sent: JsonObject) -> "Exchange":
        """The inverse of ``as_json``."""
        request, answer = cast(JsonObject, sent["request"]), cast("JsonObject | None", sent["answer"])
        answered = None
        if answer:
            answered = SentAnswer(cast(int, answer["status"]), _headers(answer), _body(answer))
        return cls(
            at=cast(float, sent["at"]),
            direction=str(sent["direction"]),
            request=SentRequest(
                str(request["method"]), str(request["url"]), _headers(request), _body(request)
            ),
            answer=answered,
            error=str(sent["error"]),
            findings=tuple(Finding.of_json(found) for found in cast(list[JsonObject], sent["findings"])),
            by_bench=bool(sent["byBench"]),
            id=cast(int, sent["id"]),
        )

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


def _headers(sent: JsonObject) -> Headers:
    return tuple((name, value) for name, value in cast(list[list[str]], sent["headers"]))


def _body(sent: JsonObject) -> Body:
    return Body.of_json(cast(JsonObject, sent["body"]))


class _Entry:
    """One exchange of the journal, built when somebody asks for it: under load nobody does."""

    __slots__ = ("_build", "_exchange", "id", "size")

    def __init__(self, number: int, size: int, build: Callable[[], Exchange]) -> None:
        self.id = number
        self.size = size
        self._build = build
        self._exchange: Exchange | None = None

    @property
    def exchange(self) -> Exchange:
        if self._exchange is None:
            self._exchange = replace(self._build(), id=self.id)
        return self._exchange


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
        self._entries: deque[_Entry] = deque()
        self._bytes = 0
        self._last_id = 0
        self._lock = Lock()
        self._grown = Condition(self._lock)
        # Under load nobody reads, and to wake nobody takes longer than the rest of an entry.
        self._readers = 0

    @property
    def last_id(self) -> int:
        return self._last_id

    def wants(self) -> bool:
        """Whether the next exchange is one that is kept; ask once for each."""
        return self._every == 1 or (self._every > 0 and next(self._passed) % self._every == 0)

    def write(self, exchange: Exchange) -> None:
        """Append it under the next number and wake whoever waits."""
        self.draft(exchange.size, lambda: exchange)

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
        deadline = time.monotonic() + wait
        with self._lock:
            self._readers += 1
            while self._last_id <= last_seen and (left := deadline - time.monotonic()) > 0:
                self._grown.wait(left)
            self._readers -= 1
            found = [entry for entry in self._entries if entry.id > last_seen][:limit]
        return [entry.exchange for entry in found]

    def clear(self) -> None:
        """Forget the entries; numbering goes on."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def close(self) -> None:
        """Nothing is left to be written."""
