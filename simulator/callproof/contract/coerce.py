"""What a form-based server forgives: types read leniently, empty PHP values, unknown members.

The walk follows a payload schema. Where a schema lists several types, the first is the canonical one
and the others are documented, so that changing one into the other is no finding (the guide's own
example sends ``userId`` as text and ``code`` as a number).
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import cast

from callproof.contract.findings import Finding, Kind
from callproof.contract.jsontypes import Json, JsonObject, pointer
from callproof.contract.phones import digits
from callproof.contract.schemas import load, resolve
from callproof.contract.values import OnceForEach
from callproof.limits import USUAL

_TRUE = {"1", "true"}
_FALSE = {"0", "false", ""}
_LOST_PLUS = re.compile(r" +[0-9]")
_WHOLE = rf"[+-]?\d{{1,{USUAL.integer_digits}}}"
_INTEGER = re.compile(_WHOLE)
# What a spreadsheet writes for a whole number.
_FLOAT = re.compile(rf"({_WHOLE})\.0+")
# Formats of telephone numbers: one to dial, one of who calls, one that people noted.
_NUMBERS = ("dialled", "caller", "phone")

# The row on what a message may hold at all.
_MEMBERS = "PBX-API-04"

# The schema of what may be anything.
_ANY: JsonObject = {}
# A value that has to be left out, because the sender wrote "nothing" in a form of his own.
_ABSENT = object()


def coerce(schema_id: str, value: Json, where: str, *, plain: bool = False) -> tuple[Json, list[Finding]]:
    """The payload with canonical types, and one finding for each thing forgiven or ignored.

    ``plain`` is for queries and scalar form fields, where every value arrives as text and turning it
    into a number is no finding. What cannot be read stays as it is, for the validator to name.
    """
    walk = _Walk(schema_id, where, plain)
    return walk.value(value, load(schema_id), []), walk.findings


@cache
def taking_empty(schema_id: str) -> frozenset[str]:
    """The members that have to be there and may be empty, such as the number of a caller who hides it."""
    schema = load(schema_id) if schema_id else {}
    members = cast(JsonObject, schema.get("properties") or {})
    required = cast(list[str], schema.get("required") or [])
    return frozenset(n for n in required if not refuses_blank(resolve(cast(JsonObject, members[n]))))


class _Walk:
    def __init__(self, schema_id: str, where: str, plain: bool) -> None:
        self.schema_id = schema_id
        self.where = where
        self.plain = plain
        self.findings: list[Finding] = []

    def note(
        self, kind: Kind, path: list[str | int], message: str, remedy: str, requirement: str = _MEMBERS
    ) -> None:
        self.findings.append(Finding(kind, self.where, pointer(path), message, remedy, requirement))

    def habit(self, path: list[str | int], message: str, remedy: str) -> None:
        """How clients are seen to write "nothing" and "yes" (evidence#wire-empty, evidence#wire-booleans).
        No row forbids it, so that it is held against nobody."""
        self.note(Kind.FORGIVEN, path, message, remedy, "")

    def value(self, value: Json, schema: Mapping[str, Json], path: list[str | int]) -> Json:
        schema = resolve(schema)
        types = _types(schema)
        if "object" in types:
            return self._object(value, schema, path)
        if "array" in types:
            return self._array(value, schema, path)
        return self._scalar(value, schema, types, path)

    def _object(self, value: Json, schema: Mapping[str, Json], path: list[str | int]) -> Json:
        if value == [] and path:
            self.habit(path, "an empty list is read as an empty object", "Send {} or leave it out.")
            return {}
        if not isinstance(value, Mapping):
            return value
        members = cast(JsonObject, schema.get("properties") or {})
        required = cast(list[str], schema.get("required") or [])
        result: JsonObject = {}
        for name, item in value.items():
            here = [*path, name]
            if name not in members:
                if schema.get("additionalProperties") is not False:
                    result[name] = item
                elif name in cast(list[str], schema.get("x-not-simulated") or []):
                    said = f"{name} is not simulated, so nothing is left out by it"
                    self.note(Kind.NOTICE, here, said, "Look through the list yourself.", "")
                else:
                    self._unknown(name, here)
                continue
            member = resolve(cast(JsonObject, members[name]))
            if self._means_nothing(item, member, here):
                continue
            if item == "" and name not in required and refuses_blank(member):
                # A form reads an empty field as one that was not filled in.
                self.habit(here, "an empty text is read as absent", "Leave the member out.")
                continue
            result[name] = self.value(item, member, here)
        return result

    def _means_nothing(self, item: Json, member: Mapping[str, Json], path: list[str | int]) -> bool:
        types = _types(member)
        if item is None and types and "null" not in types:
            self.habit(path, "null is read as absent", "Leave the member out.")
            return True
        if item is False and "string" in types and "boolean" not in types:
            self.note(Kind.FORGIVEN, path, "false is read as absent", 'Leave the member out, or send "".')
            return True
        if item == "None" and types & {"array", "object"}:
            self.habit(path, "the literal None is read as absent", "Leave the parameter out.")
            return True
        return False

    def _array(self, value: Json, schema: Mapping[str, Json], path: list[str | int]) -> Json:
        if isinstance(value, Mapping) and value and all(key.isdecimal() for key in value):
            # A PHP list with gaps in its keys arrives as an object.
            value = [item for _, item in sorted(value.items(), key=lambda pair: int(pair[0]))]
        if not isinstance(value, list):
            return value
        items = cast(JsonObject, schema.get("items") or _ANY)
        result: list[Json] = []
        for index, item in enumerate(value):
            here = [*path, index]
            if item is None and _types(resolve(items)):
                self.note(Kind.FORGIVEN, here, "null in a list is left out", "Send only real elements.")
                continue
            result.append(self.value(item, items, here))
        return result

    def _scalar(
        self, value: Json, schema: Mapping[str, Json], types: frozenset[str], path: list[str | int]
    ) -> Json:
        canonical = _canonical(schema)
        read: object = value
        if canonical == "string" and isinstance(value, int | float) and not isinstance(value, bool):
            # A spreadsheet's 100.0 and a 32-bit PHP's 79120000001.0 are whole numbers.
            whole = isinstance(value, float) and value.is_integer()
            read = f"{value:.0f}" if whole else str(value)
        elif canonical == "integer" and not isinstance(value, bool):
            read = _integer(value)
            if isinstance(value, float) and read is not _ABSENT:
                # JSON has one kind of numbers, and some languages write what they rounded with a point.
                types = types | {"number"}
            if isinstance(value, str) and not self.plain and (decimal := _FLOAT.fullmatch(value.strip())):
                read, types = int(decimal[1]), frozenset((canonical,))
        elif canonical == "boolean" and not isinstance(value, bool):
            read = self._boolean(value, path)
        if read is _ABSENT:
            return value
        if type(read) is not type(value) and not self.plain and _json_type(value) not in types:
            self.note(
                Kind.FORGIVEN,
                path,
                f"{value!r} is read as {read!r}",
                f"Send a JSON {canonical}.",
                str(schema.get("x-requirement") or _MEMBERS),
            )
        if isinstance(read, str) and schema.get("format") in _NUMBERS:
            self._doubt_number(read, schema, path)
        return cast(Json, read)

    def _doubt_number(self, number: str, schema: Mapping[str, Json], path: list[str | int]) -> None:
        """A + that nobody encoded arrives as a space; a number without digits is hidden, or a name."""
        row = str(schema.get("x-requirement") or _MEMBERS)
        if _LOST_PLUS.match(number):
            remedy = "Write + as %2B in a form and in a query."
            self.note(
                Kind.FORGIVEN,
                path,
                "a + arrived as a space, because it was not written as %2B",
                remedy,
                row,
            )
        elif schema.get("format") == "caller" and not digits(number):
            said = f"{number!r} is no number: of a caller who hides it, nobody is looked for"
            self.note(Kind.NOTICE, path, said, "Send the number where the PBX knows it.", row)

    def _boolean(self, value: Json, path: list[str | int]) -> object:
        text = str(value).lower()
        if text not in _TRUE | _FALSE:
            # A filter takes no other value (evidence#users-bad-filter).
            if self.plain and len(path) == 1 and _INTEGER.fullmatch(text):
                self.note(Kind.FORGIVEN, path, f"{text} is read as true", "Send 0 or 1.")
                return True
            return _ABSENT
        if self.plain and text in ("true", "false"):
            self.habit(path, f"{value} is read as {text}", "Send 0 or 1.")
        return text in _TRUE

    def _unknown(self, name: str, path: list[str | int]) -> None:
        home = _homes(self.schema_id).get(name)
        if home is not None and home != path:
            self.note(
                Kind.MISPLACED,
                path,
                f"{name} does nothing here",
                f"Move it to {pointer(home)}.",
            )
        else:
            self.note(
                Kind.IGNORED, path, f"the contract knows no {name}", "Remove it, or check its spelling."
            )


@OnceForEach
def refuses_blank(member: Mapping[str, Json]) -> bool:
    """Whether an empty text is no value of the member."""
    types = _types(member)
    bounded = "minLength" in member or member.get("format") == "dialled" or "enum" in member
    bounded = bounded or ("pattern" in member and not re.search(str(member["pattern"]), ""))
    return bounded or not types & {"string", "boolean"}


@OnceForEach
def _types(schema: Mapping[str, Json]) -> frozenset[str]:
    declared = schema.get("type")
    if isinstance(declared, list):
        return frozenset(map(str, declared))
    if declared is None and "enum" in schema:
        return frozenset(("string",))
    return frozenset((str(declared),) if declared else ())


@OnceForEach
def _canonical(schema: Mapping[str, Json]) -> str:
    declared = schema.get("type")
    if isinstance(declared, list):
        return str(declared[0])
    return str(declared or ("string" if "enum" in schema else ""))


def _json_type(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "string" if isinstance(value, str) else type(value).__name__


def _integer(value: Json) -> object:
    if isinstance(value, str):
        text = value.strip()
        return int(text) if _INTEGER.fullmatch(text) else _ABSENT
    if isinstance(value, float):
        return int(value) if value.is_integer() else _ABSENT
    return value


@cache
def _homes(schema_id: str) -> Mapping[str, list[str | int]]:
    """Where the contract keeps a member, by its name; lists are not searched."""
    found: dict[str, list[str | int]] = {}
    _settle(load(schema_id), [], found)
    return found


def _settle(schema: Mapping[str, Json], path: list[str | int], found: dict[str, list[str | int]]) -> None:
    """The members of a level go before those of the levels below it."""
    members = cast(JsonObject, resolve(schema).get("properties") or {})
    for name in members:
        found.setdefault(name, [*path, name])
    for name, member in members.items():
        _settle(cast(JsonObject, member), [*path, name], found)
