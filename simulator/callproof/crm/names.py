"""The names of people who are nobody; the same seed gives the same ones."""

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate, count
from random import Random

from callproof.crm.account import DEFAULT_SEED

# The first ones of the usual seed, as many as the usual account has people: whoever starts with these need
# not wait for Faker, whose import takes longer than all else that makes an account.
_KEPT = """
Dennis Boone, Kathryn Scott, Tyler Cole, Denise Kramer, Clifford Johnson, Mary Reynolds, Kathryn
Smith, Sean Griffith, Jeremy Landry, Rachel Johnson, Anthony Weaver, Sheila James, Jay Henderson,
Anthony Walker, Samuel Simpson, Jesse Hall, Jeffery Stevens, Keith Smith, Mary Hawkins, Dawn Lopez,
Victoria Heath, David Cook
"""
KEPT = tuple((first, last) for first, last in map(str.split, _KEPT.split(",")))


def names(seed: int) -> Iterator[tuple[str, str]]:
    """First names and last names, as many as are asked for."""
    kept = KEPT if seed == DEFAULT_SEED else ()
    yield from kept
    # Only here, and of Faker the lists alone: it adds up the weights of a thousand names for each that it
    # draws.
    from faker.providers.person.en_US import Provider

    dice = Random(seed)
    first, last = (_draw(dice, weights) for weights in (Provider.first_names, Provider.last_names))
    for number in count():
        name = first(), last()
        if number >= len(kept):
            yield name


def _draw(dice: Random, weights: Mapping[str, float]) -> Callable[[], str]:
    """What draws the same names as Faker from the same seed."""
    choices, sums = tuple(weights), tuple(accumulate(weights.values()))
    return lambda: dice.choices(choices, cum_weights=sums)[0]
