"""The tests of the stores run on every kind of database."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from callproof.crm.store.opening import open_store
from callproof.crm.store.session import CrmStore
from callproof.crm.store.sessions import Store
from callproof.pbx.store.opening import open_store as open_pbx_store
from callproof.pbx.store.session import PbxStore
from callproof.pbx.store.sessions import Store as AnyPbxStore


@pytest.fixture(params=["memory", "file", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind; the one in memory lives no longer than the store on it."""
    return _url(request, tmp_path)


@pytest.fixture(params=["file", "postgres"])
def lasting_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database that several stores can share, one after another or at once."""
    return _url(request, tmp_path)


@pytest.fixture
def stores(postgres_url: str) -> Iterator[tuple[CrmStore, CrmStore]]:
    """Two on one database, as two processes have them."""
    with ExitStack() as stack:
        pair = CrmStore(postgres_url), CrmStore(postgres_url)
        for store in pair:
            stack.callback(store.close)
        yield pair


@pytest.fixture
def crm_store(url: str) -> Iterator[Store]:
    store = open_store(url)
    yield store
    store.close()


@pytest.fixture
def crm_database(lasting_url: str) -> Iterator[CrmStore]:
    store = CrmStore(lasting_url)
    yield store
    store.close()


@pytest.fixture
def pbx_store(url: str) -> Iterator[AnyPbxStore]:
    store = open_pbx_store(url)
    yield store
    store.close()


@pytest.fixture
def pbx_database(lasting_url: str) -> Iterator[PbxStore]:
    store = PbxStore(lasting_url)
    yield store
    store.close()


def _url(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return "sqlite://" if request.param == "memory" else f"sqlite:///{folder / 'state.db'}"
