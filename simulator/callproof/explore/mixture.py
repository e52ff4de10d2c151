"""Which rules a run follows how often: uniform ones rarely reach the states that matter, so each run has a
mixture of its own, and leaves some of them out."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from callproof.contract.jsontypes import JsonObject
from callproof.explore.board import Moment
from callproof.explore.people import PEOPLE, Rule
from callproof.explore.surroundings import SURROUNDINGS

RULES: Mapping[str, tuple[float, Rule]] = {**PEOPLE, **SURROUNDINGS}
# Without these nothing goes on.
ALWAYS = frozenset(("customer calls", "wait"))
LEFT_OUT = 0.25
# How much more or less often than usual, as a power of two.
SPREAD = 2.0
SHORTEST, LONGEST = 8, 60


@dataclass(frozen=True)
class Mixture:
    """Weights by the names of the rules; ``length`` is how many steps are made up before all is ended."""

    weights: Mapping[str, float]
    length: int
    gentle: bool

    def steps(self, now: Moment) -> Iterator[JsonObject]:
        """What is done next: of the rules that can do something at the moment one by its weight."""
        left = dict(self.weights)
        while left:
            (name,) = now.dice.choices(list(left), list(left.values()))
            if found := list(RULES[name][1](now)):
                yield from found
                return
            del left[name]


def mixture(dice: random.Random, absent: frozenset[str], *, gentle: bool) -> Mixture:
    """Of the rules whose action nobody lacks."""
    weights = {}
    for name, (usual, _) in RULES.items():
        out = dice.random() < LEFT_OUT and name not in ALWAYS
        factor = 2 ** dice.uniform(-SPREAD, SPREAD)
        if not out and name not in absent:
            weights[name] = usual * factor
    return Mixture(weights, dice.randint(SHORTEST, LONGEST), gentle)
