"""The description of a control API, from its methods and the types of what they are asked."""

from collections.abc import Iterable
from typing import Any

import msgspec

from callproof import __version__
from callproof.contract.shapes import schema_of
from callproof.control.method import Method

_ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
}
_REFUSED = {
    "description": "What was wrong with it: 404 for what there is not, 409 for what cannot be done now.",
    "content": {"application/json": {"schema": _ERROR}},
}
_DONE = {
    "200": {"description": "Done."},
    "4XX": _REFUSED,
    "5XX": {
        "description": "What the other side, or the database, did not do, or whom there are too many of."
    },
}


def openapi(end: str, methods: Iterable[Method]) -> dict[str, Any]:
    """An OpenAPI 3.1 document of exactly these methods."""
    methods = list(methods)
    bodies = [method.asks for method in methods if method.has_body]
    refs, components = msgspec.json.schema_components(bodies, ref_template="#/components/schemas/{name}")
    ref_of = dict(zip(bodies, refs, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for method in methods:
        described = {"summary": method.summary, "parameters": _parameters(method), "responses": _DONE}
        if method.has_body:
            content = {"application/json": {"schema": ref_of[method.asks]}}
            described["requestBody"] = {"content": content, "required": bool(method.required)}
        paths.setdefault(f"/_bench{method.path}", {})[method.verb.lower()] = described
    info = {"title": f"callproof: control of the {end.upper()} end", "version": __version__}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": components}}


def _parameters(method: Method) -> list[dict[str, Any]]:
    in_path = [part[1:-1] for part in method.path.split("/") if part.startswith("{")]
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in in_path
    ]
    if not method.has_body:
        asked = schema_of(method.asks)["$defs"][method.asks.__name__]["properties"]
        found += [{"name": name, "in": "query", "schema": schema} for name, schema in asked.items()]
    return found
