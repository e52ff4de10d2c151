"""The one way in: a request is read, heard as faults have it, answered, and written into the journal."""

import socket
import struct
from collections.abc import Callable, Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException

from callproof.clocks.clock import Clock
from callproof.clocks.machine import monotonic
from callproof.contract.findings import Finding, bounded
from callproof.exchange.counting import OPERATION, UNKNOWN, Counts
from callproof.exchange.drafting import Drafting
from callproof.exchange.exchange import Answer, Headers
from callproof.exchange.faults import Faults
from callproof.exchange.incoming import Incoming, heading, receive
from callproof.exchange.journal import Journal
from callproof.exchange.names import FINDINGS_HEADER
from callproof.exchange.spoiling import Spoiling, Spoilt
from callproof.exchange.telling import Telling
from callproof.exchange.turns import LARGE, TURNS
from callproof.limits import USUAL, Bounds

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}

# What an end makes of a request; it adds to the findings.
Respond = Callable[[Incoming, list[Finding]], Answer]
# What it says when the request could not be read.
Refuse = Callable[[HTTPException], Answer]


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
        self._drafting = Drafting()

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
        draft = self._drafting.draft(sent, answer, headers, lost, findings, self._clock.now())
        if findings or self._telling.wanted():
            self._telling.came_in(sent.method, sent.path, sent.body, answer, lost, findings)
        self._journal.draft(draft.size, draft)


@lru_cache(maxsize=1024)
def _headers(given: Headers, length: int, findings: int) -> Headers:
    """Shared by the entries of the journal."""
    known = {name.lower() for name, _ in given}
    size = () if "content-length" in known else (("Content-Length", str(length)),)
    return (*given, *size, (FINDINGS_HEADER, str(findings)))


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
