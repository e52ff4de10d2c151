"""Payloads, judged without any end and without Flask."""

from callproof.contract import payloads
from callproof.contract.jsontypes import Json
from callproof.contract.operations import BY_NAME
from callproof.contract.payloads import Payload
from callproof.errors import UnknownName


def validate(operation: str, payload: Json) -> Payload:
    """Judge one structure as the CRM reads it, such as what stands in the parameter ``event``.

    ``operation`` is a method that carries one, by its name in docs/scenarios.md: ``call-event``,
    ``calls-upload``, ``module-edit`` and so on. The payload is good when ``violations`` is empty; ``value``
    has canonical types then, and ``findings`` say what was forgiven or ignored. Raises UnknownName.
    """
    known = BY_NAME.get(operation)
    if known is None or not known.entity:
        names = ", ".join(name for name, found in BY_NAME.items() if found.entity)
        raise UnknownName(f"No method that carries a structure is named {operation!r}; these are: {names}")
    return payloads.read(known.entity_schema, payload, known.entity)
