"""Changes messages as a fault says: parameters of a request, members and bytes of an answer."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import cast
from urllib.parse import urlencode, urlsplit, urlunsplit

import orjson
from msgspec.structs import replace

from callproof.contract import decoding
from callproof.contract.errors import ApiError
from callproof.contract.jsontypes import Json, JsonObject
from callproof.exchange.exchange import Answer, Body, Headers, Request
from callproof.exchange.faults import Change

FORM = "application/x-www-form-urlencoded"
DATE = "%Y-%m-%d %H:%M:%S"


def fits(request: Request) -> Callable[[Mapping[str, Json]], bool]:
    """Whether the members of the request have the values that a fault wants to meet."""

    def fit(where: Mapping[str, Json]) -> bool:
        if not where:
            return True
        members = _members(request)
        return all(_found(members, path.split(".")) == value for path, value in where.items())

    return fit


def request(sent: Request, change: Change) -> Request:
    """What is sent, or heard, instead."""
    url = sent.url
    for old, new in change.address.items():
        url = url.replace(old, new)
    sent = replace(
        sent, method=change.method or sent.method, url=url, headers=_headers(sent.headers, change)
    )
    if not (change.set or change.drop or change.form):
        return sent
    members = _edited(_members(sent), change)
    query, form = _placed(sent, members)
    parts = urlsplit(sent.url)
    body, kind = _written(form, change.form)
    headers = tuple(pair for pair in sent.headers if pair[0].lower() != "content-type")
    if form:
        headers += (("Content-Type", kind),)
    url = urlunsplit(parts._replace(query=urlencode(query)))
    return replace(sent, url=url, headers=headers, body=Body(body))


def answer(given: Answer, change: Change) -> Answer:
    """What is answered, or read, instead."""
    body = given.body.content
    if change.set or change.drop:
        found = _json(body)
        body = orjson.dumps(_edited(found if isinstance(found, dict) else {}, change))
    if change.text is not None:
        body = change.text.encode()
    if change.cut is not None:
        body = body[: int(len(body) * change.cut)]
    altered = given.body if body == given.body.content else Body(body)
    return Answer(change.status or given.status, _headers(given.headers, change), altered)


def _members(sent: Request) -> JsonObject:
    """Parameters by name, the structure among them as data."""
    query = urlsplit(sent.url).query
    try:
        decoded = decoding.decode(query, sent.header("content-type"), sent.body.content)
    except ApiError:
        return {}
    return {name: _structure(value) for name, value in (decoded.query | decoded.fields).items()}


def _placed(sent: Request, members: Mapping[str, Json]) -> tuple[dict[str, str], JsonObject]:
    """Parameters where they belong: a GET has them in its query, a POST in its form."""
    if sent.method == "GET":
        return {name: _text(value) for name, value in members.items()}, {}
    in_query = decoding.decode(urlsplit(sent.url).query, "", b"").query
    query = {name: _text(members[name]) for name in in_query if name in members}
    return query, {name: value for name, value in members.items() if name not in in_query}


def _written(form: JsonObject, kind: str) -> tuple[bytes, str]:
    if kind == "json":
        return orjson.dumps(form), "application/json"
    if kind == "brackets":
        return urlencode(list(_bracketed("", form))).encode(), FORM
    return urlencode({name: _text(value) for name, value in form.items()}).encode(), FORM


def _bracketed(prefix: str, value: Json) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        inner = [(f"{prefix}[{name}]" if prefix else name, item) for name, item in value.items()]
    elif isinstance(value, list):
        inner = [(f"{prefix}[{place}]", item) for place, item in enumerate(value)]
    else:
        return [(prefix, _text(value))]
    return [pair for name, item in inner for pair in _bracketed(name, item)]


def _edited(members: JsonObject, change: Change) -> JsonObject:
    for path, value in change.set.items():
        members = cast(JsonObject, _set(members, path.split("."), value))
    for path in change.drop:
        members = cast(JsonObject, _set(members, path.split("."), _GONE))
    return members


_GONE: JsonObject = {"$gone": True}


def _set(inside: Json, path: list[str], value: Json) -> Json:
    """The structure with one member replaced; ``*`` means each element that there is."""
    if not path:
        return _value(inside, value)
    head, rest = path[0], path[1:]
    if isinstance(inside, list):
        if value is _GONE and not rest:
            return [item for at, item in enumerate(inside) if head not in ("*", str(at))]
        if head == "*":
            return [_set(item, rest, value) for item in inside]
        return [_set(item, rest, value) if head == str(at) else item for at, item in enumerate(inside)]
    members = dict(inside) if isinstance(inside, Mapping) else {}
    if head == "*":
        return {name: _set(item, rest, value) for name, item in members.items()}
    if value is _GONE and not rest:
        members.pop(head, None)
    elif value is not _GONE or head in members:
        members[head] = _set(members.get(head), rest, value)
    return members


def _value(old: Json, new: Json) -> Json:
    """``{$shift: s}`` moves a date by seconds, ``{$repeat: n}`` has a list's elements n times over."""
    if isinstance(new, Mapping) and "$shift" in new:
        return _shifted(old, timedelta(seconds=cast(int, new["$shift"])))
    if isinstance(new, Mapping) and "$repeat" in new and isinstance(old, list):
        return old * cast(int, new["$repeat"])
    return new


def _shifted(date: Json, by: timedelta) -> Json:
    try:
        return (datetime.strptime(str(date), DATE) + by).strftime(DATE)
    except ValueError:
        return date


def _found(inside: Json, path: list[str]) -> Json:
    for part in path:
        inside = inside.get(part) if isinstance(inside, Mapping) else None
    return inside


def _structure(value: Json) -> Json:
    """A parameter that holds JSON text is a structure."""
    return _json(value.encode()) if isinstance(value, str) and value[:1] in ("{", "[") else value


def _headers(headers: Headers, change: Change) -> Headers:
    changed = {name.lower() for name in change.headers}
    kept = tuple(pair for pair in headers if pair[0].lower() not in changed)
    return kept + tuple((name, value) for name, value in change.headers.items() if value)


def _json(content: bytes) -> Json:
    try:
        return cast(Json, orjson.loads(content))
    except orjson.JSONDecodeError:
        return None


def _text(value: Json) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
