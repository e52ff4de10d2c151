"""From a decoded request to a judged one: canonical types, or the CRM's refusal with every violation."""

from collections.abc import Iterable
from dataclasses import field

from callproof.contract import decoding, payloads
from callproof.contract.coerce import taking_empty
from callproof.contract.decoding import Decoded
from callproof.contract.errors import INVALID, ApiError, InvalidParameters, ParameterMissing
from callproof.contract.findings import Finding, Kind
from callproof.contract.jsontypes import Json, JsonObject, bracketed
from callproof.contract.operations import Operation
from callproof.contract.values import immutable
from callproof.crm.settings import Readings

# Parameters that may stand beside those of any method (evidence#key-places, evidence#site-parameter,
# evidence#wire-beside).
COMMON = ("apiKey", "site", "clientId")


@immutable(frozen=True, slots=True)
class Judgement:
    """What a request says, in canonical types, and what is to be said of it to whoever may hear it.

    ``broken`` is what is wrong with its entity by the CRM's field names, ``refusal`` why it is refused
    whatever the CRM keeps.
    """

    query: JsonObject = field(default_factory=dict)
    entity: Json = None
    broken: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    refusal: ApiError | None = None


def judge(operation: Operation, decoded: Decoded, *, strict: bool) -> Judgement:
    """Judge the parameters by the schemas of their method; nothing is raised, so that a stranger, who is
    turned away first, learns nothing."""
    findings: list[Finding] = []
    query: JsonObject = {}
    try:
        if operation.query_schema:
            given = decoded.plain(operation.entity, empty=taking_empty(operation.query_schema))
            query = _judge_query(operation, given, findings, strict=strict)
        else:
            findings += (_unknown(name) for name in decoded.plain(operation.entity, *COMMON))
        if operation.entity:
            entity, broken = _judge_entity(operation, decoded, findings, strict=strict)
            return Judgement(query, entity, broken, findings)
    except ApiError as refusal:
        return Judgement(query, findings=findings, refusal=refusal)
    return Judgement(query, findings=findings)


def spared(operation: Operation, judgement: Judgement, readings: Readings) -> bool:
    """Whether the good calls of a batch are taken although others are broken
    (evidence#reading-broken-call)."""
    whole = isinstance(judgement.entity, list) and operation.entity not in judgement.broken
    return readings.broken_call == "take-the-rest" and operation.name == "calls-upload" and whole


def _judge_query(
    operation: Operation, parameters: JsonObject, findings: list[Finding], *, strict: bool
) -> JsonObject:
    query = payloads.read(operation.query_schema, parameters, "query", plain=True)
    if query.findings or query.violations:
        findings += [*query.findings, *(violation.as_finding("query") for violation in query.violations)]
        for violation in query.violations:
            if violation.message.endswith(" is missing"):
                raise ParameterMissing(bracketed("", violation.pointer))
        errors = _forgiven(query.findings, "") if strict else {}
        errors |= {bracketed("", v.pointer): v.error for v in query.violations}
        if errors:
            raise InvalidParameters(errors)
    assert isinstance(query.value, dict)
    if operation.method == "POST":
        decoding.demand_text(query.value)  # it will be kept
    return query.value


def _judge_entity(
    operation: Operation, decoded: Decoded, findings: list[Finding], *, strict: bool
) -> tuple[Json, dict[str, str]]:
    """The structure with canonical types, and what is wrong by the CRM's field names."""
    raw, remarks = decoding.structure(decoded, operation.entity, strict=strict)
    entity = payloads.read(operation.entity_schema, raw, operation.entity)
    if not (remarks or entity.findings or entity.violations):
        return entity.value, {}
    findings += remarks
    findings += entity.findings
    findings += (violation.as_finding(operation.entity) for violation in entity.violations)
    root = operation.entity if isinstance(entity.value, list) else ""
    errors = _forgiven(entity.findings, root) if strict else {}
    errors |= {bracketed(root, v.pointer) or operation.entity: v.error for v in entity.violations}
    return entity.value, errors


def _unknown(name: str) -> Finding:
    message = f"the method knows no {name}"
    return Finding(Kind.IGNORED, "request", f"/{name}", message, "Remove it.", "PBX-API-04")


def _forgiven(findings: Iterable[Finding], root: str) -> dict[str, str]:
    """What only a strict CRM refuses: everything that was read as something else than it is."""
    return {bracketed(root, f.pointer): INVALID for f in findings if f.kind is Kind.FORGIVEN}
