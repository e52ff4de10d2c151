"""Trouble of a database is one sentence and one line, and what was acknowledged is what a restart finds."""

import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import event

from callproof.clocks import machine
from callproof.crm.rules.model import HistoryCall
from callproof.crm.store.session import CrmStore
from callproof.storage import files, watching
from callproof.storage.watching import StorageTrouble
from tests.postgres import Postgres


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def store(file: Path) -> Iterator[CrmStore]:
    store = CrmStore(f"sqlite:///{file}")
    yield store
    store.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PAUSE", 0.01)
    monkeypatch.setattr(watching, "BELIEVED", 0.0)


def keep(store: CrmStore, name: str) -> None:
    call = HistoryCall(name, {"externalId": name, "filler": "x" * 20_000}, "+7", None, None, 0.0)
    store.share(lambda session: session.add_calls([call]), writes=True)


def kept(store: CrmStore) -> set[str]:
    with store.begin() as session:
        return {call.external_id for call in session.calls()}


def over(store: CrmStore) -> None:
    for _ in range(2000):
        if store.database.watch.current is None:
            return
        Event().wait(0.01)
    pytest.fail(f"still in trouble: {store.database.watch.current}")


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.message
        for record in caplog.records
        if record.name == "callproof.storage" and record.levelno >= logging.WARNING
    ]


def moved(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def replaced(path: Path) -> None:
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


@pytest.mark.parametrize("away", [Path.unlink, moved, replaced], ids=["removed", "moved", "replaced"])
@pytest.mark.parametrize("part", ["", "-wal", "-shm"])
def test_nothing_is_acknowledged_that_a_restart_would_not_find(
    store: CrmStore, file: Path, part: str, away: object, caplog: pytest.LogCaptureFixture
) -> None:
    keep(store, "before")
    away(Path(f"{file}{part}"))  # type: ignore[operator]
    for number in range(3):
        with pytest.raises(StorageTrouble, match=f"state.db{part} is not the one that was opened"):
            keep(store, f"after-{number}")
        with pytest.raises(StorageTrouble), store.begin() as session:
            session.save_setting("readings", {})
    with pytest.raises(StorageTrouble):
        store.share(lambda session: session.directory(), writes=False)
    assert len(said(caplog)) == 1
    trouble = store.database.watch.look()
    assert trouble is not None
    assert trouble.text.startswith("The database sqlite:///")


def test_no_new_file_is_begun_in_place_of_one_that_is_gone(store: CrmStore, file: Path) -> None:
    file.unlink()
    for _ in range(2):
        with pytest.raises(StorageTrouble):
            keep(store, "after")
        store.database.writes.close()
        store.database.engine.dispose()
    assert not file.exists()


def test_a_file_that_is_put_back_is_written_again(
    store: CrmStore, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.rename(file.with_name("elsewhere"))
    with pytest.raises(StorageTrouble):
        keep(store, "a")
    file.with_name("elsewhere").rename(file)
    over(store)
    keep(store, "b")
    assert "b" in kept(store)
    assert [line.partition(" does not keep ")[1] or "again" for line in said(caplog)] == [
        " does not keep ",
        "again",
    ]


def limit(store: CrmStore, pages: int) -> None:
    """Let there be room for so many pages, whichever connection asks."""

    def tell(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    store.database.writes.close()
    store.database.engine.dispose()
    event.listen(store.database.engine, "connect", tell)


def test_a_full_disk_loses_nothing_and_is_told_once(
    store: CrmStore, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pages = 20 + int(sqlite3.connect(file).execute("PRAGMA page_count").fetchone()[0])
    limit(store, pages)
    acknowledged = set()
    for number in range(12):
        try:
            keep(store, f"c-{number}")
            acknowledged.add(f"c-{number}")
        except StorageTrouble as trouble:
            assert "there is no room left for it" in str(trouble)  # noqa: PT017
    assert 1 <= len(acknowledged) < 12
    assert len(said(caplog)) == 1
    assert kept(store) == acknowledged
    limit(store, 1_000_000)
    over(store)
    keep(store, "after")
    assert kept(store) == {*acknowledged, "after"}
    assert len(said(caplog)) == 2


def test_a_disk_that_still_has_room_for_a_little_is_full_all_the_same(
    store: CrmStore, file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was made longer before it failed has some room; that is no end of the trouble."""
    left = [1000]
    monkeypatch.setattr("callproof.storage.database.free_beside", lambda _: left[0])
    limit(store, int(sqlite3.connect(file).execute("PRAGMA page_count").fetchone()[0]))
    with pytest.raises(StorageTrouble):
        keep(store, "a")
    limit(store, 1_000_000)
    for _ in range(20):
        assert store.database.watch.look() is not None
        Event().wait(0.01)
    left[0] = 2**21
    over(store)
    assert len(said(caplog)) == 2


def test_a_database_that_is_locked_for_long_is_told_and_its_health_is_not_waited_for(
    store: CrmStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "PATIENCE", 0.05)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        trouble = store.database.watch.look()
        assert trouble is not None
        assert "it has not answered for 0.05 s" in trouble.text
        other.execute("ROLLBACK")
    over(store)
    assert store.database.watch.look() is None


def test_a_lock_that_does_not_end_is_refused(store: CrmStore, file: Path) -> None:
    def impatient(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=10")

    store.database.engine.dispose()
    event.listen(store.database.engine, "connect", impatient)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageTrouble, match="another program keeps it locked"):
            keep(store, "a")
        other.execute("ROLLBACK")
    over(store)
    assert kept(store) == set()


def test_a_mistake_of_ours_is_no_trouble(store: CrmStore) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        store.database.writes.run(lambda driver: driver.run("SELECT 1 FROM missing"))
    assert store.database.watch.look() is None


def test_a_server_that_ends_every_session_is_told_and_found_again(
    postgres: Postgres, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = CrmStore(postgres_url)
    keep(store, "before")
    postgres.end_sessions(postgres_url)
    with pytest.raises(StorageTrouble, match="the server is gone"):
        keep(store, "lost")
    over(store)
    keep(store, "after")
    assert kept(store) == {"before", "after"}
    assert len(said(caplog)) == 2
    store.close()


def test_a_folder_that_was_quiet_is_looked_into_when_it_changes(
    store: CrmStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not looked at again, as nothing was changed there, is looked at after the next change."""
    monkeypatch.setattr(files, "now", lambda: machine.now() + 60)
    keep(store, "before")
    keep(store, "quiet")
    file.with_name("other").touch()
    keep(store, "also")
    changed = file.parent.stat().st_ctime_ns
    file.unlink()
    while file.parent.stat().st_ctime_ns == changed:
        # The system counts in thousandths of a second, and so do people who take files away.
        file.with_name("other").unlink(missing_ok=True)
        file.with_name("other").touch()
    with pytest.raises(StorageTrouble):
        keep(store, "after")
