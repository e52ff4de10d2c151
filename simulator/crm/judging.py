"""From a decoded request to a judged one: canonical types, or the CRM's refusal with every violation."""

from collections.abc import Mapping

from simulator.bench.recording import note
from simulator.contract import coerce, schemas, wire
from simulator.contract.errors import INVALID, InvalidEntity, InvalidParameters, ParameterMissing
from simulator.contract.findings import Finding, Kind
from simulator.contract.jsontypes import Json, JsonObject, bracketed
from simulator.contract.operations import Operation
from simulator.contract.schemas import Violation
from simulator.core.model import Grant
from simulator.crm.crm import Crm
from simulator.crm.exchange import Asked
from simulator.crm.settings import Readings

# Parameters that may stand beside those of any method (contract.md, sections 1.2, 1.3 and 10).
COMMON = ("apiKey", "site", "clientId")


def judge(
    crm: Crm, operation: Operation, grant: Grant, decoded: wire.Decoded, path: dict[str, str]
) -> Asked:
    """Raises ParameterMissing, InvalidParameters, InvalidEntity or what ``wire.structure`` raises."""
    parameters = {**decoded.query, **decoded.fields}
    query: Json = {}
    if operation.query_schema:
        left_out = {"apiKey", operation.entity}
        allowed = {name: value for name, value in parameters.items() if name not in left_out}
        query = _judge_query(operation, allowed, strict=crm.settings.strict)
    else:
        for name in parameters.keys() - {*COMMON, operation.entity}:
            unknown = f"the method knows no {name}"
            note(Finding(Kind.IGNORED, "request", f"/{name}", unknown, "Remove it.", "PBX-API-04"))
    entity: Json = None
    broken: dict[str, str] = {}
    if operation.entity:
        entity, broken = _judge_entity(operation, decoded, strict=crm.settings.strict)
        if broken and not _spared(operation, entity, broken, crm.readings):
            raise InvalidEntity(broken)
    assert isinstance(query, dict)
    return Asked(
        operation,
        crm.settings,
        grant,
        crm.clock.now(),
        path,
        query,
        entity,
        decoded.scalar("clientId") or "",
        crm.readings,
        broken,
    )


def _judge_query(operation: Operation, parameters: JsonObject, *, strict: bool) -> Json:
    query, findings = coerce.coerce(operation.query_schema, parameters, "query", plain=True)
    note(*findings)
    violations = schemas.validate(operation.query_schema, query)
    note(*(_finding("query", violation) for violation in violations))
    for violation in violations:
        if violation.message.endswith(" is missing"):
            raise ParameterMissing(bracketed("", violation.pointer))
    errors = _forgiven(findings, "") if strict else {}
    errors |= {bracketed("", v.pointer): v.error for v in violations}
    if errors:
        raise InvalidParameters(errors)
    return query


def _judge_entity(
    operation: Operation, decoded: wire.Decoded, *, strict: bool
) -> tuple[Json, dict[str, str]]:
    """The structure with canonical types, and what is wrong by the CRM's field names."""
    raw, findings = wire.structure(decoded, operation.entity, strict=strict)
    note(*findings)
    entity, findings = coerce.coerce(operation.entity_schema, raw, operation.entity)
    note(*findings)
    violations = schemas.validate(operation.entity_schema, entity)
    note(*(_finding(operation.entity, violation) for violation in violations))
    root = operation.entity if isinstance(entity, list) else ""
    errors = _forgiven(findings, root) if strict else {}
    errors |= {bracketed(root, v.pointer) or operation.entity: v.error for v in violations}
    return entity, errors


def _spared(operation: Operation, entity: Json, broken: Mapping[str, str], readings: Readings) -> bool:
    """Whether the good calls of a batch are taken although others are broken (section 9.8)."""
    whole = isinstance(entity, list) and operation.entity not in broken
    return readings.broken_call == "take-the-rest" and operation.name == "calls-upload" and whole


def _forgiven(findings: list[Finding], root: str) -> dict[str, str]:
    """What only a strict CRM refuses: everything that was read as something else than it is."""
    return {bracketed(root, f.pointer): INVALID for f in findings if f.kind is Kind.FORGIVEN}


def _finding(where: str, violation: Violation) -> Finding:
    return Finding(
        Kind.VIOLATION,
        where,
        violation.pointer,
        violation.message,
        violation.remedy,
        violation.requirement,
    )
