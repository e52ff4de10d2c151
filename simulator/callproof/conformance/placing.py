"""Whether a request goes where the contract has it: by its verb, to the version and the addresses that
there are, and without a key that is not for the other side."""

import re
from collections.abc import Iterator, Mapping

from callproof.conformance.addresses import ELSEWHERE, ROWS, SECRET
from callproof.conformance.evidence import Seen
from callproof.conformance.verdict import Check
from callproof.contract.beyond import is_beyond
from callproof.contract.jsontypes import Json
from callproof.contract.operations import Operation, Side

_OLDER = re.compile(r"/api/(v[34])/")
_NAMED_KEY = re.compile(r"(?i)\bapi[-_]?key=|\bx-api-key\b")
# Shorter keys could stand in a text by chance.
SHORTEST_KEY = 8


def placed(exchange: Seen, where: str, key: str) -> Iterator[Check]:
    """Checks on a request to the other side, whose API ``key`` it is."""
    if exchange.operation or not _is_known(exchange):
        operation, elsewhere = exchange.operation or exchange.instead, ELSEWHERE[exchange.asked_by]
        row = ROWS.get(operation.name if operation else "", elsewhere)
        yield Check(row, str(exchange), where, _misplaced(exchange, operation))
        if row != elsewhere:
            yield Check(elsewhere, str(exchange), where)
    yield from _secret(exchange, where, key)


def _misplaced(exchange: Seen, operation: Operation | None) -> str:
    """Why the request reaches nobody, or nobody any more."""
    if operation is None and exchange.path.startswith("//"):
        return "the path begins with two slashes, as after a base URL that ends with one"
    if operation is None:
        return "there is no such method or address"
    if exchange.method != operation.method and not _is_glance(exchange, operation):
        return f"it is a {exchange.method}, expected {operation.method}"
    older = _OLDER.match(exchange.path)
    return f"{older[1]} is deprecated, the guide has v5" if older else ""


def _is_glance(exchange: Seen, operation: Operation) -> bool:
    """A HEAD for what can be had, such as a recording, before it is; at the other addresses it would
    act."""
    return exchange.method == "HEAD" and (operation.name == "record" or operation.asked_by is Side.PBX)


def _is_known(exchange: Seen) -> bool:
    if exchange.asked_by is Side.PBX:
        return is_beyond(exchange.path) and not _OLDER.match(exchange.path)
    # What a browser looks for by itself.
    return exchange.file or exchange.path in ("/favicon.ico", "/robots.txt")


def _secret(exchange: Seen, where: str, key: str) -> Iterator[Check]:
    """The key goes from the PBX to the CRM in its own places, and back in none."""
    row = SECRET[exchange.asked_by]
    if exchange.asked_by is Side.CRM:
        request = exchange.request
        headers = [f"{name}: {value}" for name, value in request.headers]
        told = any(_tells(text, key) for text in (exchange.url, request.body.text or "", *headers))
        yield Check(row, str(exchange), where, "the PBX is told the API key" if told else "")
    elif exchange.operation and exchange.operation.entity:
        found = _holding(exchange.params, key)
        yield Check(row, str(exchange), where, f"{found} holds the API key" if found else "")


def _holding(value: Json, key: str, path: str = "") -> str:
    """The member whose text holds the key, "" for none."""
    if isinstance(value, Mapping):
        found = [_holding(inner, key, f"{path}/{name}") for name, inner in value.items()]
    elif isinstance(value, list):
        found = [_holding(inner, key, f"{path}/{place}") for place, inner in enumerate(value)]
    else:
        return path if isinstance(value, str) and _tells(value, key) else ""
    return next(filter(None, found), "")


def _tells(text: str, key: str) -> bool:
    return _NAMED_KEY.search(text) is not None or (len(key) >= SHORTEST_KEY and key in text)
