"""The mix: how often which kind of call is made and how long it lasts. Times are in seconds."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from callproof.contract.jsontypes import JsonObject
from callproof.contract.schemas import load
from callproof.files.yamlfile import Document

# The virtual PBX takes no longer times in a script.
LONGEST = 14_400.0


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Telephone calls last like this: most are short, a few are very long."""

    median: float
    sigma: float = 0.8

    @property
    def mean(self) -> float:
        return self.median * math.exp(self.sigma**2 / 2)

    def draw(self, dice: random.Random) -> float:
        return min(dice.lognormvariate(math.log(self.median), self.sigma), LONGEST)


@dataclass(frozen=True)
class Mix:
    """Shares are from 0 to 1, outcomes and hours are weights; ``schemas/traffic-mix.json`` tells more."""

    incoming: float = 0.7
    known: float = 0.8
    click_to_call: float = 0.5
    incoming_outcomes: Mapping[str, float] = field(
        default_factory=lambda: {
            "answered": 76,
            "no answer": 10,
            "cancelled": 10,
            "refused": 3,
            "failed": 1,
        }
    )
    outgoing_outcomes: Mapping[str, float] = field(
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


def load_mix(file: str) -> Mix:
    """A mix from YAML. Raises FileError, which names the line, for anything wrong in it."""
    document = Document(Path(file))
    document.demand(load("traffic-mix"), document.data)
    data, usual = cast(JsonObject, document.data), Mix()

    def number(name: str, default: float) -> float:
        return cast(float, data.get(name, default))

    def weights(name: str, default: Mapping[str, float]) -> Mapping[str, float]:
        found = cast("Mapping[str, float]", data.get(name, default))
        if not any(found.values()):
            raise document.error((name,), "one of the outcomes must have a weight above 0")
        return found

    def log_normal(name: str, default: LogNormal) -> LogNormal:
        sent = cast("Mapping[str, float] | None", data.get(name))
        return LogNormal(sent["median"], sent.get("sigma", default.sigma)) if sent else default

    hours = tuple(cast("list[float]", data.get("hours") or usual.hours))
    if not any(hours):
        raise document.error(("hours",), "one of the hours must have a weight above 0")
    return Mix(
        incoming=number("incoming", usual.incoming),
        known=number("known", usual.known),
        click_to_call=number("click-to-call", usual.click_to_call),
        incoming_outcomes=weights("incoming-outcomes", usual.incoming_outcomes),
        outgoing_outcomes=weights("outgoing-outcomes", usual.outgoing_outcomes),
        answer=log_normal("answer", usual.answer),
        talk=log_normal("talk", usual.talk),
        hold=number("hold", usual.hold),
        hold_seconds=number("hold-seconds", usual.hold_seconds),
        transfer=number("transfer", usual.transfer),
        hours=hours,
    )
