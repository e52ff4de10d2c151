"""callproof's OpenAPI document, cut to the requests that are measured, and the payload schemas in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.telephony import EVENT_PATH, MANAGER_PATH, UPLOAD_PATH

_FORM = "application/x-www-form-urlencoded"
_PREFIX = "#/components/schemas/"


def cut(document: dict[str, Any]) -> dict[str, Any]:
    """The three methods and every component that they need."""
    paths = {path: document["paths"][path] for path in (EVENT_PATH, UPLOAD_PATH, MANAGER_PATH)}
    everything = document["components"]["schemas"]
    needed = _needed(paths, everything)
    components = {**document["components"], "schemas": {name: everything[name] for name in sorted(needed)}}
    return {**document, "paths": paths, "components": components}


def plain(document: dict[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The three methods for tools that cannot read JSON in a form field: OpenAPI 3.0, the field a text.

    ``answers`` by path become examples.
    """
    return {
        "openapi": "3.0.3",
        "info": {"title": "callproof", "version": "5"},
        "paths": {
            path: {verb: _plain(method, answers[path]) for verb, method in document["paths"][path].items()}
            for path in (EVENT_PATH, UPLOAD_PATH, MANAGER_PATH)
        },
        "components": {"securitySchemes": {"header": document["components"]["securitySchemes"]["header"]}},
        "security": [{"header": []}],
    }


def _plain(method: dict[str, Any], answer: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}, "example": answer}}
    found: dict[str, Any] = {
        "operationId": method["operationId"],
        "responses": {"200": {"description": "Done.", "content": content}},
    }
    if "parameters" in method:
        found["parameters"] = [
            {**one, "schema": {n: v for n, v in one["schema"].items() if n in ("type", "enum", "pattern")}}
            for one in method["parameters"]
        ]
    if "requestBody" in method:
        form = method["requestBody"]["content"][_FORM]["schema"]
        texts = {name: {"type": "string"} for name in form["properties"]}
        schema = {"type": "object", "properties": texts, "required": form["required"]}
        found["requestBody"] = {"required": True, "content": {_FORM: {"schema": schema}}}
    return found


def payload(description: Path, name: str) -> dict[str, Any]:
    """One schema that stands alone, with what it refers to under ``$defs``."""
    everything = json.loads(description.read_text("utf-8"))["components"]["schemas"]
    needed = sorted(_needed({"$ref": _PREFIX + name}, everything) - {name})
    alone = {**everything[name], "$defs": {other: everything[other] for other in needed}}
    found: dict[str, Any] = json.loads(json.dumps(alone).replace(_PREFIX, "#/$defs/"))
    return found


def _needed(part: Any, everything: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting = _references(part)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting |= _references(everything[name])
    return found


def _references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"].removeprefix(_PREFIX)} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(_references(value) for value in part.values()))
    if isinstance(part, list):
        return set().union(*(_references(value) for value in part))
    return set()
