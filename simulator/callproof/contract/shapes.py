"""Values from outside as values of a type, and what is wrong with those of another shape.

msgspec reads them. What it refuses is looked at again with the JSON Schema of the same type, whose words
name the value, and whose place names the key of a mapping, which msgspec leaves out.
"""

import re
from functools import cache
from typing import Any, TypeVar

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

T = TypeVar("T")


class Misshapen(ValueError):
    """``path`` leads to the part that is wrong, the text says what is wrong with it."""

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        super().__init__(message)
        self.path = path


def shaped(value: object, kind: type[T], *, text: bool = False) -> T:
    """Data, as JSON and YAML have it, as a value of ``kind``; raises Misshapen.

    ``text`` reads numbers and flags from their texts, as a query has them.
    """
    try:
        return msgspec.convert(value, kind, strict=not text)
    except msgspec.ValidationError as error:
        raise (None if text else _by_schema(value, kind)) or _in_own_words(error) from None


@cache
def schema_of(kind: type) -> dict[str, Any]:
    """The JSON Schema of a type."""
    return msgspec.json.schema(kind)


def _by_schema(value: object, kind: type) -> Misshapen | None:
    found = best_match(Draft202012Validator(schema_of(kind)).iter_errors(value))
    if found is None or found.validator == "anyOf":
        return None
    return Misshapen(tuple(found.absolute_path), found.message)


def _in_own_words(error: msgspec.ValidationError) -> Misshapen:
    """msgspec ends with `` - at `$.lines[0].x` ``; a key of a mapping is ``[...]``, where the path ends."""
    message, _, place = str(error).partition(" - at `")
    known = place.partition("[...]")[0]
    steps = re.findall(r"\.([^.\[`]+)|\[(\d+)\]", known)
    return Misshapen(tuple(name or int(index) for name, index in steps), message.replace("`", ""))
