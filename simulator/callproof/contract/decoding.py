"""From the bytes of a request to its parameters, in every form that real clients send.

Covers evidence#encoding and evidence#wire: urlencoded, multipart, a JSON body with string members, and
PHP brackets. Each form that the documentation does not promise leaves a finding; strict decoding
refuses it in the CRM's words instead.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import field
from typing import cast

import orjson
from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from callproof.contract import jsontypes
from callproof.contract.errors import (
    ApiError,
    ArrayExpected,
    InvalidInput,
    ParameterMissing,
    ScalarExpected,
)
from callproof.contract.findings import Finding, Kind
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.percent import pairs as split_pairs
from callproof.contract.values import immutable, whole
from callproof.limits import USUAL, Bounds

_FORM = "application/x-www-form-urlencoded"
_STRUCTURE_RULE = "PBX-API-02"
# With what a body of gzip begins, and no text.
_GZIP = b"\x1f\x8b"


@immutable(frozen=True, slots=True)
class Decoded:
    """The parameters of one request. ``fields`` come from the body, ``query`` from the address; JSON in
    them has these ``bounds``."""

    query: JsonObject
    fields: JsonObject
    findings: list[Finding] = field(default_factory=list)
    bounds: Bounds = USUAL

    def plain(self, *left_out: str, empty: Container[str] = ()) -> JsonObject:
        """The parameters beside the key, those of the body before those of the query. Empty ones are
        absent, and so are lists and objects of nothing else (evidence#empty-parameters), but for those that
        may be ``empty``."""
        found: JsonObject = {}
        for source in (self.query, self.fields):
            for name, value in source.items():
                if name == "apiKey" or name in left_out:
                    continue
                if name in empty or not _is_empty(value):
                    found[name] = value if isinstance(value, str) else _filled(value)
        return found

    def scalar(self, name: str) -> str | None:
        """A plain parameter from the body or, failing that, from the query; structures do not count."""
        if name not in self.fields and name not in self.query:
            return None
        for source in (self.fields, self.query):
            value = source.get(name)
            if isinstance(value, str) and value:
                return value
            if isinstance(value, int | float) and not isinstance(value, bool):
                return str(value)
        return None


def decode(
    query: str,
    content_type: str,
    body: bytes,
    *,
    method: str = "POST",
    coding: str = "",
    strict: bool = False,
    bounds: Bounds = USUAL,
) -> Decoded:
    """Take a request apart; ``coding`` is its Content-Encoding. The parameters of a GET are those of its
    query (evidence#query-brackets).

    Raises InvalidInput when there are too many fields or they nest too deep.
    """
    findings: list[Finding] = []
    if body and method in ("GET", "HEAD"):
        said = "the body of a GET is not read"
        findings, body = [Finding(Kind.MISPLACED, "body", "", said, "Use the query.", "PBX-API-04")], b""
    packed = body and _packed(coding, body, findings)
    fields = _body(content_type, body, findings, strict, bounds) if body and not packed else {}
    asked = _nest(_pairs(query, "query", findings, bounds), bounds) if query else {}
    return Decoded(asked, fields, findings, bounds)


def structure(request: Decoded, name: str, *, strict: bool = False) -> tuple[Json, list[Finding]]:
    """The structured parameter ``name``: JSON text that decodes to an object or a list.

    Raises ParameterMissing when it is absent or empty, ScalarExpected when it came as a structure and
    decoding is strict, ArrayExpected when the text is no JSON or no structure, InvalidInput for a NUL.
    """
    value = request.fields.get(name)
    if value is None or value == "":
        value = request.query.get(name)
    if value is None or value == "":
        raise ParameterMissing(name)
    if not isinstance(value, str):
        if strict:
            raise ScalarExpected(name)
        if not isinstance(value, dict | list):
            raise ArrayExpected(_php_type(value), _text(value))
        demand_text(value)
        said = f"the structure was not sent as text; a live CRM answers: {ScalarExpected(name)}"
        return value, [_forgiven(name, said, ScalarExpected.remedy)]
    try:
        decoded = jsontypes.decoded(value, request.bounds)
    except ValueError as error:
        refusal = ArrayExpected("NULL", "null")
        refusal.add_note(f"{name} is not JSON: {error}")
        raise refusal from None
    if not isinstance(decoded, dict | list):
        raise ArrayExpected(_php_type(decoded), _text(decoded))
    if "\\u0000" in value:
        demand_text(decoded)
    return decoded, []


def demand_text(value: Json) -> None:
    """Raises InvalidInput for a NUL, which some databases cannot keep and others end at."""
    if isinstance(value, str) and "\0" in value:
        refusal = InvalidInput()
        refusal.add_note("a text holds the character NUL")
        raise refusal
    if isinstance(value, Mapping):
        for name, inner in value.items():
            demand_text(name)
            demand_text(inner)
    elif isinstance(value, list):
        for inner in value:
            demand_text(inner)


def explain(error: ApiError) -> str:
    """What stands behind a refusal whose wire text says too little, such as a JSON syntax error."""
    return " ".join(getattr(error, "__notes__", []))


def _packed(coding: str, body: bytes, findings: list[Finding]) -> bool:
    """Whether the body is compressed, told or not, and so is not read (evidence#reading-compressed)."""
    said = coding.strip().lower()
    if said in ("", "identity") and not body.startswith(_GZIP):
        return False
    how = f"has Content-Encoding: {said}" if said else "is compressed with gzip and does not say so"
    what = f"the body {how}; nothing shows that the CRM unpacks requests, so it is not read"
    findings.append(Finding(Kind.VIOLATION, "body", "", what, "Send the body as it is.", _STRUCTURE_RULE))
    return True


def _body(
    content_type: str, body: bytes, findings: list[Finding], strict: bool, bounds: Bounds
) -> JsonObject:
    if content_type == _FORM:
        return _nest(_pairs(_utf8(body, findings), "body", findings, bounds), bounds)
    mime, options = parse_options_header(content_type)
    match mime.lower():
        case "multipart/form-data":
            parts = _multipart(body, options.get("boundary", ""), findings, bounds.form_fields)
            return _nest(list(parts), bounds)
        case "application/json":
            return _json_body(body, findings, strict, bounds)
        case _:
            if mime.lower() != _FORM:
                shown = mime or "no Content-Type"
                findings.append(
                    _forgiven("body", f"{shown} is read as a form", f"Send Content-Type: {_FORM}.")
                )
                if strict:
                    return {}
            return _nest(_pairs(_utf8(body, findings), "body", findings, bounds), bounds)


def _json_body(body: bytes, findings: list[Finding], strict: bool, bounds: Bounds) -> JsonObject:
    findings.append(_forgiven("body", "a JSON body is not documented", f"Send Content-Type: {_FORM}."))
    if strict:
        return {}
    try:
        decoded = jsontypes.decoded(body, bounds)
    except ValueError as error:
        findings.append(Finding(Kind.VIOLATION, "body", "", f"the body is not JSON: {error}"))
        return {}
    if not isinstance(decoded, dict):
        findings.append(Finding(Kind.VIOLATION, "body", "", "the JSON body is not an object"))
        return {}
    return cast(JsonObject, decoded)


def _multipart(body: bytes, boundary: str, findings: list[Finding], most: int) -> Iterator[tuple[str, str]]:
    """The fields; a part with a filename is a file, which is no parameter (evidence#file-parts)."""
    if not boundary:
        raise InvalidInput("The multipart body has no boundary")
    decoder = MultipartDecoder(boundary.encode(), max_form_memory_size=len(body), max_parts=most)
    decoder.receive_data(body)
    decoder.receive_data(None)
    name, content, is_file = "", bytearray(), False
    try:
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, Field | File):
                name, content = _part_name(event.name, event.headers), bytearray()
                if is_file := isinstance(event, File):
                    findings.append(_file(name))
            elif isinstance(event, Data) and not is_file:
                content += event.data
                if not event.more_data:
                    yield name, content.decode("utf-8", "replace")
            elif isinstance(event, NeedData):
                break
    except RequestEntityTooLarge:
        raise _too_many(most) from None
    except ValueError as error:
        raise InvalidInput(f"The multipart body is broken: {error}") from None


def _part_name(name: str | None, headers: Headers) -> str:
    if name is None:
        raise InvalidInput(f"A part of the multipart body has no name: {headers!s}")
    return name


def _utf8(body: bytes, findings: list[Finding]) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        findings.append(
            _forgiven("body", f"the body is not UTF-8: {error.reason} at byte {error.start}", "Send UTF-8.")
        )
        return body.decode("utf-8", "replace")


def _pairs(text: str, where: str, findings: list[Finding], bounds: Bounds) -> list[tuple[str, str]]:
    try:
        pairs = split_pairs(text, bounds.form_fields)
    except ValueError:
        raise _too_many(bounds.form_fields) from None
    for _, value in pairs:
        # It stands for what could not be decoded, unless it was sent itself.
        if "\ufffd" in value and "\ufffd" not in text and "%EF%BF%BD" not in text.upper():
            findings.append(_forgiven(where, "a value is not UTF-8", "Encode every value as UTF-8."))
            break
    return pairs


def _nest(pairs: list[tuple[str, str]], bounds: Bounds) -> JsonObject:
    """PHP's reading of names with brackets: ``filter[ids][]=7`` -> ``{"filter": {"ids": ["7"]}}``."""
    flat: JsonObject = {}
    for name, value in pairs:
        if "[" in name:
            return _tree(pairs, bounds.name_depth)
        if name:
            flat[name] = value
    return flat


def _too_many(most: int) -> InvalidInput:
    return InvalidInput(f"More than {most} fields in one request")


def _tree(pairs: Iterable[tuple[str, str]], deepest: int) -> JsonObject:
    tree = _Branch()
    for name, value in pairs:
        keys = _keys(name)
        if len(keys) > deepest:
            raise InvalidInput(f"A field name nests deeper than {deepest} levels")
        _put(tree, keys, value)
    return cast(JsonObject, {name: _lists(branch) for name, branch in tree.items() if name})


def _keys(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    if not bracket or not rest.endswith("]") or not head:
        return [name]
    return [head, *rest[:-1].split("][")]


class _Branch(dict[str, object]):
    """What stands below a name, by keys."""

    _next = 0

    def slot(self, key: str) -> str:
        """The key for one that was sent; ``[]`` means one past the highest index, as in PHP."""
        if not key:
            key = str(self._next)
        index = whole(key)
        if index is not None:
            self._next = max(self._next, index + 1)
        return key


def _put(tree: _Branch, keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        slot = tree.slot(key)
        branch = tree.get(slot)
        if not isinstance(branch, _Branch):
            branch = tree[slot] = _Branch()
        tree = branch
    tree[tree.slot(keys[-1])] = value


def _lists(branch: object) -> Json:
    if not isinstance(branch, dict):
        return cast(str, branch)
    values = [_lists(value) for value in branch.values()]
    if list(branch) == [str(index) for index in range(len(branch))]:
        return values
    return dict(zip(branch, values, strict=True))


def _forgiven(where: str, message: str, remedy: str) -> Finding:
    return Finding(Kind.FORGIVEN, where, "", message, remedy, _STRUCTURE_RULE)


def _file(name: str) -> Finding:
    message = f"{name} came as a file, with a filename, and a file is no parameter"
    return Finding(Kind.IGNORED, "body", f"/{name}", message, "Send it without filename.", _STRUCTURE_RULE)


def _is_empty(value: Json) -> bool:
    """Whether a parameter is ``""`` or holds nothing else."""
    if isinstance(value, dict):
        return all(map(_is_empty, value.values()))
    return all(map(_is_empty, value)) if isinstance(value, list) else value == ""


def _filled(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _filled(inner) for name, inner in value.items() if not _is_empty(inner)}
    return [_filled(inner) for inner in value if not _is_empty(inner)] if isinstance(value, list) else value


def _php_type(value: object) -> str:
    """The name that PHP's gettype() has for it, which the CRM prints."""
    names = {bool: "boolean", int: "integer", float: "double", str: "string"}
    return names.get(type(value), "NULL")


def _text(value: object) -> str:
    return orjson.dumps(value).decode()[:100]
