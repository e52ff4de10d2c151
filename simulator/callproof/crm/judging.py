"""From a decoded request to a judged one: canonical types, or the CRM's refusal with every violation."""

from collections.abc import Mapping

from callproof.contract import decoding, payloads
from callproof.contract.errors import INVALID, InvalidEntity, InvalidParameters, ParameterMissing
from callproof.contract.findings import Finding, Kind
from callproof.contract.jsontypes import Json, JsonObject, bracketed
from callproof.contract.operations import Operation
from callproof.crm.crm import Crm
from callproof.crm.exchange import Admitted, Asked
from callproof.crm.settings import Readings

# Parameters that may stand beside those of any method (contract.md, sections 1.2, 1.3 and 10).
COMMON = ("apiKey", "site", "clientId")


def judge(crm: Crm, operation: Operation, admitted: Admitted, path: dict[str, str]) -> Asked:
    """Raises ParameterMissing, InvalidParameters, InvalidEntity or what ``decoding.structure`` raises."""
    decoded, findings = admitted.decoded, admitted.findings
    parameters = decoded.query | decoded.fields if decoded.query else decoded.fields
    query: JsonObject = {}
    if operation.query_schema:
        left_out = {"apiKey", operation.entity}
        allowed = {name: value for name, value in parameters.items() if name not in left_out}
        query = _judge_query(operation, allowed, findings, strict=crm.settings.strict)
    else:
        for name in parameters:
            if name != operation.entity and name not in COMMON:
                findings.append(_unknown(name))
    entity: Json = None
    broken: dict[str, str] = {}
    if operation.entity:
        entity, broken = _judge_entity(operation, admitted, strict=crm.settings.strict)
        if broken and not _spared(operation, entity, broken, admitted.knobs.readings):
            raise InvalidEntity(broken)
    return Asked(
        operation=operation,
        settings=crm.settings,
        grant=admitted.grant,
        now=crm.clock.now(),
        path=path,
        query=query,
        entity=entity,
        client_id=decoded.scalar("clientId") or "",
        readings=admitted.knobs.readings,
        broken=broken,
        findings=findings,
    )


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


def _judge_entity(operation: Operation, admitted: Admitted, *, strict: bool) -> tuple[Json, dict[str, str]]:
    """The structure with canonical types, and what is wrong by the CRM's field names."""
    raw, findings = decoding.structure(admitted.decoded, operation.entity, strict=strict)
    entity = payloads.read(operation.entity_schema, raw, operation.entity)
    if not (findings or entity.findings or entity.violations):
        return entity.value, {}
    admitted.findings.extend(findings)
    admitted.findings.extend(entity.findings)
    admitted.findings.extend(violation.as_finding(operation.entity) for violation in entity.violations)
    root = operation.entity if isinstance(entity.value, list) else ""
    errors = _forgiven(entity.findings, root) if strict else {}
    errors |= {bracketed(root, v.pointer) or operation.entity: v.error for v in entity.violations}
    return entity.value, errors


def _unknown(name: str) -> Finding:
    message = f"the method knows no {name}"
    return Finding(Kind.IGNORED, "request", f"/{name}", message, "Remove it.", "PBX-API-04")


def _spared(operation: Operation, entity: Json, broken: Mapping[str, str], readings: Readings) -> bool:
    """Whether the good calls of a batch are taken although others are broken (section 9.8)."""
    whole = isinstance(entity, list) and operation.entity not in broken
    return readings.broken_call == "take-the-rest" and operation.name == "calls-upload" and whole


def _forgiven(findings: list[Finding], root: str) -> dict[str, str]:
    """What only a strict CRM refuses: everything that was read as something else than it is."""
    return {bracketed(root, f.pointer): INVALID for f in findings if f.kind is Kind.FORGIVEN}
