"""The names of people who are nobody; the same seed gives the same ones."""

from collections.abc import Iterator
from itertools import count

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
    # Of its providers one is enough.
    from faker import Faker

    fake = Faker("en_US", providers=["faker.providers.person"])
    fake.seed_instance(seed)
    for number in count():
        name = fake.first_name(), fake.last_name()
        if number >= len(kept):
            yield name
