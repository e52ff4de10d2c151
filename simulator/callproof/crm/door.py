"""A short way in for the requests that come by the thousand: events, uploads and lookups.

It stands before Flask and does what Flask's view does, with the same functions, in one transaction. What
it does not know, or what a tester has made special, goes on to Flask.
"""

import io
import logging
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from callproof.contract import operations
from callproof.contract.errors import ApiError
from callproof.contract.findings import Finding
from callproof.contract.operations import Operation
from callproof.crm import answering
from callproof.crm.access import demand_scope
from callproof.crm.answering import Answer, Incoming
from callproof.crm.crm import Crm
from callproof.crm.drafts import Drafts
from callproof.crm.exchange import Reply
from callproof.crm.judging import judge
from callproof.crm.operations.telephony import HANDLERS
from callproof.crm.store.calls import CallSession
from callproof.exchange.answering import FINDINGS_HEADER
from callproof.exchange.journal import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("callproof.crm")

MAX_BODY = 1024 * 1024
_STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus} | {460: "460 UNKNOWN"}


class _LongWay(Exception):
    """Something is special about this CRM now; Flask knows how."""


class Door:
    """A WSGI app around Flask's."""

    def __init__(self, crm: Crm, app: "WSGIApplication") -> None:
        self._crm = crm
        self._app = app
        self._drafts = Drafts(crm)
        named = (operations.BY_NAME[name] for name in HANDLERS)
        self._hot = {(op.method, path): op for op in named for path in op.paths}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        operation = self._hot.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        length = environ.get("CONTENT_LENGTH") or "0"
        if operation is None or self._crm.faults or not _is_plain(environ, length):
            return self._app(environ, start_response)
        incoming = _incoming(environ, int(length))
        findings: list[Finding] = []
        try:
            if len(incoming.body) < int(length):
                raise _LongWay  # the sender broke off
            answer = self._answer(operation, incoming, findings)
        except _LongWay:
            environ["wsgi.input"] = io.BytesIO(incoming.body)
            return self._app(environ, start_response)
        headers = _headers(len(answer.body), len(findings))
        self._drafts.leave(environ, incoming, answer, headers, findings)
        start_response(_STATUS[answer.status], list(headers))
        return [answer.body]

    def _answer(self, operation: Operation, incoming: Incoming, findings: list[Finding]) -> Answer:
        crm = self._crm
        try:
            decoded = incoming.decode(strict=crm.settings.strict)

            def job(session: CallSession) -> Reply:
                findings[:] = decoded.findings  # it may be played again
                admitted = answering.admit(crm, incoming, decoded, session.directory(), findings)
                if admitted.knobs.limits.counts:
                    raise _LongWay
                demand_scope(admitted.grant, operation.scope)
                return HANDLERS[operation.name](session, judge(crm, operation, admitted, {}))

            return answering.success(crm.store.share(job, writes=operation.method == "POST"))
        except ApiError as error:
            return answering.refusal(error, findings)
        except _LongWay:
            raise
        except Exception:
            log.exception("A request failed")
            return answering.failure()


@lru_cache(maxsize=1024)
def _headers(length: int, findings: int) -> Headers:
    """Shared by the entries of the journal."""
    return (
        ("Content-Type", "application/json"),
        ("Content-Length", str(length)),
        (FINDINGS_HEADER, str(findings)),
    )


def _is_plain(environ: "WSGIEnvironment", length: str) -> bool:
    """Whether the body comes in one known length."""
    return length.isdecimal() and int(length) <= MAX_BODY and "HTTP_TRANSFER_ENCODING" not in environ


def _incoming(environ: "WSGIEnvironment", length: int) -> Incoming:
    given = environ.get
    return Incoming(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        given("QUERY_STRING", ""),
        given("CONTENT_TYPE", ""),
        environ["wsgi.input"].read(length) if length else b"",
        given("HTTP_X_API_KEY", ""),
        given("REMOTE_ADDR", ""),
    )
