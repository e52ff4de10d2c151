"""Recordings: speech-like stereo audio, the customer on the left, the manager on the right.

16-bit PCM WAV at 8 kHz, made from the call's id and length when it is asked for, so that nothing is
stored and the same call always sounds the same.
"""

import math
import random
import struct
import sys
from array import array
from functools import lru_cache
from typing import TypeAlias

RATE = 8_000
CHANNELS = 2
BYTES_PER_SECOND = RATE * CHANNELS * 2
HEADER_SIZE = 44
CONTENT_TYPE = "audio/wav"

# The type takes no argument at run time before Python 3.12.
Samples: TypeAlias = "array[int]"

_SPURT_SECONDS = 0.5
_SPURTS = 6


def size(seconds: int) -> int:
    """Bytes of the whole file."""
    return HEADER_SIZE + seconds * BYTES_PER_SECOND


@lru_cache(maxsize=8)
def wav(call_id: str, seconds: int) -> bytes:
    """The whole file: the two parties take turns of one to three seconds."""
    dice = random.Random(f"recording:{call_id}")
    voices = (_spurts(dice, pitch=210.0), _spurts(dice, pitch=120.0))
    silence = array("h", bytes(2 * int(RATE * _SPURT_SECONDS)))
    sound = array("h")
    left_turns = 0
    speaker = 1
    for _ in range(int(seconds / _SPURT_SECONDS)):
        if left_turns == 0:
            speaker, left_turns = 1 - speaker, dice.randint(2, 6)
        left_turns -= 1
        spurt = dice.choice(voices[speaker])
        sound.extend(_interleave(spurt, silence) if speaker == 0 else _interleave(silence, spurt))
    if sys.byteorder == "big":
        sound.byteswap()
    data = sound.tobytes()
    return _header(len(data)) + data


def _header(length: int) -> bytes:
    riff = struct.pack("<4sI4s", b"RIFF", 36 + length, b"WAVE")
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, CHANNELS, RATE, BYTES_PER_SECOND, CHANNELS * 2, 16)
    return riff + form + struct.pack("<4sI", b"data", length)


def _spurts(dice: random.Random, pitch: float) -> list[Samples]:
    return [_spurt(dice, pitch) for _ in range(_SPURTS)]


def _spurt(dice: random.Random, pitch: float) -> Samples:
    """Half a second of voiced sound: a gliding pitch with three harmonics under syllable-like swells."""
    glide = dice.uniform(-0.15, 0.15)
    syllables = dice.choice((2, 3))
    weights = [dice.uniform(0.3, 1.0) / harmonic for harmonic in (1, 2, 3)]
    scale = 9_000 / sum(weights)
    length = int(RATE * _SPURT_SECONDS)
    samples = array("h")
    phase = 0.0
    for index in range(length):
        progress = index / length
        phase += 2 * math.pi * pitch * (1 + glide * progress) / RATE
        swell = math.sin(math.pi * syllables * progress) ** 2
        tone = sum(weight * math.sin(phase * n) for n, weight in enumerate(weights, start=1))
        samples.append(int(scale * swell * tone))
    return samples


def _interleave(left: Samples, right: Samples) -> Samples:
    both = array("h", bytes(4 * len(left)))
    both[::2] = left
    both[1::2] = right
    return both
