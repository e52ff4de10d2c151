"""Values from outside as values of a type, and what is wrong with those of another shape.

msgspec reads them. What it refuses is looked at again with the JSON Schema of the same type, whose words
name the value, and whose place names the key of a mapping, which msgspec leaves out.
"""

import re
from functools import cache
from typing import Any, TypeVar

import msgspec

from callproof import kinds
from callproof.errors import Misuse

T = TypeVar("T")


class Misshapen(Misuse):
    """``path`` leads to the part that is wrong, the text says what is wrong with it."""

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        super().__init__(message)
        self.path = path


def shaped(value: object, kind: type[T], *, text: bool = False) -> T:
    """Data, as JSON and YAML have it, as a value of ``kind``; raises Misshapen.

    ``text`` reads numbers and flags from their texts, as a query has them.
    """
    try:
        return kinds.convert(value, kind, strict=not text)
    except msgspec.ValidationError as error:
        raise (None if text else _by_schema(value, kind)) or Misshapen(*place(error)) from None


@cache
def schema_of(kind: type) -> dict[str, Any]:
    """The JSON Schema of a type."""
    return msgspec.json.schema(kind)


def place(error: msgspec.ValidationError) -> tuple[tuple[str | int, ...], str]:
    """The path and the words of what msgspec says.

    It ends with `` - at `$.lines[0].x` ``, where the key of a mapping is ``[...]``; the path ends there.
    """
    message, _, where = str(error).partition(" - at `")
    steps = re.findall(r"\.([^.\[`]+)|\[(\d+)\]", where.partition("[...]")[0])
    return tuple(name or int(index) for name, index in steps), message.replace("`", "")


def _by_schema(value: object, kind: type) -> Misshapen | None:
    # Only here: it takes its time to be imported, and most of what comes is right.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    found = best_match(Draft202012Validator(schema_of(kind)).iter_errors(value))
    while found is not None and found.validator == "anyOf" and found.context:
        # One shape or nothing: what was sent is not nothing.
        found = found.context[0]
    return None if found is None else Misshapen(tuple(found.absolute_path), found.message)
