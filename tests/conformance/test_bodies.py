"""Bodies of answers that are no JSON: sound of some length, and parts of a whole."""

import base64
import struct

import pytest

from callproof.conformance.matching import differences
from callproof.contract.jsontypes import Json, JsonObject


def body(content: bytes, size: int | None = None) -> JsonObject:
    return {"base64": base64.b64encode(content).decode(), "size": len(content) if size is None else size}


def wav(seconds: int, told: int = 0) -> JsonObject:
    size = 16_000 * seconds
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16_000, 2, 16)
    header = struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", told)
    return body(header + bytes(1000), 44 + size)


def audio(seconds: int) -> JsonObject:
    return {"$audio": {"seconds": seconds, "waiting": 4}}


MP3 = b"\xff\xe3\x28\xc4" + bytes(400)  # MPEG 2.5, layer III, 16 kbit/s


@pytest.mark.parametrize(
    "sound",
    [
        wav(60),
        wav(65, 0xFFFFFFFF),
        body(MP3, 2000 * 60),
        body(b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + MP3, 2000 * 60),
        body(b"ID3\x04\x00\x00\x00\x7f\x7f\x7f" + bytes(10), 10),
        body(b"\xff\xfb\x90\x64" + bytes(32) + b"Xing", 10),
        body(b"OggS\x00", 10),
        body(b"\x00\x00\x00\x20ftypM4A ", 10),
    ],
)
def test_sound_of_any_kind_is_known_by_its_beginning(sound: JsonObject) -> None:
    assert differences(audio(61), sound) == []


def test_what_is_no_sound_or_lasts_too_short_is_told() -> None:
    assert "no sound" in differences(audio(61), body(b"<html>not found</html>"))[0]
    assert "lasts 1 s, expected about 61 s" in differences(audio(61), wav(1))[0]
    assert "lasts 1 s" in differences(audio(61), body(MP3, 2000))[0]
    assert differences(audio(61), wav(90))


def test_a_part_has_the_bytes_of_the_whole() -> None:
    whole = body(bytes(range(200)), 1000)
    closed: Json = {"$part": {"of": whole, "from": 20, "to": 99}}
    assert differences(closed, body(bytes(range(20, 100)))) == []
    assert "expected 80" in differences(closed, body(bytes(range(20, 99))))[0]
    assert "from 20 on" in differences(closed, body(bytes(range(80))))[0]
    rest: Json = {"$part": {"of": whole, "from": 150}}
    assert differences(rest, body(bytes(range(150, 200)) + b"more", 850)) == []
    assert differences(rest, body(b"more", 850))
