"""The PostgreSQL of the tests: it is real, it goes away with the tests, and CI cannot do without it."""

import re
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from tests import postgres
from tests.needed import NEED
from tests.postgres import Postgres


def version(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT version()")).scalar_one()
    engine.dispose()
    return str(found)


def test_a_server_and_its_files_are_gone_also_after_a_failure() -> None:
    seen: list[tuple[str, Path]] = []

    def fail() -> None:
        with postgres.running(postgres.installed()) as server, server.database() as url:
            seen.append((url, server.folder))
            assert version(url).startswith("PostgreSQL")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    ((url, folder),) = seen
    assert not folder.exists()
    with pytest.raises(OperationalError, match="refused"):
        version(url)


def test_each_database_is_dropped_also_when_somebody_still_uses_it(postgres: Postgres) -> None:
    with postgres.database() as url:
        engine = create_engine(url)
        connection = engine.connect()
    with pytest.raises(OperationalError):
        connection.execute(text("SELECT 1"))
    connection.close()
    engine.dispose()
    with pytest.raises(OperationalError, match="does not exist"):
        version(url)


def test_without_a_server_a_test_is_skipped_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hide(monkeypatch, tmp_path)
    monkeypatch.delenv(NEED, raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install postgresql"):
        postgres.installed()


def test_without_a_server_a_test_fails_where_it_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hide(monkeypatch, tmp_path)
    monkeypatch.setenv(NEED, "postgres")
    with pytest.raises(pytest.fail.Exception, match="apt-get install postgresql"):
        postgres.installed()


def test_ci_says_that_it_needs_the_server() -> None:
    script = Path(__file__).parent.parent / ".ci" / "run"
    named = re.search(rf"^export {NEED}='(.*)'$", script.read_text("utf-8"), re.MULTILINE)
    assert named is not None
    assert "postgres" in named[1].split()


def hide(monkeypatch: pytest.MonkeyPatch, empty: Path) -> None:
    monkeypatch.setattr(postgres, "DEBIAN", empty)
    monkeypatch.setenv("PATH", str(empty))
