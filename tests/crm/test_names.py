"""Names of people: the same for the same seed, whether they are kept or drawn."""

from itertools import islice

from faker import Faker

from callproof.contract.guide import MANAGERS
from callproof.crm.account import CUSTOMERS, DEFAULT_SEED
from callproof.crm.names import KEPT, names


def test_kept_names_are_those_that_the_usual_seed_draws_and_others_follow_them() -> None:
    fake = Faker("en_US", providers=["faker.providers.person"])
    fake.seed_instance(DEFAULT_SEED)
    drawn = [(fake.first_name(), fake.last_name()) for _ in range(40)]
    assert list(islice(names(DEFAULT_SEED), 40)) == drawn


def test_names_of_any_seed_are_those_that_faker_draws() -> None:
    fake = Faker("en_US", providers=["faker.providers.person"])
    fake.seed_instance(7)
    assert list(islice(names(7), 500)) == [(fake.first_name(), fake.last_name()) for _ in range(500)]


def test_the_usual_account_needs_no_others() -> None:
    assert len(KEPT) == MANAGERS + CUSTOMERS


def test_another_seed_has_other_names() -> None:
    two, again, three = (list(islice(names(seed), 5)) for seed in (2, 2, 3))
    assert two == again != three
