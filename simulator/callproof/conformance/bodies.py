"""What the body of an answer is, where it is no JSON: sound of some length, or a part of another body.

A body is told as ``{"base64": ..., "size": ...}``: its beginning, and how many bytes it has in all.
"""

import re
import struct

import msgspec

from callproof.contract.jsontypes import Json

# How sound begins, besides WAV and MPEG, whose length is read.
_KNOWN = re.compile(rb"OggS|fLaC|#!AMR|\x1aE\xdf\xa3|FORM....AIF|\.snd|.{4}ftyp|#!SILK", re.DOTALL)
# Of MPEG audio, layer III, in kbit/s: version 1, and versions 2 and 2.5.
_KBPS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
# A recording may begin with the ringing, or miss a word: so many seconds, and such a share, are nothing.
_AROUND, _SHARE = 3.0, 0.2


class Kept(msgspec.Struct):
    """The beginning of a body, and how many bytes it has."""

    base64: bytes = b""
    size: int = 0


class _Wanted(msgspec.Struct):
    seconds: float | None = None
    waiting: float = 0.0


class _Part(msgspec.Struct, rename={"first": "from", "last": "to"}):
    of: Kept
    first: int
    last: int | None = None


class _NoSound(ValueError):
    """A body that does not begin as any kind of sound does."""


def unlike_sound(wanted: Json, body: object, where: str, slack: float) -> list[str]:
    """Why a body is no sound, or not of about ``{seconds: n, waiting: n}``; the ringing may be in it."""
    asked, kept = msgspec.convert(wanted, _Wanted), msgspec.convert(body or {}, Kept)
    try:
        found = seconds(kept)
    except _NoSound:
        return [f"{where} is no sound: it begins with {kept.base64[:20]!r}"]
    if asked.seconds is None or found is None:
        return []
    off = _AROUND + slack + _SHARE * asked.seconds
    if asked.seconds - off <= found <= asked.seconds + asked.waiting + off:
        return []
    return [f"{where} lasts {found:.0f} s, expected about {asked.seconds:g} s"]


def unlike_part(wanted: Json, body: object, where: str) -> list[str]:
    """Why a body is not the asked part of the whole, as far as both were kept."""
    try:
        part, kept = msgspec.convert(wanted, _Part), msgspec.convert(body or {}, Kept)
    except msgspec.ValidationError:
        return [f"there is no whole that {where} could be a part of"]
    stop = part.of.size if part.last is None else min(part.last + 1, part.of.size)
    if kept.size != stop - part.first:
        return [f"{where} has {kept.size} bytes, expected {stop - part.first}"]
    both = min(len(kept.base64), len(part.of.base64[part.first : stop]))
    if kept.base64[:both] != part.of.base64[part.first : part.first + both]:
        return [f"{where} is not the bytes from {part.first} on of the whole"]
    return []


def seconds(body: Kept) -> float | None:
    """How long the sound lasts, None where its beginning does not tell. Raises _NoSound."""
    content = body.base64
    if content[:4] in (b"RIFF", b"RF64") and content[8:12] == b"WAVE":
        return _wav_seconds(body)
    start = _behind_tag(content)
    if content[:3] == b"ID3" and start >= len(content):
        return None
    head = content[start : start + 4]
    if len(head) == 4 and head[0] == 0xFF and head[1] >= 0xE0:
        return _mpeg_seconds(body, start)
    if _KNOWN.match(content) is None:
        raise _NoSound
    return None


def _wav_seconds(body: Kept) -> float | None:
    """By the bytes that came, whatever the header says of their number."""
    content, place, rate = body.base64, 12, 0
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        if name == b"fmt " and place + 20 <= len(content):
            (rate,) = struct.unpack_from("<I", content, place + 16)
        if name == b"data":
            return (body.size - place - 8) / rate if rate else None
        place += 8 + size + size % 2
    return None


def _behind_tag(content: bytes) -> int:
    """Where an ID3 tag ends, whose size has seven bits in each byte."""
    if content[:3] != b"ID3" or len(content) < 10:
        return 0
    size = 0
    for byte in content[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _mpeg_seconds(body: Kept, start: int) -> float | None:
    """Of a constant rate; one that varies, or another layer, has no length that is told."""
    frame = body.base64[start : start + 200]
    version, layer, place = frame[1] >> 3 & 3, frame[1] >> 1 & 3, frame[2] >> 4
    varies = b"Xing" in frame or b"VBRI" in frame
    if layer != 1 or version == 1 or not 0 < place < 15 or varies:
        return None
    kbps = (_KBPS_1 if version == 3 else _KBPS_2)[place]
    return (body.size - start) * 8 / (kbps * 1000)
