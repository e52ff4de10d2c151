"""One request's way through the CRM: decoded and judged, let in, decided in one transaction, answered.

What can be said of a request alone is said before the transaction begins; whether its sender may hear it is
looked at inside, together with what the operation does.
"""

import logging
from functools import partial

import orjson
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as HttpMethodNotAllowed

from callproof.contract import decoding
from callproof.contract.beyond import is_beyond
from callproof.contract.decoding import Decoded
from callproof.contract.errors import (
    AccountNotFound,
    ApiError,
    DoubledSlash,
    InvalidEntity,
    MethodNotAllowed,
    MethodNotFound,
    NotSimulated,
    ServerFault,
    StrangersPage,
)
from callproof.contract.findings import Finding, Kind
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import Operation
from callproof.contract.routes import OF_CRM
from callproof.crm.access import NOBODY, demand_scope, given_key, grant_of
from callproof.crm.asked import Asked, Reply
from callproof.crm.crm import Crm
from callproof.crm.judging import Judgement, judge, spared
from callproof.crm.operations import HANDLERS, SHORT
from callproof.crm.rules.model import Directory, Grant
from callproof.crm.settings import Knobs
from callproof.crm.store.sessions import CrmSession
from callproof.exchange.counting import OPERATION
from callproof.exchange.elsewhere import for_a_stranger
from callproof.exchange.exchange import Answer, Body, Headers
from callproof.exchange.incoming import Incoming
from callproof.exchange.reach import is_known_as, names_of
from callproof.storage.watching import StorageTrouble

log = logging.getLogger("callproof.crm")

KEYLESS = "/api/system-info"
_JSON: Headers = (("Content-Type", "application/json"),)


class _BudgetFirst(Exception):
    """The key has a budget, which others count as well: in a transaction of its own."""

    def __init__(self, knobs: Knobs, grant: Grant) -> None:
        super().__init__()
        self.limits = knobs.limits
        self.key = grant.key


class CrmApi:
    """``respond`` and ``refuse`` are the CRM's part of ``exchange.answering``."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm
        self._names = names_of(crm.settings.base_url, crm.settings.allowed_hosts)

    def respond(self, incoming: Incoming, findings: list[Finding]) -> Answer:
        """The answer, after the commit of whatever it says."""
        try:
            reply = self._decide(incoming, findings)
        except ApiError as error:
            answer = _refusal(error, findings)
            # What was judged holds the refusal, which holds all that led to it: the body with it would wait
            # for the collector.
            error.__traceback__ = error.__context__ = error.__cause__ = None
            return answer
        except StorageTrouble:
            return _refused(ServerFault())
        except Exception:
            log.exception("A request failed")
            return _refused(ServerFault())
        if reply.status_changed is not None:
            self._crm.outgoing.notify_status(reply.status_changed)
        if not reply.body and reply.status == 200:
            return _TAKEN
        return _answer(reply.status, {"success": reply.status < 400, **reply.body})

    def refuse(self, error: HTTPException) -> Answer:
        """What the server itself refuses, in the shape of the API."""
        if error.code == 404:
            return _refused(MethodNotFound())
        if isinstance(error, HttpMethodNotAllowed):
            return _refused(MethodNotAllowed(sorted(error.valid_methods or ())))
        return _answer(error.code or 500, {"success": False, "errorMsg": error.name})

    def _decide(self, incoming: Incoming, findings: list[Finding]) -> Reply:
        """Raises ApiError when the CRM refuses."""
        path, verb = incoming.path, "GET" if incoming.method == "HEAD" else incoming.method
        if not path.isascii():
            path = path.encode("latin-1").decode("utf-8", "replace")
        if verb != "GET":
            self._demand_no_stranger(incoming)
        found = OF_CRM.match(verb, path)
        if found is None and not f"{path}/".startswith("/api/"):
            raise _unknown(incoming.method, path)
        strict = self._crm.settings.strict
        decoded = decoding.decode(
            incoming.query,
            incoming.content_type,
            incoming.body,
            method=verb,
            coding=incoming.environ.get("HTTP_CONTENT_ENCODING", ""),
            strict=strict,
            bounds=self._crm.bounds,
        )
        operation, parts = found or (None, {})
        if operation:
            incoming.environ[OPERATION] = operation.name
        judgement = judge(operation, decoded, strict=strict) if operation else None
        admitted, paid = NOBODY, False

        def job(session: CrmSession) -> Reply:
            nonlocal admitted, paid
            findings[:] = decoded.findings  # it may be played again
            grant, knobs = self._admit(incoming, decoded, session.directory())
            admitted = grant
            if knobs.limits.counts and grant is not NOBODY and not paid:
                if self._crm.store.spends_apart:
                    raise _BudgetFirst(knobs, grant)
                self._crm.demand_budget(knobs.limits, grant.key, incoming.address, path)
                paid = True
            if operation is None or judgement is None:
                raise _unknown(incoming.method, path)
            demand_scope(grant, operation.scope)
            asked = self._asked(operation, parts, decoded, judgement, grant, knobs, findings)
            return HANDLERS[operation.name](session, asked)

        short = operation is None or operation.name in SHORT
        transact = partial(self._crm.store.transact, short=short, writes=verb == "POST")
        try:
            return transact(job)
        except _BudgetFirst as first:
            self._crm.demand_budget(first.limits, first.key, incoming.address, path)
            paid = True
            return transact(job)
        finally:
            if admitted is not NOBODY and not incoming.by_bench:
                hurry = self._crm.pace.count(admitted.key, path, self._crm.clock.now())
                findings += [hurry] if hurry else []

    def _demand_no_stranger(self, incoming: Incoming) -> None:
        """Raises StrangersPage. Browsers let no page of another site send the header of the key."""
        if for_a_stranger(incoming.environ, self._names) and not (
            incoming.key and is_known_as(incoming.header("Host"), self._names)
        ):
            raise StrangersPage

    def _admit(self, incoming: Incoming, decoded: Decoded, directory: Directory) -> tuple[Grant, Knobs]:
        """Look at the account and the key, before the path (evidence#key-first).

        Raises AccountNotFound, MissingApiKey or WrongApiKey.
        """
        knobs = self._crm.knobs_of(directory)
        if knobs.readings.account == "unknown":
            raise AccountNotFound
        if incoming.path.rstrip("/") == KEYLESS:
            return NOBODY, knobs
        return grant_of(given_key(incoming.key, decoded), directory.grants), knobs

    def _asked(
        self,
        operation: Operation,
        parts: dict[str, str],
        decoded: Decoded,
        judgement: Judgement,
        grant: Grant,
        knobs: Knobs,
        findings: list[Finding],
    ) -> Asked:
        """Raises what the judgement of the request refuses."""
        findings += judgement.findings
        if judgement.refusal is not None:
            raise judgement.refusal
        if judgement.broken and not spared(operation, judgement, knobs.readings):
            raise InvalidEntity(judgement.broken)
        return Asked(
            operation=operation,
            settings=self._crm.settings,
            grant=grant,
            now=self._crm.clock.now(),
            path=parts,
            query=judgement.query,
            entity=judgement.entity,
            client_id=decoded.scalar("clientId") or "",
            readings=knobs.readings,
            broken=judgement.broken,
            findings=findings,
        )


def _unknown(verb: str, path: str) -> ApiError:
    if "//" in path:
        return DoubledSlash()  # (evidence#double-slash)
    if verbs := OF_CRM.verbs(path):
        return MethodNotAllowed(verbs)
    return NotSimulated(verb, path) if is_beyond(path) else MethodNotFound()


def _refusal(error: ApiError, findings: list[Finding]) -> Answer:
    """The refusal, which never goes without a finding that says why."""
    if not any(finding.kind is Kind.VIOLATION for finding in findings):
        why = decoding.explain(error) or f"refused: {error}"
        kind = Kind.VIOLATION if error.blames else Kind.NOTICE
        findings.append(Finding(kind, "request", "", why, error.remedy, error.requirement))
    return _refused(error)


def _refused(error: ApiError) -> Answer:
    allowed = (("Allow", ", ".join(error.verbs)),) if isinstance(error, MethodNotAllowed) else ()
    return _answer(error.status, error.as_json(), allowed)


def _answer(status: int, body: JsonObject, headers: Headers = ()) -> Answer:
    return Answer(status, _JSON + headers, Body(orjson.dumps(body)))


_TAKEN = _answer(200, {"success": True})
