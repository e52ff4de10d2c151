"""The API's own description: an OpenAPI 3.1 document made of the table of operations and the schemas.

A structure stands in its form field as JSON text, which OpenAPI says by the field's ``encoding``.
"""

import re
from collections.abc import Mapping
from typing import cast

from callproof.contract.coerce import refuses_blank
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import OPERATIONS, Operation, Side
from callproof.contract.schemas import load, schema_ids

FORM = "application/x-www-form-urlencoded"


def _some(name: str) -> JsonObject:
    return {"required": [name], "properties": {name: {"minItems": 1}}}


_PATH: dict[str, JsonObject] = {
    "code": {"type": "string", "pattern": r"^[A-Za-z0-9_.-]{1,255}$"},
    "id": {"type": "string", "pattern": "^[0-9]{1,9}$"},
    "uid": {"type": "string", "minLength": 1},
}

# What succeeds with something else than 200, or with either of two.
_SUCCESS = {
    "module-edit": ("201", "200"),
    "setting-edit-v4": ("201", "200"),
    "setting-edit-v3": ("201",),
    "settings-edit-v3": ("201",),
    "customer-create": ("201",),
    "task-create": ("201",),
    "order-create": ("201",),
    "corporate-create": ("201",),
}


# What a strict CRM demands beyond the schemas (evidence#reading-nobody, evidence#reading-base-url,
# evidence#site-parameter, evidence#customer-create).
_STRICT: dict[str, JsonObject] = {
    "payloads/integration-module": {
        "required": ["clientId", "baseUrl"],
        "properties": {"baseUrl": {"minLength": 1}},
    },
    "payloads/call-event": {"anyOf": [_some("codes"), _some("userIds")]},
    "payloads/customer": {"required": ["externalId"]},
}
_NEEDS_SITE = ("customer-create", "task-create", "order-create", "corporate-create")


def document(base_url: str, version: str, *, strict: bool = False) -> JsonObject:
    """The description of the CRM at ``base_url``; ``version`` is that of callproof."""
    paths: dict[str, dict[str, Json]] = {}
    for operation in OPERATIONS:
        for path in operation.paths if operation.asked_by is Side.PBX else ():
            paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, path, strict)
    components: JsonObject = {
        "schemas": {_name(i): _component(i, strict) for i in schema_ids() if "/" in i},
        "securitySchemes": {
            "header": {"type": "apiKey", "in": "header", "name": "X-API-KEY"},
            "query": {"type": "apiKey", "in": "query", "name": "apiKey"},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "RetailCRM/Simla API, as simulated by callproof",
            "description": "For tests only.",
            "version": version,
        },
        "servers": [{"url": base_url}],
        "security": [{"header": []}, {"query": []}],
        "paths": cast(Json, paths),
        "components": components,
    }


def _operation(operation: Operation, path: str, strict: bool) -> JsonObject:
    described: JsonObject = {
        "operationId": re.sub(r"\W+", "-", f"{operation.name}{path}").strip("-"),
        "tags": [_tag(path)],
        "responses": _responses(operation),
    }
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": _PATH.get(name, {"type": "string"})}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    if operation.method == "GET":
        parameters += _query(operation)
    else:
        described["requestBody"] = _body(operation, strict)
    if parameters:
        described["parameters"] = parameters
    if operation.scope is None:
        described["security"] = []
    return described


def _tag(path: str) -> str:
    """The section of the API, ``telephony`` of ``/api/v5/telephony/manager``."""
    return next((part for part in path.split("/")[2:] if not re.fullmatch(r"v\d", part)), "")


def _query(operation: Operation) -> list[Json]:
    if not operation.query_schema:
        return []
    schema = load(operation.query_schema)
    required = cast(list[str], schema.get("required") or [])
    found: list[Json] = []
    for name, member in cast(dict[str, JsonObject], schema["properties"]).items():
        inner = cast(dict[str, JsonObject], member.get("properties") or {})
        for sub, subschema in inner.items():
            is_list = subschema.get("type") == "array"
            found.append(_parameter(f"{name}[{sub}]" + ("[]" if is_list else ""), subschema, False))
        if not inner:
            found.append(_parameter(name, member, name in required))
    return found


def _parameter(name: str, schema: Mapping[str, Json], required: bool) -> JsonObject:
    return {"name": name, "in": "query", "required": required, "schema": _as_text(schema, required)}


def _as_text(schema: Mapping[str, Json], required: bool) -> Json:
    """A plain parameter: booleans are 0 and 1 there, and one that is not required may be empty."""
    if schema.get("type") == "boolean":
        return {"type": "integer", "enum": [0, 1]}
    declared = schema.get("type", "string")
    text = "string" in declared if isinstance(declared, list) else declared == "string"
    if required or not text or not refuses_blank(schema):
        return _published(schema)
    return {"anyOf": [_published(schema), {"const": ""}]}


def _body(operation: Operation, strict: bool) -> JsonObject:
    members: dict[str, Json] = {}
    required: list[Json] = []
    if operation.query_schema:
        schema = load(operation.query_schema)
        required += cast(list[Json], schema.get("required") or [])
        known = cast(dict[str, JsonObject], schema["properties"])
        members |= {name: _as_text(member, name in required) for name, member in known.items()}
    content: JsonObject = {}
    if operation.entity:
        members[operation.entity] = {"$ref": f"#/components/schemas/{_name(operation.entity_schema)}"}
        required.append(operation.entity)
        content["encoding"] = {operation.entity: {"contentType": "application/json"}}
    if strict and operation.name in _NEEDS_SITE:
        required.append("site")
    form: JsonObject = {"type": "object", "properties": members}
    if required:
        form["required"] = required
    content["schema"] = form
    return {"required": bool(required), "content": {FORM: content}}


def _responses(operation: Operation) -> JsonObject:
    success: JsonObject = {"description": "Done.", "content": _json(operation.answer_schema)}
    found: JsonObject = {}
    for status in _SUCCESS.get(operation.name, ("200",)):
        found[status] = success
    refusals = {"400": "The request is wrong; errors says where."}
    if operation.scope is not None:
        refusals["403"] = "The API key is missing, wrong or lacks the right."
    if "{" in operation.path:
        refusals["404"] = "There is no such thing."
    refusals["503"] = "The key has spent its requests of this second."
    for status, description in refusals.items():
        found[status] = {"description": description, "content": _json("answers/error")}
    return found


def _json(schema_id: str) -> JsonObject:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{_name(schema_id)}"}}}


def _component(schema_id: str, strict: bool) -> Json:
    published = dict(cast(JsonObject, _published(load(schema_id))))
    if strict:
        for name, demand in _STRICT.get(schema_id, {}).items():
            if name == "properties":
                members = dict(cast(dict[str, JsonObject], published["properties"]))
                for member, more in cast(dict[str, JsonObject], demand).items():
                    members[member] = {**members[member], **more}
                published[name] = members
            else:
                published[name] = demand
    return published


def _published(schema: Mapping[str, Json]) -> Json:
    """A schema for readers: unknown members are let be, references lead into the document."""
    return _rewritten({name: value for name, value in schema.items() if name not in ("$schema", "$id")})


def _rewritten(value: Json) -> Json:
    if isinstance(value, list):
        return [_rewritten(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    result: JsonObject = {}
    for name, inner in value.items():
        if name == "additionalProperties" and inner is False:
            continue
        if name == "$ref":
            result[name] = f"#/components/schemas/{_name(str(inner).lstrip('/'))}"
        else:
            result[name] = _rewritten(inner)
    return result


def _name(schema_id: str) -> str:
    return schema_id.replace("/", ".")
