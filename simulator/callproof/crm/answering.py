"""One request's way through the CRM, as plain functions: let in, judge, decide, answer.

Flask's routes and the door for hot requests both come this way, so that they cannot differ.
"""

import orjson

from callproof.contract import decoding
from callproof.contract.errors import AccountNotFound, ApiError, ServerFault
from callproof.contract.findings import Finding, Kind
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import Operation
from callproof.contract.values import immutable
from callproof.crm.access import NOBODY, demand_scope, given_key, grant_of
from callproof.crm.crm import Crm
from callproof.crm.exchange import Admitted, Reply
from callproof.crm.judging import judge
from callproof.crm.operations import HANDLERS
from callproof.crm.rules.model import Directory
from callproof.crm.store.session import CrmSession

KEYLESS = "/api/system-info"


@immutable(frozen=True, slots=True)
class Incoming:
    """A request as it came: ``path`` without the query, ``key`` from the header or ``""``."""

    method: str
    path: str
    query: str
    content_type: str
    body: bytes
    key: str
    address: str

    def decode(self, *, strict: bool) -> decoding.Decoded:
        return decoding.decode(self.query, self.content_type, self.body, strict=strict)


@immutable(frozen=True, slots=True)
class Answer:
    """``body`` is JSON text."""

    status: int
    body: bytes


def admit(
    crm: Crm, incoming: Incoming, decoded: decoding.Decoded, directory: Directory, findings: list[Finding]
) -> Admitted:
    """Look at the account and the key, before the path (contract.md, section 10).

    Raises AccountNotFound, MissingApiKey or WrongApiKey.
    """
    knobs = crm.knobs_of(directory)
    if knobs.readings.account == "unknown":
        raise AccountNotFound
    grant = NOBODY
    if incoming.path.rstrip("/") != KEYLESS:
        grant = grant_of(given_key(incoming.key, decoded), directory.grants)
    return Admitted(decoded, grant, knobs, findings)


def perform(
    crm: Crm, session: CrmSession, operation: Operation, admitted: Admitted, path: dict[str, str]
) -> Reply:
    """Judge and decide. Raises ApiError when the CRM refuses."""
    demand_scope(admitted.grant, operation.scope)
    return HANDLERS[operation.name](session, judge(crm, operation, admitted, path))


def success(reply: Reply) -> Answer:
    """Said only after the commit."""
    if not reply.body and reply.status == 200:
        return _TAKEN
    return _answer(reply.status, {"success": reply.status < 400, **reply.body})


def refusal(error: ApiError, findings: list[Finding]) -> Answer:
    """The refusal, which never goes without a finding that says why."""
    if not any(finding.kind is Kind.VIOLATION for finding in findings):
        why = decoding.explain(error) or f"refused: {error}"
        findings.append(Finding(Kind.VIOLATION, "request", "", why, error.remedy, error.requirement))
    return _answer(error.status, error.as_json())


def failure() -> Answer:
    """A fault of this CRM, which it tells nothing about."""
    return _answer(ServerFault.status, ServerFault().as_json())


def _answer(status: int, body: JsonObject) -> Answer:
    return Answer(status, orjson.dumps(body))


_TAKEN = _answer(200, {"success": True})
