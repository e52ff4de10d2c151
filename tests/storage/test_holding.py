"""Two virtual PBXs on one database would send each report twice, so the second one is refused."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from callproof.clocks.manual import ManualClock
from callproof.crm.store.session import CrmStore
from callproof.pbx.pbx import Pbx
from callproof.pbx.settings import PbxSettings
from callproof.pbx.store.session import PbxStore
from callproof.storage import holding
from callproof.storage.address import IN_MEMORY, StorageError
from tests.postgres import Postgres
from tests.served import serving_ends

HOLD = """
import sys
from callproof.pbx.store.session import PbxStore
store = PbxStore(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "PATIENCE", 0.2)


def test_where_no_file_can_be_held_a_pbx_keeps_nothing_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "find_spec", lambda name: None)
    with pytest.raises(StorageError, match="keeps its state in a file on Linux and macOS alone"):
        PbxStore(f"sqlite:///{tmp_path / 'kept.db'}")
    PbxStore(IN_MEMORY).close()
    CrmStore(f"sqlite:///{tmp_path / 'crm.db'}").close()


def test_a_second_pbx_is_refused_and_told_whose_the_database_is(lasting_url: str) -> None:
    settings = PbxSettings("http://pbx.example", "http://crm.example", "k", database=lasting_url)
    first = Pbx(settings, ManualClock())
    with pytest.raises(StorageError) as raised:
        Pbx(settings, ManualClock())
    said = str(raised.value)
    assert f"process {os.getpid()} on {socket.gethostname()}" in said
    assert "every report would be sent twice" in said
    first.close()
    Pbx(settings, ManualClock()).close()


def test_crms_and_one_pbx_share_a_database(lasting_url: str) -> None:
    stores: list[CrmStore | PbxStore] = [
        CrmStore(lasting_url),
        PbxStore(lasting_url),
        CrmStore(lasting_url),
    ]
    for store in stores:
        with store.begin() as session:
            assert session.counts()["calls"] == 0
    for store in stores:
        store.close()


def test_a_holder_that_was_killed_blocks_nobody(lasting_url: str) -> None:
    command = [sys.executable, "-c", HOLD, lasting_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StorageError, match=f"process {holder.pid} on"):
            PbxStore(lasting_url)
        holder.kill()
    holding_on = PbxStore(lasting_url)
    holding_on.close()


def test_the_file_beside_the_database_goes_with_the_holder(tmp_path: Path) -> None:
    store = PbxStore(f"sqlite:///{tmp_path / 'state.db'}")
    assert (tmp_path / "state.db-pbx-lock").exists()
    store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state.db"]


def test_a_second_server_is_refused_before_it_serves(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'state.db'}"
    with serving_ends(tmp_path, "--db", database):
        command = [sys.executable, "-m", "callproof", "serve", "--crm-port", "0", "--pbx-port", "0"]
        second = subprocess.run([*command, "--db", database], capture_output=True, text=True, timeout=60)
    assert second.returncode == 2
    assert "is in use by another virtual PBX" in second.stderr
    assert "Traceback" not in second.stderr


def test_after_the_server_took_every_session_away_the_database_is_held_again(
    postgres: Postgres, postgres_url: str
) -> None:
    store = PbxStore(postgres_url)
    postgres.end_sessions(postgres_url)
    with store.begin() as session:
        assert session.counts()["calls"] == 0
    with pytest.raises(StorageError):
        PbxStore(postgres_url)
    store.close()
