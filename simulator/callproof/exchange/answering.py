"""The one way in: a request is read, heard as faults have it, answered, and written into the journal."""

import socket
import struct
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from http import HTTPStatus
from operator import itemgetter
from typing import TYPE_CHECKING, cast

from werkzeug.exceptions import HTTPException

from callproof.clocks.clock import Clock
from callproof.clocks.machine import monotonic
from callproof.contract.findings import Finding, bounded
from callproof.exchange.counting import OPERATION, UNKNOWN, Counts
from callproof.exchange.exchange import Answer, Body, Exchange, Headers, Request
from callproof.exchange.faults import Faults
from callproof.exchange.incoming import ADDRESS, Incoming, headers_of, heading, receive, url_of
from callproof.exchange.journal import Journal
from callproof.exchange.names import FINDINGS_HEADER
from callproof.exchange.spoiling import Spoiling, Spoilt
from callproof.exchange.telling import Telling
from callproof.exchange.turns import LARGE, TURNS
from callproof.limits import USUAL, Bounds

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# What an entry takes beside the two bodies, about, in bytes.
_ENTRY = 2048
# Clients that send other headers each time are not remembered beyond so many.
_SHAPES = 1000
_STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}

# What an end makes of a request; it adds to the findings.
Respond = Callable[[Incoming, list[Finding]], Answer]
# What it says when the request could not be read.
Refuse = Callable[[HTTPException], Answer]
Names = tuple[str, ...]
Pick = Callable[["WSGIEnvironment"], tuple[str, ...]]


class Answering:
    """A WSGI app: every request that it gets is in the journal before its answer leaves.

    ``most`` bounds the bytes of a body, ``bounds`` the rest. The number of findings goes out as a header.
    """

    def __init__(
        self,
        respond: Respond,
        refuse: Refuse,
        journal: Journal,
        clock: Clock,
        faults: Faults,
        spoiling: Spoiling,
        *,
        most: int,
        bounds: Bounds = USUAL,
        telling: Telling,
        counts: Counts,
    ) -> None:
        self._respond = respond
        self._refuse = refuse
        self._journal = journal
        self._clock = clock
        self._faults = faults
        self._spoiling = spoiling
        self._most = most
        self._bounds = bounds
        self.seconds = bounds.request_seconds
        self._telling = telling
        self._counts = counts
        self._shapes: dict[Names, tuple[Names, Pick]] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        began = monotonic()
        findings: list[Finding] = []
        try:
            sent = receive(environ, self._most, self.seconds)
        except HTTPException as error:
            sent, lost = heading(environ), ""
            answer = self._refuse(error)
        else:
            if self._faults:
                return self._faulty(sent, findings, start_response, began)
            respond = self._respond if len(sent.body) < LARGE else self._respond_in_turns
            answer, lost = respond(sent, findings), ""
        return self._answer(sent, answer, lost, findings, start_response, began)

    def _respond_in_turns(self, sent: Incoming, findings: list[Finding]) -> Answer:
        with TURNS.short():
            return self._respond(sent, findings)

    def _faulty(
        self, sent: Incoming, findings: list[Finding], start_response: "StartResponse", began: float
    ) -> Iterable[bytes]:
        resets = self._faults.resets
        heard, lost = self._spoiling.hear(sent)
        spoilt = Spoilt(Answer(500), lost)
        if not lost:
            answer = self._respond(heard, findings)
            with self._journal.coming():
                spoilt = self._spoiling.spoil(heard, answer)
        sent.environ[OPERATION] = self._spoiling.name(sent) or UNKNOWN
        return self._answer(
            sent,
            spoilt.answer,
            spoilt.lost,
            findings,
            start_response,
            began,
            unheard=spoilt.unheard,
            journalled=resets == self._faults.resets,
        )

    def _answer(
        self,
        sent: Incoming,
        answer: Answer,
        lost: str,
        findings: list[Finding],
        start_response: "StartResponse",
        began: float,
        *,
        unheard: str = "",
        journalled: bool = True,
    ) -> Iterable[bytes]:
        headers = _headers(answer.headers, answer.body.size, len(findings))
        error = lost or unheard
        if journalled and self._journal.wants():
            self._write(sent, answer, headers, error, tuple(bounded(findings, self._bounds.findings)))
        operation = sent.environ.get(OPERATION, UNKNOWN)
        self._counts.request(operation, None if error else answer.status, monotonic() - began, findings)
        if lost:
            return _broken_off(sent.environ, start_response)
        start_response(_STATUS.get(answer.status) or f"{answer.status} UNKNOWN", list(headers))
        if sent.method == "HEAD":
            return ()
        return [answer.body.content] if answer.body.chunks is None else answer.body.chunks

    def _write(
        self, sent: Incoming, answer: Answer, headers: Headers, lost: str, findings: tuple[Finding, ...]
    ) -> None:
        """Of the request only some texts are kept; the entry is built when somebody reads it."""
        environ = sent.environ
        names, pick = self._shapes.get(shape := tuple(environ)) or self._learn(shape)
        body = answer.body if answer.body.chunks is None else Body(b"", answer.body.size)
        picked = pick(environ)
        size = _ENTRY + len(sent.body) + len(body.content) + sum(map(len, picked))
        entry = partial(
            _exchange,
            names,
            picked,
            sent.method,
            sent.body,
            None if lost else Answer(answer.status, headers, body),
            lost,
            findings,
            sent.by_bench,
            self._clock.now(),
        )
        if findings or self._telling.wanted():
            size += sum(finding.size for finding in findings)
            self._telling.came_in(sent.method, sent.path, sent.body, answer, lost, findings)
        self._journal.draft(size, entry)

    def _learn(self, shape: Names) -> tuple[Names, Pick]:
        """How to pick out of an environment of this shape what the journal keeps: clients send the same
        headers again and again."""
        names = tuple(n for n in shape if n.startswith(("HTTP_", "CONTENT_")) or n in ADDRESS)
        if len(self._shapes) >= _SHAPES:
            self._shapes.clear()
        # There are always several, so it always gives a tuple.
        return self._shapes.setdefault(shape, (names, cast(Pick, itemgetter(*names))))


@lru_cache(maxsize=1024)
def _headers(given: Headers, length: int, findings: int) -> Headers:
    """Shared by the entries of the journal."""
    known = {name.lower() for name, _ in given}
    size = () if "content-length" in known else (("Content-Length", str(length)),)
    return (*given, *size, (FINDINGS_HEADER, str(findings)))


def _exchange(
    names: Names,
    values: tuple[str, ...],
    method: str,
    body: bytes,
    answer: Answer | None,
    lost: str,
    findings: tuple[Finding, ...],
    by_bench: bool,
    now: float,
) -> Exchange:
    environ = dict(zip(names, values, strict=True))
    return Exchange(
        at=now,
        direction="in",
        request=Request(method, url_of(environ), headers_of(environ), Body(body)),
        answer=answer,
        error=lost,
        findings=findings,
        by_bench=by_bench,
    )


def _broken_off(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Break the connection off, so that the peer gets no answer; raises where the server allows a reset."""
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is None:
        # granian closes a connection on which less is sent than was promised.
        start_response("200 OK", [("Content-Length", "1")])
        return iter(())
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # Closing it is left to the server, which holds more handles of it.
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("a fault broke the connection off")
