"""What is found where the database is to be: files of others are left alone, and ours are ours alone."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.crm.store.session import CrmStore
from callproof.pbx.store.session import PbxStore
from callproof.storage.address import StorageError
from tests.support import mode_of


@contextmanager
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def foreign(file: Path) -> bytes:
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE invoices (id INTEGER)")
        other.commit()
    return file.read_bytes()


def test_all_files_of_a_new_database_are_for_its_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with usual_umask():
        store = PbxStore(f"sqlite:///{file}")
        modes = {one.name: mode_of(one) for one in tmp_path.iterdir()}
        store.close()
    parts = ("", "-wal", "-shm", "-pbx-lock", "-turn", "-next")
    assert modes == dict.fromkeys((f"state.db{part}" for part in parts), 0o600)


def test_a_database_that_is_there_keeps_its_mode_and_so_has_what_lies_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    file.touch()
    file.chmod(0o640)
    with usual_umask():
        store = PbxStore(f"sqlite:///{file}")
        modes = {mode_of(one) for one in tmp_path.iterdir()}
        store.close()
    assert modes == {0o640}


@pytest.mark.parametrize("address", ["{file}", "file:{file}?uri=true"])
def test_a_file_of_another_program_is_refused_and_not_touched(tmp_path: Path, address: str) -> None:
    file = tmp_path / "other.db"
    before = foreign(file)
    database = f"sqlite:///{address.format(file=file)}"
    result = CliRunner().invoke(main, ["serve", "--crm-port", "0", "--pbx-port", "0", "--db", database])
    assert result.exit_code == 2
    assert "is of another program: it has the table invoices, and none of callproof's." in result.output
    assert file.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["other.db"]


def test_a_database_of_ours_may_have_tables_of_others_too(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    PbxStore(f"sqlite:///{file}").close()
    foreign(file)
    CrmStore(f"sqlite:///{file}").close()


def test_a_database_that_may_only_be_read_is_misuse_in_one_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "state.db"
    for store in (CrmStore, PbxStore):
        store(f"sqlite:///{file}").close()
    for mode in ("mode=ro", "immutable=1"):
        with pytest.raises(StorageError, match="cannot be used: the file or its folder may not be written"):
            CrmStore(f"sqlite:///file:{file}?{mode}&uri=true")
    assert caplog.records == []


def test_a_file_with_two_names_is_refused(tmp_path: Path) -> None:
    file, second = tmp_path / "state.db", tmp_path / "second.db"
    store = PbxStore(f"sqlite:///{file}")
    second.hardlink_to(file)
    with pytest.raises(StorageError, match="has another name in this file system, a hard link"):
        PbxStore(f"sqlite:///{second}")
    store.close()
    second.unlink()
    PbxStore(f"sqlite:///{file}").close()
