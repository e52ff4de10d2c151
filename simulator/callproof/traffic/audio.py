"""Whether a recording is served as a player needs it, by its first bytes alone."""

import struct

import requests

from callproof.exchange.trust import USUAL, Trust, why

HEAD = 1024
TIMEOUT = 60.0
# Of the encoder's first and last frame, in seconds.
TOLERANCE = 0.5
_KBPS = {
    # MPEG-2 and 2.5, layer III
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}


def problem(url: str, seconds: int, trust: Trust = USUAL) -> str | None:
    """What is wrong with the recording, as the end of a sentence; ``seconds`` is how long it should be."""
    try:
        with trust.session() as session:
            answer = session.get(url, headers={"Range": f"bytes=0-{HEAD - 1}"}, timeout=TIMEOUT)
    except requests.RequestException as error:
        return f"cannot be fetched ({why(error)})"
    if answer.status_code != 206:
        return f"is answered {answer.status_code}, expected 206 for a part"
    if not answer.headers.get("Content-Type", "").startswith("audio/"):
        return f"is {answer.headers.get('Content-Type')}, expected audio"
    size = answer.headers.get("Content-Range", "").rpartition("/")[2]
    if not size.isdecimal():
        return "is served in parts without its whole size"
    lasts = length(answer.content, int(size))
    if lasts is None:
        return "is neither WAV nor MP3"
    if abs(lasts - seconds) > TOLERANCE:
        return f"lasts {lasts:.1f} s, expected {seconds}"
    return None


def length(head: bytes, size: int) -> float | None:
    """Seconds of sound in a file of ``size`` bytes that begins like this; None when it is no audio.

    Of WAV the plain form is known, of MP3 a constant bit rate.
    """
    if head[:4] == b"RIFF" and head[8:16] == b"WAVEfmt " and head[36:40] == b"data":
        rate, data = struct.unpack("<I", head[28:32])[0], struct.unpack("<I", head[40:44])[0]
        return data / rate if data == size - 44 else None
    if len(head) > 3 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        version = 1 if head[1] >> 3 & 3 == 3 else 2
        index = head[2] >> 4
        return size * 8 / (_KBPS[version][index] * 1000) if 0 < index < 15 else None
    return None
