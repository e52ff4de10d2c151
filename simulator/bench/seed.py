"""What an account holds before anyone touches it, so that the guide's examples work as printed.

Users 1 and 2, shops ``shop1`` and ``shop2``, and generated customers; the same seed gives the same
people and the same API key.
"""

import random
import string
from functools import lru_cache

from faker import Faker

from simulator.core.clock import EPOCH
from simulator.core.model import Customer, Group, Site, User
from simulator.core.ports import CrmSession

DEFAULT_SEED = 1
MANAGERS, CUSTOMERS = 2, 20
LINES = {"shop1": "+7-499-999-99-99", "shop2": "+7-499-888-88-88"}


def extension_of(user_id: int) -> str:
    """The guide gives user 1 the extension 100 and user 2 the extension 200; so it goes on."""
    return str(100 * user_id)


_NOTATIONS = ("+7 ({0}) {1}-{2}-{3}", "8{0}{1}{2}{3}", "+7{0}{1}{2}{3}", "8 {0} {1}-{2}-{3}")


def api_key(seed: int | str) -> str:
    """32 letters and digits, as the sample keys of the documentation look; one for each seed."""
    return "".join(random.Random(f"api-key:{seed}").choices(string.ascii_letters + string.digits, k=32))


def fill(session: CrmSession, seed: int, *, managers: int = MANAGERS, customers: int = CUSTOMERS) -> None:
    """Write the account's people, shops and customers into an empty store."""
    session.save_group(Group(1, "manager", "Managers"))
    session.save_group(Group(2, "director", "Directors", is_manager=False))
    for number, (code, _) in enumerate(LINES.items(), start=1):
        session.save_site(Site(code, f"Shop {number}", f"http://{code}.example"))
    users, callers = _people(seed, managers, customers)
    for user in users:
        session.save_user(user)
    session.add_customers(callers)


@lru_cache(maxsize=4)
def _people(seed: int, managers: int, customers: int) -> tuple[tuple[User, ...], tuple[Customer, ...]]:
    fake = Faker("en_US")
    fake.seed_instance(seed)
    users = tuple(_user(user_id, fake) for user_id in range(1, managers + 1))
    dice = random.Random(f"customers:{seed}")
    numbers = range(1, customers + 1)
    return users, tuple(_customer(number, managers, fake, dice) for number in numbers)


def _user(user_id: int, fake: Faker) -> User:
    return User(
        id=user_id,
        email=f"user{user_id}@crm.example",
        first_name=fake.first_name(),
        last_name=fake.last_name(),
        online=True,
        status="free",
        created_at=EPOCH - 86400 * user_id,
        is_admin=user_id == 1,
        groups=("manager",),
    )


def _customer(number: int, managers: int, fake: Faker, dice: random.Random) -> Customer:
    notation = _NOTATIONS[number % len(_NOTATIONS)]
    phone = notation.format(
        f"9{dice.randrange(100):02}",
        f"{dice.randrange(1000):03}",
        f"{dice.randrange(100):02}",
        f"{dice.randrange(100):02}",
    )
    return Customer(
        id=0,
        external_id=f"customer-{number}",
        site=f"shop{number % 2 + 1}",
        manager_id=number % managers + 1,
        phones=(phone,),
        created_at=EPOCH - 3600 * number,
        updated_at=EPOCH - 3600 * number,
        details={
            "firstName": fake.first_name(),
            "lastName": fake.last_name(),
            "email": f"customer{number}@mail.example",
        },
    )
