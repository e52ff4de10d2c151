"""The payload schemas (JSON Schema 2020-12) and the list of everything that breaks them.

jsonschema-rs gives the verdict, and jsonschema, which is the reference, the reasons of a bad one; it is
imported when there are some to give.

A schema says more than JSON Schema can: ``x-requirement`` names the row that a member rests on,
``x-remedy`` says what to send instead, ``x-error`` is the CRM's own text where a live system was
quoted. All three are looked up beside the keyword that failed.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import orjson

from callproof.contract import compiled
from callproof.contract.errors import (
    BLANK,
    INVALID,
    NOT_A_CHOICE,
    too_few,
    too_many,
)
from callproof.contract.files import shipped
from callproof.contract.findings import Finding, Kind
from callproof.contract.jsontypes import Json, JsonObject, parts, pointer
from callproof.contract.phones import digits
from callproof.contract.values import OnceForEach
from callproof.limits import USUAL

if TYPE_CHECKING:
    import jsonschema_rs
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from referencing import Registry
    from referencing.jsonschema import Schema

DATETIME_FORMAT = "%Y-%m-%d %H:%M:%S"
_DATETIME = re.compile(r"\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{1,2}:\d{1,2}")


def _is_datetime(value: object) -> bool:
    """``Y-m-d H:i:s``; a month or hour without its leading zero is read as well (evidence#wire-dates)."""
    if not isinstance(value, str):
        return True
    if not _DATETIME.fullmatch(value):
        return False
    day, clock = value.split(" ")
    try:
        datetime(*map(int, day.split("-")), *map(int, clock.split(":")))  # type: ignore[arg-type]
    except ValueError:
        return False
    return True


def _is_url(value: object) -> bool:
    """An absolute address; the empty string stands for "none", as the guide's example has it."""
    if not isinstance(value, str) or not value:
        return True
    try:
        url = urlsplit(value)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


def _has_digits(value: object) -> bool:
    return not isinstance(value, str) or bool(digits(value))


def _is_caller(_: object) -> bool:
    """A number, or what stands for one that is hidden: all is taken (evidence#wire-phone-oddities)."""
    return True


_FORMATS: Mapping[str, Callable[[object], bool]] = {
    "crm-datetime": _is_datetime,
    "http-url": _is_url,
    "dialled": _has_digits,
    "caller": _is_caller,
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: where, in our words, in the CRM's words, and what to do about it."""

    pointer: str
    message: str
    error: str
    requirement: str
    remedy: str

    def as_finding(self, where: str) -> Finding:
        """As a remark on the parameter ``where``."""
        return Finding(Kind.VIOLATION, where, self.pointer, self.message, self.remedy, self.requirement)


@cache
def schema_ids() -> tuple[str, ...]:
    """Every schema's id, which is its path below ``schemas/`` without the ending."""
    root = shipped("schemas")
    return tuple(sorted(path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("*.json")))


@cache
def load(schema_id: str) -> JsonObject:
    """The schema as data. Raises KeyError for an unknown id."""
    path = shipped("schemas") / f"{schema_id}.json"
    if not path.is_file():
        raise KeyError(f"There is no schema {schema_id!r}")
    return cast(JsonObject, orjson.loads(path.read_bytes()))


def resolve(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    """The schema that a ``$ref`` points to, with what stands beside the reference laid over it."""
    return _resolved(schema) if "$ref" in schema else schema


@OnceForEach
def _resolved(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    schema_id, _, fragment = str(schema["$ref"]).partition("#")
    target: Json = load(schema_id.lstrip("/"))
    for name in fragment.split("/")[1:]:
        target = cast(JsonObject, target)[name]
    return {**resolve(cast(JsonObject, target)), **{k: v for k, v in schema.items() if k != "$ref"}}


@cache
def _validator(schema_id: str) -> "Draft202012Validator":
    from jsonschema import Draft202012Validator, FormatChecker

    formats = FormatChecker(())
    for name, check in _FORMATS.items():
        formats.checks(name)(check)
    return Draft202012Validator(
        cast("Schema", load(schema_id)), registry=_registry(), format_checker=formats
    )


@cache
def _registry() -> "Registry[Schema]":
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    resources = [
        (known, Resource.from_contents(cast("Schema", load(known)), DRAFT202012)) for known in schema_ids()
    ]
    return Registry["Schema"]().with_resources(resources)


@cache
def _verdict(schema_id: str) -> compiled.Verdict:
    return compiled.validator(schema_id, load(schema_id), _known_to_compiled(), _FORMATS)


@cache
def _known_to_compiled() -> "jsonschema_rs.Registry":
    return compiled.registry({name: load(name) for name in schema_ids()})


@cache
def _canonical(schema_id: str) -> compiled.Verdict:
    return compiled.canonical(load(schema_id))


def is_canonical(schema_id: str, value: Json) -> bool:
    """Whether the payload is right as it stands: nothing in it is broken, and nothing has to be read as
    something else. False may also mean that it takes a closer look."""
    return _canonical(schema_id)(value)


@cache
def most_items(schema_id: str) -> int:
    """How many elements a list of this schema may have at most, 0 for any number."""
    return int(cast(int, load(schema_id).get("maxItems", 0)))


def validate(schema_id: str, value: Json) -> list[Violation]:
    """Violations in the order of the document, never only the first; of very many those that are kept."""
    return [] if _verdict(schema_id)(value) else explain(schema_id, value)


def explain(schema_id: str, value: Json) -> list[Violation]:
    """The same by the reference alone."""
    errors = islice(_validator(schema_id).iter_errors(value), USUAL.findings)
    found = [violation for error in errors for violation in _read(schema_id, error)]
    # A text that breaks its format breaks the pattern of that format as well; once is enough.
    first = {(v.pointer, v.error): v for v in reversed(found)}
    return sorted(first.values(), key=_document_order)


def _document_order(violation: Violation) -> list[tuple[int, str]]:
    return [(int(p) if p.isdecimal() else -1, p) for p in parts(violation.pointer)]


def _read(schema_id: str, error: "ValidationError") -> Iterator[Violation]:
    if error.context and error.validator in ("anyOf", "oneOf"):
        # The branch that came closest speaks for the rest.
        nearest = max(error.context, key=lambda inner: len(inner.absolute_path))
        yield from _read(schema_id, nearest)
        return
    schema = cast(JsonObject, error.schema)
    path, row = list(error.absolute_path), _requirement(schema_id, error)
    if error.validator == "required":
        missing = re.match(r"'(.*)' is a required property", error.message)
        name = missing.group(1) if missing else ""
        members = cast(JsonObject, schema.get("properties") or {})
        member = resolve(cast(JsonObject, members.get(name) or {}))
        row = str(member.get("x-requirement") or row)
        yield _violation([*path, name], f"{name} is missing", BLANK, row, member or schema)
        return
    text = str(schema.get("x-error") or _crm_text(error))
    yield _violation(path, _our_text(error), text, row, schema)


def _requirement(schema_id: str, error: "ValidationError") -> str:
    """The row of the part of the schema that is broken, or of the nearest part around it that has one."""
    part: Json = load(schema_id)
    row = ""
    for step in (*error.absolute_schema_path, ""):
        if isinstance(part, Mapping):
            row = str(part.get("x-requirement") or row)
            part = resolve(part) if step == "$ref" else part.get(str(step))
        elif isinstance(part, list):
            part = part[step] if isinstance(step, int) else None
    return row


def _violation(
    path: list[str | int], message: str, error: str, requirement: str, schema: Mapping[str, Json]
) -> Violation:
    return Violation(
        pointer=pointer(path),
        message=message,
        error=error,
        requirement=requirement,
        remedy=str(schema.get("x-remedy") or ""),
    )


def _crm_text(error: "ValidationError") -> str:
    """The Symfony validator's sentence for the same mistake (evidence#field-texts)."""
    bound = error.validator_value
    match error.validator:
        case "enum" | "const":
            return NOT_A_CHOICE
        case "minLength":
            return BLANK
        case "maxItems":
            return too_many(int(cast(int, bound)))
        case "minItems":
            return too_few(int(cast(int, bound)))
        case _:
            return INVALID


def _our_text(error: "ValidationError") -> str:
    shown = _shorten(error.instance)
    bound = cast(Json, error.validator_value)
    match error.validator:
        case "enum":
            choices = ", ".join(repr(choice) for choice in cast(list[Json], bound))
            return f"{shown} is none of {choices}"
        case "const":
            return f"{shown} is not {_shorten(bound)}"
        case "type":
            wanted = " or ".join(bound) if isinstance(bound, list) else str(bound)  # type: ignore[arg-type]
            return f"{shown} is not of type {wanted}"
        case "minLength":
            return "the text is empty"
        case "maxItems" | "minItems":
            count = len(cast(list[Json], error.instance))
            most = "at most" if error.validator == "maxItems" else "at least"
            return f"{count} elements where {most} {bound} may stand"
        case "format" | "pattern":
            name = str(cast(JsonObject, error.schema).get("format") or "")
            return f"{shown} is not {_FORMAT_NAMES.get(name, f'text like {bound}')}"
        case _:
            return error.message if len(error.message) < 200 else error.message[:199] + "…"


_FORMAT_NAMES = {
    "crm-datetime": "a date and time of the form 2024-05-01 12:00:00",
    "http-url": "an absolute http or https address",
    "dialled": "a telephone number",
    "caller": "a telephone number",
}


def _shorten(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:79] + "…"
