"""What a recording is, by how it begins (evidence#record-type)."""

import re
import struct

# How sound begins, besides WAV and MPEG, whose length is read.
_KNOWN = re.compile(rb"OggS|fLaC|#!AMR|\x1aE\xdf\xa3|FORM....AIF|\.snd|.{4}ftyp|#!SILK", re.DOTALL)
# Of MPEG audio, layer III, in kbit/s: version 1, and versions 2 and 2.5.
_KBPS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
# By which Content-Types audio goes that begins in a way of its own; any other may be right as well.
_TYPES = {
    "WAV": ("wav", "x-wav", "wave", "vnd.wave", "x-pn-wav"),
    "MPEG": ("mpeg", "mp3", "mpeg3", "x-mpeg", "x-mp3", "x-mpeg-3", "mpa"),
    "Ogg": ("ogg", "x-ogg", "opus", "vorbis", "speex"),
    "FLAC": ("flac", "x-flac"),
}
# A WAV that holds MPEG audio says so in its format.
_MPEG_IN_WAV = (0x50, 0x55)
# Pages and messages begin so, where a recording was promised.
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*[<{\[]")


def is_text(content: bytes) -> bool:
    """Whether it is a page or JSON, whatever its Content-Type says; sound without any header may begin with
    the same byte, but is no text."""
    if not _MARKUP.match(content):
        return False
    start = content[:200].decode("utf-8-sig", "ignore")
    return "\0" not in start and all(sign.isprintable() or sign.isspace() for sign in start)


def is_sound(content: bytes) -> bool:
    """Whether it begins as some kind of sound does."""
    start = _behind_tag(content)
    tagged = content[:3] == b"ID3" and start >= len(content)
    return tagged or _is_wav(content) or _is_mpeg(content, start) or _KNOWN.match(content) is not None


def seconds(content: bytes, size: int) -> float | None:
    """How long the sound of ``size`` bytes lasts that begins like this, None where its beginning does not
    tell, or is none of sound."""
    if _is_wav(content):
        return _wav_seconds(content, size)
    start = _behind_tag(content)
    return _mpeg_seconds(content, size, start) if _is_mpeg(content, start) else None


def named_wrongly(content: bytes, content_type: str) -> str:
    """What sound it is, where its Content-Type is that of another kind; empty where that may be right."""
    subtype = content_type.partition(";")[0].strip().lower().removeprefix("audio/")
    told = next((kind for kind, known in _TYPES.items() if subtype in known), "")
    found = _kind(content)
    return found if told and found and told != found else ""


def _kind(content: bytes) -> str:
    if _is_wav(content):
        form = content[20:22] if content[12:16] == b"fmt " else b""
        return "" if int.from_bytes(form, "little") in _MPEG_IN_WAV else "WAV"
    if content[:4] in (b"OggS", b"fLaC"):
        return "Ogg" if content[:1] == b"O" else "FLAC"
    # Layer 0 is AAC, which begins alike.
    start = _behind_tag(content)
    return "MPEG" if _is_mpeg(content, start) and content[start + 1] & 6 else ""


def _is_wav(content: bytes) -> bool:
    return content[:4] in (b"RIFF", b"RF64") and content[8:12] == b"WAVE"


def _is_mpeg(content: bytes, start: int) -> bool:
    head = content[start : start + 4]
    return len(head) == 4 and head[0] == 0xFF and head[1] >= 0xE0


def _wav_seconds(content: bytes, size: int) -> float | None:
    """By the bytes that came, whatever the header says of their number."""
    place, rate = 12, 0
    while place + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, place)
        if name == b"fmt " and place + 20 <= len(content):
            (rate,) = struct.unpack_from("<I", content, place + 16)
        if name == b"data":
            return (size - place - 8) / rate if rate else None
        place += 8 + length + length % 2
    return None


def _behind_tag(content: bytes) -> int:
    """Where an ID3 tag ends, whose size has seven bits in each byte."""
    if content[:3] != b"ID3" or len(content) < 10:
        return 0
    size = 0
    for byte in content[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _mpeg_seconds(content: bytes, size: int, start: int) -> float | None:
    """Of a constant rate; one that varies, or another layer, has no length that is told."""
    frame = content[start : start + 200]
    version, layer, place = frame[1] >> 3 & 3, frame[1] >> 1 & 3, frame[2] >> 4
    varies = b"Xing" in frame or b"VBRI" in frame
    if layer != 1 or version == 1 or not 0 < place < 15 or varies:
        return None
    kbps = (_KBPS_1 if version == 3 else _KBPS_2)[place]
    return (size - start) * 8 / (kbps * 1000)
