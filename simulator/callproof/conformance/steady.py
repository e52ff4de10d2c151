"""Exchanges as reports show them: without what differs from run to run, so that the same seed on the
manual clock gives the same bytes."""

import re
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from callproof.conformance.evidence import Half, Seen, reworded
from callproof.contract.jsontypes import Json

# Said by a server of itself and of its machine's time, or by the runner to our own ends.
VARYING = frozenset({"date", "server", "connection", "keep-alive", "x-callproof-bench"})
_BOUNDARY = re.compile(r'(?i)^multipart/.*;\s*boundary="?([^";,\s]+)')


def steady(seen: Seen, masked: Callable[[str], str]) -> Seen:
    """The exchange without clocks, servers and boundaries, ``masked`` where it names a port."""
    request = replace(seen.request, url=masked(seen.url))
    return replace(
        seen,
        exchange=replace(
            seen.exchange,
            request=_message(request, masked),
            answer=_message(seen.reply, masked) if seen.reply else None,
            error=masked(seen.error),
            # No report tells what the end itself found.
            findings=(),
        ),
        params=mapped(seen.params, masked),
        refused=masked(seen.refused),
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


def _message(message: Half, masked: Callable[[str], str]) -> Half:
    found = _BOUNDARY.match(message.header("content-type"))

    def change(text: str) -> str:
        return masked(text.replace(found[1], "boundary") if found else text)

    headers = tuple((name, change(value)) for name, value in message.headers if name.lower() not in VARYING)
    text = message.body.text
    return reworded(message, headers, None if text is None else change(text))
