"""Ends for tests: one account in this process, or both ends on real sockets; always a manual clock."""

import os
from collections.abc import Iterator
from itertools import chain, islice

import pytest
from hypothesis import settings

from callproof.clocks.manual import ManualClock
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.running.pair import BuiltIn, built_in
from tests.postgres import Postgres, installed, running
from tests.support import KEY, Account

# The same examples on every machine, however slow it is.
settings.register_profile("callproof", derandomize=True, deadline=None)
settings.load_profile("callproof")

# What takes longest: were it begun last, the others would have nothing to do meanwhile.
_LONGEST = (
    "tests/fuzz/test_schemathesis.py",
    "tests/examples/test_examples.py",
    "tests/pbx/test_kill.py",
    "tests/examples/test_accounts.py",
    "tests/fuzz/test_control_api.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker of pytest-xdist begins with a part of its own, which is as long as any other's, and each
    part with some of what takes longest."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    parts: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for place, name in enumerate(_LONGEST):
        parts[place % workers] += [item for item in items if item.nodeid.startswith(name)]
    others = iter([item for item in items if not item.nodeid.startswith(_LONGEST)])
    left = len(items)
    for place, part in enumerate(parts):
        size = left // (workers - place)
        part += islice(others, max(0, size - len(part)))
        left -= size
    items[:] = [*chain.from_iterable(parts), *others]


@pytest.fixture
def account() -> Iterator[Account]:
    """An account in which nothing is registered yet."""
    yield from _account(strict=False)


@pytest.fixture
def strict_account() -> Iterator[Account]:
    yield from _account(strict=True)


@pytest.fixture
def registered(account: Account) -> Account:
    """An account with the guide's telephony."""
    assert account.register().status_code == 201
    return account


@pytest.fixture
def pair() -> Iterator[BuiltIn]:
    """Both ends on free ports, the PBX registered."""
    with built_in() as ends:
        assert ends.pbx.crm.register().success
        yield ends


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests of this process; a worker of pytest-xdist has its own."""
    with running(installed()) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A fresh database on PostgreSQL for this test alone."""
    with postgres.database() as url:
        yield url


def _account(*, strict: bool) -> Iterator[Account]:
    crm = Crm(CrmSettings(api_key=KEY, base_url="http://crm.example", strict=strict), ManualClock())
    yield Account(crm, create_app(crm).test_client())
    crm.close()
