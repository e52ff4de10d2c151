"""How much of what was acknowledged survives is a choice with a name."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from callproof.cli import main
from callproof.crm.store.session import CrmStore
from callproof.pbx.store.session import PbxStore
from callproof.storage.address import StorageError
from callproof.storage.durability import Durability
from tests.postgres import installed, running


def asked(store: CrmStore | PbxStore, statement: str) -> object:
    with store.database.begin() as connection:
        return connection.execute(text(statement)).scalar()


@pytest.mark.parametrize(("durability", "synchronous"), [("commit", 1), ("power", 2)])
def test_sqlite_waits_for_the_disk_only_when_power_may_go(
    tmp_path: Path, durability: Durability, synchronous: int
) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    for store in (CrmStore(url, durability=durability), PbxStore(url, durability=durability)):
        assert asked(store, "PRAGMA synchronous") == synchronous
        store.close()


def test_a_postgresql_that_does_not_sync_cannot_promise_it(postgres_url: str) -> None:
    CrmStore(postgres_url, durability="commit").close()
    with pytest.raises(StorageError) as raised:
        CrmStore(postgres_url, durability="power")
    assert "fsync is off" in str(raised.value)
    assert "--durability power" in str(raised.value)


def test_sessions_of_a_postgresql_that_syncs_wait_for_the_disk() -> None:
    """The server's own default is not to wait."""
    with running(installed(), fsync="on", full_page_writes="on") as server, server.database() as url:
        for durability, waits in (("commit", "off"), ("power", "on")):
            store = CrmStore(url, durability=durability)  # type: ignore[arg-type]
            assert asked(store, "SHOW synchronous_commit") == waits
            assert store.database.writes.run(
                lambda driver: driver.run("SHOW synchronous_commit").fetchone()
            ) == (waits,)
            store.close()


def test_memory_promises_nothing() -> None:
    result = CliRunner().invoke(main, ["serve", "--crm-port", "0", "--durability", "power"])
    assert result.exit_code == 2
    assert "--durability power wants a database that is kept" in " ".join(result.output.split())
