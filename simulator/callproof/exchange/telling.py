"""What an end logs of its exchanges: each where that was asked for, and what was found about them."""

import logging
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from callproof.clocks.machine import monotonic
from callproof.contract.findings import Finding
from callproof.contract.operations import Side
from callproof.contract.printing import printable
from callproof.exchange.called import calls_in
from callproof.exchange.exchange import Answer, Exchange

# A finding of one kind is told so often, in seconds, and how often it came meanwhile with the next one.
SILENCE = 60.0
# Senders that invent paths and fields are not remembered beyond so many kinds.
_KINDS = 1000
_DIGITS = re.compile(r"\d+")

_Key = tuple[str, str, str, str, str]


class Telling:
    """The log of one end's exchanges. Each line has the ids of the calls that its exchange is about, as
    ``calls`` of its record. Safe for threads: the worst is to count one too few."""

    def __init__(self, end: Side) -> None:
        self._log = logging.getLogger(f"callproof.{end}.exchange")
        # When a kind was told, and how often it was not since.
        self._told: dict[_Key, tuple[float, int]] = {}

    def wanted(self) -> bool:
        """Whether every exchange is logged."""
        return self._log.isEnabledFor(logging.INFO)

    def came_in(
        self,
        method: str,
        path: str,
        body: bytes,
        answer: Answer,
        lost: str,
        found: Iterable[Finding],
    ) -> None:
        """A request to this end, with what came of it: ``lost`` says why it got no answer."""
        wanted = self.wanted()
        remarks = list(found) if wanted else list(self._new(path, found))
        if not wanted and not remarks:
            return
        calls = {"calls": calls_in(path, body, answer.body.content)}
        said = lost or answer.status
        self._log.info("%s -> %s", printable(f"{method} {path}"), said, extra=calls)
        for remark in remarks:
            self._log.warning("%s: %s", printable(path), remark, extra=calls)

    def went_out(self, exchange: Exchange) -> None:
        """A request of this end."""
        if not self.wanted():
            return
        asked, answer = exchange.request, exchange.answer
        parts = urlsplit(asked.url)
        calls = {"calls": calls_in(parts.path, asked.body.content, answer.body.content if answer else b"")}
        where = printable(f"{asked.method} {parts.scheme}://{parts.netloc}{parts.path}")
        self._log.info("asks %s -> %s", where, answer.status if answer else exchange.error, extra=calls)

    def _new(self, path: str, found: Iterable[Finding]) -> "Iterable[Finding | str]":
        """What was not told a short while ago."""
        for finding in found:
            key = (
                _DIGITS.sub("0", path[:200]),
                finding.kind,
                finding.where,
                _DIGITS.sub("0", finding.pointer[:200]),
                finding.requirement,
            )
            now = monotonic()
            at, more = self._told.get(key, (0.0, 0))
            if key in self._told and now - at < SILENCE:
                self._told[key] = at, more + 1
                continue
            if len(self._told) >= _KINDS:
                self._told.clear()
            self._told[key] = now, 0
            yield f"{finding} ({more} more like it were not logged)" if more else finding
