"""Recordings are real audio that a player can seek in (evidence#guide-records)."""

import io
import wave
from array import array

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from callproof.pbx import recordings
from callproof.running.pair import BuiltIn

SIZE = recordings.Wav("any", 5).size


def whole(sound: recordings.Wav | recordings.Mp3) -> bytes:
    return b"".join(sound.read(0, sound.size))


def test_the_file_is_stereo_speech_of_the_length_of_the_call() -> None:
    with wave.open(io.BytesIO(whole(recordings.Wav("call", 7)))) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getsampwidth()) == (2, 8000, 2)
        assert sound.getnframes() == 7 * 8000
        samples = array("h", sound.readframes(sound.getnframes()))
    left, right = samples[::2], samples[1::2]
    assert max(left) > 3000
    assert max(right) > 3000
    # One party speaks at a time.
    assert not any(a and b for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_the_same_call_always_sounds_the_same_and_another_one_different(kind: str) -> None:
    one = whole(recordings.recording("one", 3, kind))
    assert one == whole(recordings.recording("one", 3, kind))
    assert one != whole(recordings.recording("two", 3, kind))
    assert len(one) == recordings.recording("one", 3, kind).size


@pytest.mark.parametrize("kind", ["wav", "mp3"])
@given(st.data())
def test_any_part_is_the_same_part_of_the_whole(kind: str, data: st.DataObject) -> None:
    sound = recordings.recording("call", 6, kind)
    start = data.draw(st.integers(0, sound.size - 1))
    stop = data.draw(st.integers(start + 1, sound.size))
    assert b"".join(sound.read(start, stop)) == whole(sound)[start:stop]


def test_a_long_recording_is_not_made_for_its_end() -> None:
    day = recordings.Wav("call", 86_400)
    assert len(b"".join(day.read(day.size - 100, day.size))) == 100


@pytest.fixture
def url(pair: BuiltIn) -> str:
    """The recording of a call of five seconds."""
    call = pair.pbx.engine.place_incoming("+7 912 345-67-89", "+7-499-999-99-99")
    requests.post(f"{pair.pbx_url}/_bench/clock", json={}, timeout=10)
    pair.pbx.engine.answer(call.id)
    requests.post(f"{pair.pbx_url}/_bench/clock", json={"advance": 5}, timeout=10)
    requests.post(f"{pair.pbx_url}/_bench/calls/{call.id}/hang-up", json={"by": "customer"}, timeout=10)
    return f"{pair.pbx_url}/recordings/{call.id}.wav"


def test_get_and_head_tell_the_same(url: str) -> None:
    full, head = requests.get(url, timeout=10), requests.head(url, timeout=10)
    assert full.headers["Content-Type"] == head.headers["Content-Type"] == "audio/wav"
    assert full.headers["Content-Length"] == head.headers["Content-Length"] == str(SIZE)
    assert full.headers["Accept-Ranges"] == "bytes"
    assert len(full.content) == SIZE


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, None),
        ("bytes=-44", -44, None),
        ("bytes=0-999999", 0, None),
    ],
)
def test_a_range_is_answered_with_that_part(url: str, asked: str, start: int, stop: int | None) -> None:
    full = requests.get(url, timeout=10).content
    part = requests.get(url, headers={"Range": asked}, timeout=10)
    assert part.status_code == 206
    assert part.content == full[start:stop]
    assert part.headers["Content-Range"].endswith(f"/{len(full)}")


def test_a_range_beyond_the_end_cannot_be_satisfied(url: str) -> None:
    answer = requests.get(url, headers={"Range": "bytes=999999-"}, timeout=10)
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize("asked", ["lines=1-2", "bytes=0-1,4-5", "nonsense"])
def test_other_ranges_get_the_whole_file(url: str, asked: str) -> None:
    assert requests.get(url, headers={"Range": asked}, timeout=10).status_code == 200


@pytest.mark.parametrize("name", ["nobody.wav", "nobody", "..%2fsecret.wav"])
def test_an_unknown_recording_is_not_found(pair: BuiltIn, name: str) -> None:
    assert requests.get(f"{pair.pbx_url}/recordings/{name}", timeout=10).status_code == 404
