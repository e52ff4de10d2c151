"""A payload read as the CRM reads it: canonical types, what was forgiven, and what is broken."""

from dataclasses import field, replace
from typing import cast

from callproof.contract import coerce, schemas
from callproof.contract.findings import Finding
from callproof.contract.jsontypes import Json
from callproof.contract.schemas import Violation
from callproof.contract.values import immutable


@immutable(frozen=True, slots=True)
class Payload:
    """``value`` has canonical types where it could be read at all; it is good without ``violations``."""

    value: Json
    findings: list[Finding] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)


def read(schema_id: str, value: Json, where: str, *, plain: bool = False) -> Payload:
    """Read what stands in the parameter ``where``; ``plain`` is for text parameters, see ``coerce``."""
    if schemas.is_canonical(schema_id, value):
        return Payload(value)
    most = schemas.most_items(schema_id)
    if most and isinstance(value, list) and len(value) > 2 * most:
        return _beginning(schema_id, value, most, where)
    value, findings = coerce.coerce(schema_id, value, where, plain=plain)
    return Payload(value, findings, schemas.validate(schema_id, value))


def _beginning(schema_id: str, value: list[Json], most: int, where: str) -> Payload:
    """Of a list that is far too long only the beginning is looked at: it is refused in any case."""
    short = read(schema_id, value[: most + 1], where)
    said = f"{len(value)} elements where at most {most} may stand"
    violations = [replace(one, message=said) if not one.pointer else one for one in short.violations]
    return Payload([*cast(list[Json], short.value), *value[most + 1 :]], short.findings, violations)
