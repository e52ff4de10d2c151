"""What the door leaves for the journal: few texts of a request, from which its entry is built when read."""

import logging
from collections.abc import Callable
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, cast

from callproof.contract.findings import Finding
from callproof.crm.answering import Answer, Incoming
from callproof.crm.crm import Crm
from callproof.exchange.answering import BENCH_HEADER, environ_headers, log, tell
from callproof.exchange.hearing import url_of
from callproof.exchange.journal import (
    Body,
    Exchange,
    Headers,
    SentAnswer,
    SentRequest,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_BENCH = f"HTTP_{BENCH_HEADER.upper().replace('-', '_')}"
# What the address is made of.
_ADDRESS = ("PATH_INFO", "QUERY_STRING", "RAW_URI", "SERVER_NAME", "SERVER_PORT", "wsgi.url_scheme")
# What an entry takes beside the two bodies, about, in bytes.
_ENTRY = 2048
# Clients that send other headers each time are not remembered beyond so many.
_SHAPES = 1000

Names = tuple[str, ...]
Pick = Callable[["WSGIEnvironment"], tuple[str, ...]]


class Drafts:
    """Clients send the same headers again and again; how to pick them out is remembered."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm
        self._shapes: dict[Names, tuple[Names, Pick]] = {}

    def leave(
        self,
        environ: "WSGIEnvironment",
        incoming: Incoming,
        answer: Answer,
        headers: Headers,
        findings: list[Finding],
    ) -> None:
        """Leave the entry of an answered request; of ``environ`` only some texts are kept."""
        journal = self._crm.journal
        if not journal.wants():
            return
        now = self._crm.clock.now()
        names, pick = self._shapes.get(shape := tuple(environ)) or self._learn(shape)
        entry = partial(_exchange, names, pick(environ), incoming, answer, headers, tuple(findings), now)
        if findings or log.isEnabledFor(logging.INFO):
            tell(entry(), incoming.method, incoming.path)
        journal.draft(_ENTRY + len(incoming.body) + len(answer.body), entry)

    def _learn(self, shape: Names) -> tuple[Names, Pick]:
        names = tuple(n for n in shape if n.startswith(("HTTP_", "CONTENT_")) or n in _ADDRESS)
        if len(self._shapes) >= _SHAPES:
            self._shapes.clear()
        # There are always several, so it always gives a tuple.
        return self._shapes.setdefault(shape, (names, cast(Pick, itemgetter(*names))))


def _exchange(
    names: Names,
    values: tuple[str, ...],
    incoming: Incoming,
    answer: Answer,
    headers: Headers,
    findings: tuple[Finding, ...],
    now: float,
) -> Exchange:
    environ = dict(zip(names, values, strict=True))
    return Exchange(
        at=now,
        direction="in",
        request=SentRequest(
            incoming.method, url_of(environ), environ_headers(environ), Body.of(incoming.body)
        ),
        answer=SentAnswer(answer.status, headers, Body.of(answer.body)),
        findings=findings,
        by_bench=_BENCH in environ,
    )
