"""Exchanges as reports show them: without what differs from run to run, so that the same seed on the
manual clock gives the same bytes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from callproof.conformance.evidence import Exchange, Message
from callproof.contract.jsontypes import Json

# Said by a server of itself and of its machine's time, or by the runner to our own ends.
VARYING = frozenset({"date", "server", "connection", "keep-alive", "x-callproof-bench"})
_BOUNDARY = re.compile(r'(?i)^multipart/.*;\s*boundary="?([^";,\s]+)')


def steady(exchange: Exchange, masked: Callable[[str], str]) -> Exchange:
    """The exchange without clocks, servers and boundaries, ``masked`` where it names a port."""
    return replace(
        exchange,
        url=masked(exchange.url),
        params=mapped(exchange.params, masked),
        answer=mapped(exchange.answer, masked),
        error=masked(exchange.error),
        refused=masked(exchange.refused),
        request=_message(exchange.request, masked),
        reply=_message(exchange.reply, masked) if exchange.reply else None,
    )


def mapped(value: Json, change: Callable[[str], str]) -> Json:
    """The same structure with every text changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [mapped(inner, change) for inner in value]
    if isinstance(value, Mapping):
        return {name: mapped(inner, change) for name, inner in value.items()}
    return value


def _message(message: Message, masked: Callable[[str], str]) -> Message:
    found = _BOUNDARY.match(message.header("content-type"))

    def change(text: str) -> str:
        return masked(text.replace(found[1], "boundary") if found else text)

    headers = tuple((name, change(value)) for name, value in message.headers if name.lower() not in VARYING)
    text = None if message.text is None else change(message.text)
    return replace(message, headers=headers).saying(text)
