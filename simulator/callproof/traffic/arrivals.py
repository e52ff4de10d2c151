"""When calls begin and what becomes of them, all drawn from a seed.

Arrivals are a Poisson process whose rate follows the hours of the day; it is thinned from the full rate,
so that the same seed gives the same calls whatever the ends do.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from callproof.contract.jsontypes import JsonObject
from callproof.traffic.mix import Mix


@dataclass(frozen=True)
class Arrival:
    """One call to be made at ``at``, seconds since 1970.

    ``phone`` is the customer's, ``line`` what a customer dials. ``dice`` decides what depends on the
    moment: which of the free extensions a manager sits at, or a call is passed on to.
    """

    at: float
    incoming: bool
    phone: str
    line: str
    script: JsonObject
    by_click: bool = False
    passed_on: bool = False
    seed: int = 0

    @cached_property
    def dice(self) -> random.Random:
        return random.Random(self.seed)


@dataclass(frozen=True)
class Source:
    """Who calls whom: numbers of the CRM's customers, lines of the PBX."""

    customers: tuple[str, ...]
    lines: tuple[str, ...]


def arrivals(
    mix: Mix, rate: float, seed: int, start: float, source: Source, zone: str
) -> Iterator[Arrival]:
    """Calls without end from ``start`` on, ``rate`` a second in the busiest hour."""
    dice = random.Random(f"traffic:{seed}")
    hours = ZoneInfo(zone)
    for at in moments(rate, dice, start, lambda at: mix.busyness(datetime.fromtimestamp(at, hours).hour)):
        yield arrival(mix, at, dice, source)


def moments(
    peak: float, dice: random.Random, start: float, share: Callable[[float], float]
) -> Iterator[float]:
    """When calls begin, without end from ``start`` on: a Poisson process of ``peak`` calls a second, of
    which ``share``, from 0 to 1, says how much is left at a moment."""
    at = start
    while True:
        at += dice.expovariate(peak)
        if dice.random() < share(at):
            yield at


def arrival(mix: Mix, at: float, dice: random.Random, source: Source) -> Arrival:
    """What becomes of the call that begins at this moment."""
    incoming = dice.random() < mix.incoming
    known = not incoming or dice.random() < mix.known
    phone = dice.choice(source.customers) if known and source.customers else _stranger(dice)
    script = _script(mix, incoming, dice)
    answered = script["outcome"] == "answered"
    return Arrival(
        at,
        incoming,
        phone,
        dice.choice(source.lines),
        script,
        by_click=not incoming and dice.random() < mix.click_to_call,
        passed_on=incoming and answered and dice.random() < mix.transfer,
        seed=dice.getrandbits(32),
    )


def _stranger(dice: random.Random) -> str:
    return f"+7 9{dice.randrange(100):02} {dice.randrange(1000):03}-{dice.randrange(10_000):04}"


def _script(mix: Mix, incoming: bool, dice: random.Random) -> JsonObject:
    outcomes = mix.incoming_outcomes if incoming else mix.outgoing_outcomes
    outcome = dice.choices(list(outcomes), weights=list(outcomes.values()))[0]
    script: JsonObject = {"outcome": outcome, "after": round(mix.answer.draw(dice), 1)}
    if outcome == "answered":
        script["talk"] = round(mix.talk.draw(dice), 1)
        script["hungUpBy"] = dice.choice(("customer", "manager"))
        if dice.random() < mix.hold:
            script["hold"] = mix.hold_seconds
    if not incoming:
        script["pickUp"] = round(dice.uniform(1, 4), 1)
    return script
