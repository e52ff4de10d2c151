"""The mix: how often which kind of call is made and how long it lasts. Times are in seconds."""

import math
import random
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from callproof.contract.schemas import load
from callproof.files.typed import typed
from callproof.files.yamlfile import Document

# The virtual PBX takes no longer times in a script.
LONGEST = 14_400.0


class LogNormal(msgspec.Struct, frozen=True):
    """Telephone calls last like this: most are short, a few are very long."""

    median: float
    sigma: float = 0.8

    @property
    def mean(self) -> float:
        return self.median * math.exp(self.sigma**2 / 2)

    def draw(self, dice: random.Random) -> float:
        return min(dice.lognormvariate(math.log(self.median), self.sigma), LONGEST)


class Mix(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """Shares are from 0 to 1, outcomes and hours are weights; ``schemas/traffic-mix.json`` tells more."""

    incoming: float = 0.7
    known: float = 0.8
    click_to_call: float = 0.5
    incoming_outcomes: Mapping[str, float] = msgspec.field(
        default_factory=lambda: {
            "answered": 76,
            "no answer": 10,
            "cancelled": 10,
            "refused": 3,
            "failed": 1,
        }
    )
    outgoing_outcomes: Mapping[str, float] = msgspec.field(
        default_factory=lambda: {
            "answered": 65,
            "no answer": 15,
            "cancelled": 5,
            "busy": 10,
            "refused": 3,
            "failed": 2,
        }
    )
    answer: LogNormal = LogNormal(7, 0.5)
    talk: LogNormal = LogNormal(75, 0.8)
    hold: float = 0.1
    hold_seconds: float = 20.0
    transfer: float = 0.05
    hours: tuple[float, ...] = (1.0,) * 24

    @property
    def mean_holding(self) -> float:
        """How long a call keeps an extension on average, about."""
        answered = sum(
            share * outcomes.get("answered", 0) / sum(outcomes.values())
            for share, outcomes in (
                (self.incoming, self.incoming_outcomes),
                (1 - self.incoming, self.outgoing_outcomes),
            )
        )
        return self.answer.mean + answered * (self.talk.mean + self.hold * self.hold_seconds)

    def busyness(self, hour: int) -> float:
        """The share of the full rate in this hour of the day."""
        return self.hours[hour] / max(self.hours)


class _Spread(msgspec.Struct, frozen=True):
    sigma: float | None = None


class _Answering(msgspec.Struct, frozen=True):
    """Whether the file says how the time until the answer scatters; that has a default of its own."""

    answer: _Spread = _Spread(Mix().answer.sigma)


def load_mix(file: str) -> Mix:
    """A mix from YAML. Raises FileError, which names the line, for anything wrong in it."""
    document = Document(Path(file))
    document.demand(load("traffic-mix"), document.data)
    mix = typed(document, Mix)
    if typed(document, _Answering).answer.sigma is None:
        mix = replace(mix, answer=replace(mix.answer, sigma=Mix().answer.sigma))
    for name, outcomes in (
        ("incoming-outcomes", mix.incoming_outcomes),
        ("outgoing-outcomes", mix.outgoing_outcomes),
    ):
        if not any(outcomes.values()):
            raise document.error((name,), "one of the outcomes must have a weight above 0")
    if not any(mix.hours):
        raise document.error(("hours",), "one of the hours must have a weight above 0")
    return mix
