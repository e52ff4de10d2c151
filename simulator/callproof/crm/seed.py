"""What an account holds before anyone touches it, so that the guide's examples work as printed.

Users 1 and 2, shops ``shop1`` and ``shop2``, and generated customers; the same seed gives the same
people.
"""

import random
from functools import lru_cache

from callproof.clocks.manual import EPOCH
from callproof.contract.guide import LINES, MANAGERS
from callproof.crm.account import CUSTOMERS
from callproof.crm.names import names
from callproof.crm.rules.model import Customer, Group, Site, User
from callproof.crm.store.sessions import CrmSession

_NOTATIONS = ("+7 ({0}) {1}-{2}-{3}", "8{0}{1}{2}{3}", "+7{0}{1}{2}{3}", "8 {0} {1}-{2}-{3}")


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
    named = names(seed)
    users = tuple(_user(user_id, *next(named)) for user_id in range(1, managers + 1))
    dice = random.Random(f"customers:{seed}")
    numbers = range(1, customers + 1)
    return users, tuple(_customer(number, managers, *next(named), dice) for number in numbers)


def _user(user_id: int, first_name: str, last_name: str) -> User:
    return User(
        id=user_id,
        email=f"user{user_id}@crm.example",
        first_name=first_name,
        last_name=last_name,
        online=True,
        status="free",
        created_at=EPOCH - 86400 * user_id,
        is_admin=user_id == 1,
        groups=("manager",),
    )


def _customer(number: int, managers: int, first_name: str, last_name: str, dice: random.Random) -> Customer:
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
            "firstName": first_name,
            "lastName": last_name,
            "email": f"customer{number}@mail.example",
        },
    )
