"""Ends for tests: one account in this process, or both ends on real sockets; always a manual clock."""

from collections.abc import Iterator

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
