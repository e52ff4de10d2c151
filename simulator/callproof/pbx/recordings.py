"""Recordings: speech-like stereo audio, the customer on the left, the manager on the right.

16-bit PCM at 8 kHz as WAV, or the same as MP3. It is made from the call's id and length when it is asked
for, so that nothing is stored and the same call always sounds the same: no library makes speech from a
seed, and encoding it is left to one.
"""

import math
import random
import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple, TypeAlias

import lameenc

RATE = 8_000
CHANNELS = 2
BYTES_PER_SECOND = RATE * CHANNELS * 2
HEADER_SIZE = 44
MP3_KBPS = 32
CONTENT_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg"}

# The type takes no argument at run time before Python 3.12.
Samples: TypeAlias = "array[int]"

_SPURT_SECONDS = 0.5
_SPURT_BYTES = int(BYTES_PER_SECOND * _SPURT_SECONDS)
_SPURTS = 16
# Of a recording, in seconds.
_BEGINNING = 4


@dataclass(frozen=True)
class Wav:
    """A file that is never whole in memory: each half second is one of a few spurts of speech."""

    call_id: str
    seconds: int

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return HEADER_SIZE + self.seconds * BYTES_PER_SECOND

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from ``start`` up to ``stop`` in pieces."""
        if start < HEADER_SIZE:
            yield _header(self.size - HEADER_SIZE)[start : min(stop, HEADER_SIZE)]
        if stop <= HEADER_SIZE:
            return
        # Whoever looks at the beginning alone does not wait for the rest to be thought of.
        whole = stop > HEADER_SIZE + _BEGINNING * BYTES_PER_SECOND
        order = _speech(self.call_id, self.seconds if whole else min(self.seconds, _BEGINNING))
        first = max(start - HEADER_SIZE, 0) // _SPURT_BYTES
        for place in range(first, len(order)):
            begins = HEADER_SIZE + place * _SPURT_BYTES
            if begins >= stop:
                return
            yield _spurt(order[place])[max(start - begins, 0) : stop - begins]


@dataclass(frozen=True)
class Mp3:
    """The same sound; the encoder's output has no size before it is made, so it is made whole."""

    call_id: str
    seconds: int

    @property
    def size(self) -> int:
        return len(_mp3(self.call_id, self.seconds))

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        yield _mp3(self.call_id, self.seconds)[start:stop]


class _Voice(NamedTuple):
    """How a spurt is spoken: its pitch in Hz and by how much that glides, its syllables, and how loud each
    harmonic is."""

    pitch: float
    glide: float
    syllables: int
    first: float
    second: float
    third: float


class Track:
    """A recording as a file that can be read from any place on, in pieces."""

    def __init__(self, sound: Wav | Mp3) -> None:
        self._sound = sound
        self.seek(0)

    def seekable(self) -> bool:
        return True

    def seek(self, place: int) -> None:
        self._place = place
        self._pieces = self._sound.read(place, self._sound.size)

    def tell(self) -> int:
        return self._place

    def __iter__(self) -> "Track":
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)


def recording(call_id: str, seconds: int, kind: str) -> Wav | Mp3:
    """The recording of a call; ``kind`` is ``wav`` or ``mp3``."""
    return Mp3(call_id, seconds) if kind == "mp3" else Wav(call_id, seconds)


@lru_cache(maxsize=8)
def _mp3(call_id: str, seconds: int) -> bytes:
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(MP3_KBPS)
    encoder.set_in_sample_rate(RATE)
    encoder.set_out_sample_rate(RATE)
    encoder.set_channels(CHANNELS)
    encoder.set_quality(7)
    encoded = bytearray()
    for spurt in _speech(call_id, seconds):
        encoded += encoder.encode(_host_order(_spurt(spurt)))
    return bytes(encoded + encoder.flush())


@lru_cache(maxsize=32)
def _speech(call_id: str, seconds: int) -> bytes:
    """The numbers of the spurts in their order. The two parties take turns of one to three seconds."""
    dice = random.Random(f"recording:{call_id}")
    order = bytearray()
    left, speaker = 0, 1
    for _ in range(int(seconds / _SPURT_SECONDS)):
        if left == 0:
            speaker, left = 1 - speaker, dice.randint(2, 6)
        left -= 1
        order.append(speaker * _SPURTS + dice.randrange(_SPURTS))
    return bytes(order)


@cache
def _spurt(number: int) -> bytes:
    """One of those that all calls are made of, with both channels interleaved."""
    return _interleaved(_sound(_voices()[number]), number // _SPURTS)


@cache
def _voices() -> tuple[_Voice, ...]:
    """How each spurt is spoken, the customer's before the manager's."""
    dice = random.Random("spurts")
    return tuple(_voice(dice, pitch) for pitch in (210.0, 120.0) for _ in range(_SPURTS))


def _voice(dice: random.Random, pitch: float) -> _Voice:
    glide = dice.uniform(-0.15, 0.15)
    syllables = dice.choice((2, 3))
    first, second, third = (dice.uniform(0.3, 1.0) / harmonic for harmonic in (1, 2, 3))
    return _Voice(pitch, glide, syllables, first, second, third)


def _header(length: int) -> bytes:
    riff = struct.pack("<4sI4s", b"RIFF", 36 + length, b"WAVE")
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, CHANNELS, RATE, BYTES_PER_SECOND, CHANNELS * 2, 16)
    return riff + form + struct.pack("<4sI", b"data", length)


def _sound(voice: _Voice) -> Samples:
    """Half a second of voiced sound: a gliding pitch with three harmonics under syllable-like swells."""
    pitch, glide, syllables, first, second, third = voice
    scale = 9_000 / (first + second + third)
    length = int(RATE * _SPURT_SECONDS)
    samples = array("h")
    phase, sin = 0.0, math.sin
    for index in range(length):
        progress = index / length
        phase += 2 * math.pi * pitch * (1 + glide * progress) / RATE
        swell = sin(math.pi * syllables * progress) ** 2
        tone = first * sin(phase) + second * sin(phase * 2) + third * sin(phase * 3)
        samples.append(int(scale * swell * tone))
    return samples


def _interleaved(spurt: Samples, channel: int) -> bytes:
    """One party speaks, the other listens; little-endian as WAV has it."""
    both = array("h", bytes(2 * CHANNELS * len(spurt)))
    both[channel::CHANNELS] = spurt
    if sys.byteorder == "big":
        both.byteswap()
    return both.tobytes()


def _host_order(samples: bytes) -> bytes:
    if sys.byteorder == "little":
        return samples
    swapped = array("h", samples)
    swapped.byteswap()
    return swapped.tobytes()
