"""What the body of an answer is, where it is no JSON: sound of some length, or a part of another body.

A body is told as ``{"base64": ..., "size": ..., "type": ...}``: its beginning, how many bytes it has in
all, and its Content-Type.
"""

import msgspec

from callproof import kinds
from callproof.contract import sound
from callproof.contract.jsontypes import Json

# A recording may begin with the ringing, or miss a word: so many seconds, and such a share, are nothing.
_AROUND, _SHARE = 3.0, 0.2


class Kept(msgspec.Struct):
    """The beginning of a body, how many bytes it has, and what it is said to be."""

    base64: bytes = b""
    size: int = 0
    type: str = ""


class _Wanted(msgspec.Struct):
    seconds: float | None = None
    waiting: float = 0.0


class _Part(msgspec.Struct, rename={"first": "from", "last": "to"}):
    of: Kept
    first: int
    last: int | None = None


def unlike_sound(wanted: Json, body: object, where: str, slack: float) -> list[str]:
    """Why a body is no sound, or not of about ``{seconds: n, waiting: n}``; the ringing may be in it."""
    asked, kept = kinds.convert(wanted, _Wanted), kinds.convert(body or {}, Kept)
    found = sound.seconds(kept.base64, kept.size)
    if not sound.is_sound(kept.base64):
        return [f"{where} is no sound: it begins with {kept.base64[:20]!r}"]
    if asked.seconds is None or found is None:
        return []
    off = _AROUND + slack + _SHARE * asked.seconds
    if asked.seconds - off <= found <= asked.seconds + asked.waiting + off:
        return []
    return [f"{where} lasts {found:.0f} s, expected about {asked.seconds:g} s"]


def misnamed(body: object, where: str) -> list[str]:
    """Why its Content-Type is that of another kind of sound."""
    kept = kinds.convert(body or {}, Kept)
    kind = sound.named_wrongly(kept.base64, kept.type)
    return [f"{where} is {kind}, and its Content-Type says {kept.type}"] if kind else []


def unlike_part(wanted: Json, body: object, where: str) -> list[str]:
    """Why a body is not the asked part of the whole, as far as both were kept."""
    try:
        part, kept = kinds.convert(wanted, _Part), kinds.convert(body or {}, Kept)
    except msgspec.ValidationError:
        return [f"there is no whole that {where} could be a part of"]
    stop = part.of.size if part.last is None else min(part.last + 1, part.of.size)
    if kept.size != stop - part.first:
        return [f"{where} has {kept.size} bytes, expected {stop - part.first}"]
    both = min(len(kept.base64), len(part.of.base64[part.first : stop]))
    if kept.base64[:both] != part.of.base64[part.first : part.first + both]:
        return [f"{where} is not the bytes from {part.first} on of the whole"]
    return []
