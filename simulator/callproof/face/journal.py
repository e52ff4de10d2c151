"""An end's journal in a test: what the other side sent, and assertions on it that say what is amiss."""

from collections.abc import Callable, Collection, Mapping
from typing import overload

from msgspec.structs import replace

from callproof.clocks.machine import monotonic
from callproof.conformance.evidence import Book, Seen, read
from callproof.contract.jsontypes import Json
from callproof.contract.operations import BY_NAME, Side
from callproof.exchange.journal import Journal
from callproof.face.violations import violations
from callproof.face.words import (
    amiss,
    listed,
    misses,
    nearest,
    unknown_method,
)

# Real seconds that a request may take to arrive, for senders in other threads and processes.
WITHIN = 1.0


class WatchedJournal:
    """The journal of one end, read as exchanges of the contract.

    ``operation`` is a method's name, such as ``call-event``, and ``with_`` a pattern for the structure or
    the parameters, as in docs/scenarios.md: an object asks for the members that it names, and
    ``{"$phone": ...}`` and the other operators may stand for any value.
    What the test itself did through its fixtures is in no list here.
    """

    def __init__(
        self,
        journal: Journal,
        side: Side,
        settle: Callable[[], None],
        known: Mapping[str, str] | None = None,
    ) -> None:
        self._journal = journal
        self._side = side
        self._settle = settle
        self._book = Book(dict(known or {}))
        self._read: dict[int, Seen] = {}

    @property
    def exchanges(self) -> list[Seen]:
        """Everything in both directions, oldest first."""
        entries = self._journal.since(limit=self._journal.max_entries)
        new = [entry for entry in entries if entry.id not in self._read]
        for seen in read(new, self._side, self._book):
            # The end's own findings say more: why it refused, and what to do about it.
            self._read[seen.id] = replace(seen, findings=seen.exchange.findings)
        return [self._read[entry.id] for entry in entries if not entry.by_bench]

    def requests(self, operation: str = "", with_: Json = None) -> list[Seen]:
        """What the other side sent to this end, refused or not."""
        __tracebackhide__ = True
        return self._matching(_demanded(operation, asked_by=self._side.other), with_, received=True)

    def sent(self, operation: str = "", with_: Json = None) -> list[Seen]:
        """What this end sent to the other side, with the answers in ``status`` and ``answer``."""
        __tracebackhide__ = True
        return self._matching(_demanded(operation, asked_by=self._side), with_, received=False)

    @overload
    def assert_received(
        self, operation: str, with_: Json = None, *, status: int | None = None, within: float = WITHIN
    ) -> Seen: ...

    @overload
    def assert_received(
        self,
        operation: str,
        with_: Json = None,
        *,
        times: int,
        status: int | None = None,
        within: float = WITHIN,
    ) -> list[Seen]: ...

    def assert_received(
        self,
        operation: str,
        with_: Json = None,
        *,
        times: int | None = None,
        status: int | None = None,
        within: float = WITHIN,
    ) -> Seen | list[Seen]:
        """The one request that matches, or with ``times`` a list of exactly so many.

        A request counts when this end took it: what it refused is only found by its ``status``. Waits up
        to ``within`` real seconds. Raises AssertionError with the nearest miss, member by member.
        """
        __tracebackhide__ = True
        _demanded(operation, asked_by=self._side.other)
        wanted = 1 if times is None else times

        def matching() -> list[Seen]:
            return [e for e in self.requests(operation) if not misses(e, with_, status)]

        found = self._wait(matching, wanted, within)
        if len(found) != wanted:
            raise AssertionError(self._problem(operation, with_, status, wanted, found, within))
        return found[0] if times is None else found

    def assert_not_received(self, operation: str, with_: Json = None, *, within: float = 0.0) -> None:
        """No request matches, refused ones included, nor comes within so many real seconds."""
        __tracebackhide__ = True
        _demanded(operation, asked_by=self._side.other)
        found = self._wait(lambda: self.requests(operation, with_), 1, within)
        if found:
            raise AssertionError(f"expected no such {operation}, but received:\n{listed(found)}")

    def assert_no_violations(self, *, strict: bool = False) -> None:
        """The other side broke the contract nowhere so far, neither in what it sent nor in its answers.

        Raises AssertionError with each violation, the row that it breaks and a curl line that sends the
        same again. ``strict`` counts what was forgiven as well.
        """
        __tracebackhide__ = True
        self._settle()
        if said := violations(self.exchanges, self._side, strict=strict):
            raise AssertionError(said)

    def clear(self) -> None:
        """Forget what came so far."""
        self._journal.clear()

    def _matching(self, operation: str, with_: Json, *, received: bool) -> list[Seen]:
        return [
            exchange
            for exchange in self.exchanges
            if (exchange.asked_by is not self._side) is received
            and (not operation or exchange.operation is BY_NAME[operation])
            and (with_ is None or not amiss(exchange, with_))
        ]

    def _wait(self, look: Callable[[], list[Seen]], wanted: int, within: float) -> list[Seen]:
        until = monotonic() + within
        while True:
            newest = self._journal.last_id
            # What the end does about a request at once is planned, and nobody else moves its clock.
            self._settle()
            found = look()
            left = until - monotonic()
            if len(found) >= wanted or left <= 0:
                return found
            self._journal.since(newest, wait=left, limit=1)

    def _problem(
        self,
        operation: str,
        with_: Json,
        status: int | None,
        wanted: int,
        found: Collection[Seen],
        within: float,
    ) -> str:
        number = f"{wanted} {operation}" if wanted != 1 else f"a {operation}"
        problem = f"expected {number} at the {self._side.upper()}, found"
        if found:
            others = [e for e in self.requests(operation) if e not in found] if len(found) < wanted else []
            more = f"\n{nearest(others, with_, status)}" if others else ""
            return f"{problem} {len(found)}:\n{listed(found)}{more}"
        problem = f"{problem} none that matches{f' within {within:g} s' if within else ''}"
        alike = self.requests(operation)
        if alike:
            return f"{problem}.\n{nearest(alike, with_, status)}"
        received = self.requests()
        if received:
            return f"{problem}. There was no {operation} at all; received:\n{listed(received)}"
        return f"{problem}. Nothing was received at all."


def _demanded(operation: str, asked_by: Side) -> str:
    """Raises ValueError for a name that no request of this side has."""
    __tracebackhide__ = True
    if operation and (operation not in BY_NAME or BY_NAME[operation].asked_by is not asked_by):
        raise ValueError(unknown_method(operation, asked_by))
    return operation
