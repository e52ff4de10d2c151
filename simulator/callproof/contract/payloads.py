"""A payload read as the CRM reads it: canonical types, what was forgiven, and what is broken."""

from dataclasses import field

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
    value, findings = coerce.coerce(schema_id, value, where, plain=plain)
    return Payload(value, findings, schemas.validate(schema_id, value))
