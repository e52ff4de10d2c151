"""Players of other people read the recordings: ffprobe tells what they are, ffmpeg plays and seeks."""

import shutil
import subprocess
from array import array
from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest
import requests

from callproof.pbx.plan import default_plan
from callproof.pbx.rules.plan import Recordings
from callproof.running.pair import BuiltIn, built_in

SECONDS = 12
RATE = 8_000
CODECS = {"wav": "pcm_s16le", "mp3": "mp3"}

pytestmark = pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffmpeg is not installed")


@pytest.fixture(params=["wav", "mp3"])
def recorded(request: pytest.FixtureRequest) -> Iterator[tuple[BuiltIn, str, str]]:
    """A pair whose PBX has the recording of one call, the format and the address of the recording."""
    plan = replace(default_plan(), recordings=Recordings(format=request.param))
    with built_in(plan=plan) as pair:
        pair.pbx.crm.register()
        control = f"{pair.pbx_url}/_bench"
        asked = {
            "from": "+7 912 345-67-89",
            "to": "+7-499-999-99-99",
            "script": {"after": 1, "talk": SECONDS},
        }
        call = requests.post(f"{control}/calls", json=asked, timeout=10).json()["id"]
        requests.post(f"{control}/clock", json={"advance": 60}, timeout=10)
        with pair.crm.store.begin() as session:
            stored = session.call(call)
        assert stored is not None
        yield pair, request.param, str(stored.document["recordUrl"])


def run(*words: str, stdin: bytes = b"") -> bytes:
    found = subprocess.run(words, input=stdin, capture_output=True, timeout=60)
    assert (found.returncode, found.stderr) == (0, b""), found.stderr
    return found.stdout


def played(source: str, *options: str, stdin: bytes = b"") -> tuple[float, int]:
    """Seconds that were played and the loudest sample."""
    sound = run(
        "ffmpeg", "-v", "error", *options, "-i", source, "-f", "s16le", "-ac", "1", "-", stdin=stdin
    )
    samples = array("h", sound)
    return len(samples) / RATE, max(samples)


def test_ffprobe_reads_every_format(recorded: tuple[BuiltIn, str, str]) -> None:
    _, kind, url = recorded
    told = run("ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", url)
    stream, found = orjson.loads(told)["streams"][0], orjson.loads(told)["format"]
    assert (stream["codec_name"], stream["channels"], stream["sample_rate"]) == (CODECS[kind], 2, str(RATE))
    assert float(found["duration"]) == pytest.approx(SECONDS, abs=0.3)
    assert int(found["size"]) == int(requests.head(url, timeout=10).headers["Content-Length"])


def test_a_player_seeks_to_the_second_half_by_range(recorded: tuple[BuiltIn, str, str]) -> None:
    pair, kind, url = recorded
    seconds, loudest = played(url, "-ss", str(SECONDS / 2))
    assert seconds == pytest.approx(SECONDS / 2, abs=0.3)
    assert loudest > 3000
    ranges = {
        value
        for entry in pair.pbx.journal.since(0)
        for name, value in entry.request.headers
        if name.lower() == "range" and "/recordings/" in entry.request.url
    }
    # So short an MP3 is read in one go; nothing is left to skip.
    assert kind == "mp3" or any(not value.startswith("bytes=0-") for value in ranges), ranges


def test_the_bytes_of_the_second_half_play(recorded: tuple[BuiltIn, str, str]) -> None:
    _, kind, url = recorded
    size = int(requests.head(url, timeout=10).headers["Content-Length"])
    half = size // 2 // 4 * 4
    part = requests.get(url, headers={"Range": f"bytes={half}-"}, timeout=10)
    assert (part.status_code, len(part.content)) == (206, size - half)
    form = (
        ("-f", "s16le", "-ar", str(RATE), "-ac", "2")
        if kind == "wav"
        else ("-f", "mp3", "-err_detect", "ignore_err")
    )
    sound = subprocess.run(
        ["ffmpeg", "-v", "quiet", *form, "-i", "-", "-f", "s16le", "-ac", "1", "-"],
        input=part.content,
        capture_output=True,
        timeout=60,
    )
    assert sound.returncode == 0
    samples = array("h", sound.stdout)
    assert len(samples) / RATE == pytest.approx(SECONDS / 2, abs=0.5)
    assert max(samples) > 3000
