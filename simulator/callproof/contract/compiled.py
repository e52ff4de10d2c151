"""The schemas compiled by jsonschema-rs: a verdict without reasons, some hundred times as fast.

``jsonschema`` is the reference, and whatever is refused here is judged again there for its words.
"""

from collections.abc import Callable, Mapping
from typing import cast

import jsonschema_rs

from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.values import OnceForEach

Verdict = Callable[[Json], bool]

_BASE = "json-schema://callproof"
# Keywords that the canonical form carries over or rewrites; a schema with others has none.
_CARRIED = frozenset(
    ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "required", "enum", "pattern")
)
_ANNOTATIONS = frozenset(("$schema", "$id", "title", "description", "format", "default", "examples"))

_DAYS = (
    "(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])",
    "(0[13-9]|1[0-2])-(29|30)",
    "(0[13578]|1[02])-31",
)
# What every reading takes. Rarer forms, 29 February among them, are left to the reference.
_PLAIN = {
    "crm-datetime": f"^[1-9][0-9]{{3}}-({'|'.join(_DAYS)}) ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$",
    "http-url": r"^https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:([1-9][0-9]{0,3}|[1-5][0-9]{4}))?([/?#][!-~]*)?$",
    "dialled": "^([0-9]|[^ ].*[0-9])",
    "caller": "^([0-9]|[^ ].*[0-9])",
}


def registry(schemas: Mapping[str, JsonObject]) -> jsonschema_rs.Registry:
    """Schemas that refer to each other by their ids."""
    return jsonschema_rs.Registry([(f"{_BASE}/{name}", schema) for name, schema in schemas.items()])


def validator(
    schema_id: str,
    schema: JsonObject,
    known: jsonschema_rs.Registry,
    formats: Mapping[str, Callable[[object], bool]],
) -> Verdict:
    """Whether a value keeps the schema of this id, which may refer to all that are ``known``."""
    compiled = jsonschema_rs.Draft202012Validator(
        schema,
        formats=dict(formats),
        validate_formats=True,
        registry=known,
        base_uri=f"{_BASE}/{schema_id}",
    )
    return _safe(compiled.is_valid)


@OnceForEach
def keeping(schema: JsonObject) -> Verdict:
    """Whether a value keeps a schema that refers to nothing outside of it. False may also mean that a value
    is no JSON, such as a date."""
    return _safe(jsonschema_rs.Draft202012Validator(schema).is_valid)


def canonical(schema: JsonObject) -> Verdict:
    """Whether a payload keeps the schema and has nothing that would have to be read as something else.

    Of several types only the first is taken, no other member, and no 1.0 for 1. It never says yes
    for a schema with keywords that are not known here.
    """
    strict = _strict(schema)
    if strict is None:
        return _never
    # Draft 4 is the one in which 1.0 is no integer.
    return _safe(jsonschema_rs.Draft4Validator(strict).is_valid)


def _never(_: Json) -> bool:
    return False


def _safe(verdict: Verdict) -> Verdict:
    def judge(value: Json) -> bool:
        try:
            return verdict(value)
        except (ValueError, RecursionError):
            # Half a surrogate pair, an endless number, a depth that it does not take.
            return False

    return judge


def _strict(schema: Mapping[str, Json]) -> JsonObject | None:
    known = _CARRIED | _ANNOTATIONS | {"type", "properties", "items", "additionalProperties"}
    if any(name not in known and not name.startswith("x-") for name in schema):
        return None
    found: JsonObject = {name: value for name, value in schema.items() if name in _CARRIED}
    declared = schema.get("type")
    if declared is None and "enum" in schema:
        declared = "string"
    if declared is None:
        return None
    found["type"] = declared[0] if isinstance(declared, list) else declared
    if "format" in schema:
        pattern = _PLAIN.get(str(schema["format"]))
        if pattern is None:
            return None
        found["pattern"] = pattern
    if "properties" in schema:
        members = {
            name: _strict(cast(JsonObject, member))
            for name, member in cast(JsonObject, schema["properties"]).items()
        }
        if None in members.values():
            return None
        found["properties"] = cast(Json, members)
    if found["type"] == "object" and schema.get("additionalProperties") is not False:
        return None
    if "additionalProperties" in schema:
        found["additionalProperties"] = False
    if "items" in schema:
        items = _strict(cast(JsonObject, schema["items"]))
        if items is None:
            return None
        found["items"] = items
    return found
