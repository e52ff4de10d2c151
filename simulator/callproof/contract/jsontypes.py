"""The shapes that JSON can take, for annotations, and JSON pointers into them (RFC 6901)."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from callproof.limits import USUAL, Bounds

if TYPE_CHECKING:
    Json: TypeAlias = "Mapping[str, Json] | list[Json] | str | int | float | bool | None"
else:
    # A decoder cannot follow a name that stands in its own definition; any JSON will do where this stands.
    Json = Any
JsonObject: TypeAlias = dict[str, Json]


def decoded(text: str | bytes, bounds: Bounds = USUAL) -> Json:
    """JSON text of a stranger: the deepest message of the contract has seven lists and objects in each
    other. Raises ValueError with what is wrong with it."""
    comma = b"," if isinstance(text, bytes) else ","
    if text.count(comma) >= bounds.json_values:  # type: ignore[arg-type]
        # Before it is read: whoever reads holds up everybody meanwhile.
        raise ValueError(f"it holds more than {bounds.json_values} values")
    found: Json = orjson.loads(text)
    deepest = bounds.json_depth
    brackets = (b"{", b"[") if isinstance(text, bytes) else ("{", "[")
    if sum(map(text.count, brackets)) > deepest and _is_deep(found, deepest):  # type: ignore[arg-type]
        raise ValueError(f"lists and objects stand more than {deepest} deep in each other")
    return found


def _is_deep(value: Json, deepest: int) -> bool:
    """Level by level, because what is deep ends every recursion."""
    level: list[Json] = [value]
    for _ in range(deepest):
        if not level:
            return False
        level = [
            item
            for one in level
            if isinstance(one, dict | list)
            for item in (one.values() if isinstance(one, dict) else one)
            if isinstance(item, dict | list)
        ]
    return bool(level)


def inner(document: Mapping[str, Json], name: str) -> JsonObject:
    """The object that a member holds; an empty one where it holds something else or is not there."""
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def pointer(path: Iterable[str | int]) -> str:
    """``["calls", 0, "date"]`` -> ``/calls/0/date``; the empty path is the whole document, ``""``."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def reached(value: Json, *path: str) -> Json:
    """The member that the names lead to; None where one of them leads nowhere."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def without_nulls(value: Json) -> Json:
    """The same without members that are null: what has no value is written so by some, and left out by
    others (evidence#absent-members). An element of a list stays."""
    if isinstance(value, Mapping):
        return {name: without_nulls(held) for name, held in value.items() if held is not None}
    return [without_nulls(held) for held in value] if isinstance(value, list) else value


def without_nobody(value: Json) -> Json:
    """The same without members that are empty: where somebody is asked for, nobody may be an empty map,
    which PHP writes as a list (evidence#empty-maps)."""
    if isinstance(value, Mapping):
        return {name: held for name, held in value.items() if held not in ({}, [])}
    return value


def with_whole_numbers(value: Json) -> Json:
    """The same with 61 for 61.0, which is that number in JSON and reads otherwise as text."""
    if isinstance(value, Mapping):
        return {name: with_whole_numbers(held) for name, held in value.items()}
    if isinstance(value, list):
        return [with_whole_numbers(held) for held in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def merged(old: Mapping[str, Json], new: Mapping[str, Json]) -> JsonObject:
    """``old`` with the members of ``new``: objects grow together, all else takes the old one's place."""
    found = dict(old)
    for name, value in new.items():
        before = old.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            value = merged(before, value)
        found[name] = value
    return found


def parts(json_pointer: str) -> list[str]:
    """The inverse of ``pointer``; every part comes back as text."""
    if not json_pointer:
        return []
    return [p.replace("~1", "/").replace("~0", "~") for p in json_pointer[1:].split("/")]


def bracketed(root: str, json_pointer: str) -> str:
    """A pointer as the CRM writes field names: ``calls`` + ``/0/date`` -> ``calls[0][date]``.

    Without a root the first part stands bare: ``/integrations/telephony`` -> ``integrations[telephony]``.
    """
    names = parts(json_pointer)
    if not root and names:
        root, names = names[0], names[1:]
    return root + "".join(f"[{name}]" for name in names)
