"""Which calls an exchange is about, by the ids that both ends know, in whatever form they were sent.

The id of a call is the one that its PBX gave it: ``callExternalId`` of its events, ``externalId`` of its
history, ``callId`` where the virtual PBX answers a click, and the name of its recording.
"""

import re
from urllib.parse import unquote_plus

from callproof.contract.guide import RECORDINGS

# Of a long body the beginning is looked at, and no more ids are named than an upload has calls.
_LOOKED_AT = 256 * 1024
MOST = 50
_TELEPHONY = "/telephony/"
_OF_JSON = re.compile(
    r'"(?:callExternalId|externalId|callId)"\s*:\s*(?:"((?:[^"\\]|\\.){1,200})"|(-?\d{1,30}))'
)
_OF_FIELDS = re.compile(r'\[["\']?(?:callExternalId|externalId)["\']?\](?:=|"\s+)([^&"\r\n]{1,200})')


def calls_in(path: str, body: bytes, answer: bytes) -> tuple[str, ...]:
    """The ids, each once. ``path`` is that of the address, ``body`` what was asked and ``answer`` said."""
    if path.startswith(RECORDINGS):
        return (path.removeprefix(RECORDINGS).partition(".")[0],)
    if _TELEPHONY in path:
        asked = body[:_LOOKED_AT].decode("utf-8", "replace")
        text = unquote_plus(asked) if "%" in asked else asked
        return _first([*_found(_OF_JSON, text), *_found(_OF_FIELDS, text)])
    if path.startswith("/api/"):
        return ()
    # The virtual PBX tells which call came of a click.
    return _first(_found(_OF_JSON, answer[:_LOOKED_AT].decode("utf-8", "replace")))


def _found(pattern: re.Pattern[str], text: str) -> list[str]:
    return ["".join(group for group in found.groups() if group) for found in pattern.finditer(text)]


def _first(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))[:MOST]
