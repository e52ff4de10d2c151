"""Tables of generated pages, and the one of all keys that a schema has."""

from collections.abc import Iterator
from typing import cast

from callproof.contract.jsontypes import JsonObject


def table(*names: str) -> list[str]:
    """The head of a table with these columns."""
    return [line(*names), "|" + "---|" * len(names)]


def line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def keys(schema: JsonObject) -> Iterator[str]:
    """A line for each key with a description; ``*`` is a name of the user's, ``[]`` each element."""
    return _keys(schema, schema, "")


def _keys(schema: JsonObject, root: JsonObject, path: str) -> Iterator[str]:
    schema = _followed(schema, root)
    if path and "description" in schema:
        values = schema.get("enum")
        choice = (
            f" One of {', '.join(f'`{_written(value)}`' for value in values)}."
            if isinstance(values, list)
            else ""
        )
        yield line(f"`{path}`", f"{schema['description']}{choice}")
    for name, inner in cast(dict[str, JsonObject], schema.get("properties", {})).items():
        yield from _keys(inner, root, f"{path}.{name}" if path else name)
    for branch in cast(list[JsonObject], schema.get("oneOf", [])):
        yield from _keys(branch, root, path)
    for name, suffix in (("additionalProperties", ".*"), ("items", "[]")):
        if isinstance(schema.get(name), dict):
            yield from _keys(cast(JsonObject, schema[name]), root, path + suffix)


def _followed(schema: JsonObject, root: JsonObject) -> JsonObject:
    """With what a reference brings; what stands beside the reference comes on top."""
    reference = str(schema.get("$ref", ""))
    if not reference:
        return schema
    definitions = cast(dict[str, JsonObject], root["$defs"])
    brought = _followed(definitions[reference.rpartition("/")[2]], root)
    members = {
        **cast(JsonObject, brought.get("properties", {})),
        **cast(JsonObject, schema.get("properties", {})),
    }
    return {**brought, **schema, **({"properties": members} if members else {})}


def _written(value: object) -> object:
    return "null" if value is None else value
