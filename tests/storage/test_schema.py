"""A database that was made by another version, or is somebody else's, is refused in one sentence."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import NullPool, create_engine, inspect, text

from callproof import __version__
from callproof.cli import main
from callproof.crm.store.session import CrmStore
from callproof.pbx.store.session import PbxStore
from callproof.storage.address import StorageError


def run(url: str, *statements: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def tables(url: str) -> Iterable[str]:
    return inspect(create_engine(url, poolclass=NullPool)).get_table_names()


def refused(url: str) -> str:
    with pytest.raises(StorageError) as raised:
        CrmStore(url)
    said = str(raised.value)
    assert said.startswith(f"The database {url} ")
    assert said.endswith(
        "Name another one with --db, or go on with the version of callproof that made this one."
    )
    return said


def test_what_this_version_made_is_opened_again_and_both_ends_may_share_it(lasting_url: str) -> None:
    for _ in range(2):
        crm, pbx = CrmStore(lasting_url), PbxStore(lasting_url)
        assert crm.database.schema != pbx.database.schema
        crm.close()
        pbx.close()
    assert {"crm_schema", "pbx_schema"} <= set(tables(lasting_url))


def test_a_database_of_another_version_is_refused_with_both_versions(lasting_url: str) -> None:
    store = CrmStore(lasting_url)
    store.close()
    run(lasting_url, "UPDATE crm_schema SET fingerprint = 'ffffffffffff', made_by = '0.0.9'")
    said = refused(lasting_url)
    assert "was made by callproof 0.0.9 (schema ffffffffffff)" in said
    assert f"this is callproof {__version__} (schema {store.database.schema})" in said


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("ALTER TABLE crm_calls DROP COLUMN phone", "crm_calls has no column phone"),
        ("ALTER TABLE crm_calls ADD COLUMN colour VARCHAR(7)", "crm_calls has a column colour"),
        ("ALTER TABLE crm_calls RENAME COLUMN phone TO number", "crm_calls has no column phone"),
        ("DROP TABLE crm_initiations", "there is no table crm_initiations"),
    ],
)
@pytest.mark.parametrize("told", [True, False], ids=["with its version", "without a version"])
def test_tables_that_are_not_those_of_this_version_are_refused(
    lasting_url: str, statement: str, words: str, told: bool
) -> None:
    CrmStore(lasting_url).close()
    run(lasting_url, statement, *([] if told else ["DROP TABLE crm_schema"]))
    before = tables(lasting_url)
    assert words in refused(lasting_url)
    assert tables(lasting_url) == before


def test_somebody_elses_table_of_the_same_name_is_refused_and_kept(lasting_url: str) -> None:
    run(lasting_url, "CREATE TABLE crm_users (id INTEGER PRIMARY KEY, login VARCHAR(20))")
    assert "crm_users" in refused(lasting_url)
    assert tables(lasting_url) == ["crm_users"]


def test_tables_of_other_names_on_postgres_are_nobodys_business(postgres_url: str) -> None:
    run(postgres_url, "CREATE TABLE users (id INTEGER PRIMARY KEY)")
    CrmStore(postgres_url).close()


def test_exactly_the_tables_of_this_version_are_adopted_without_a_word_of_theirs(lasting_url: str) -> None:
    """As they were made before the version was kept."""
    store = CrmStore(lasting_url)
    with store.begin() as session:
        session.save_setting("readings", {"a": 1})
    store.close()
    run(lasting_url, "DROP TABLE crm_schema")
    store = CrmStore(lasting_url)
    with store.begin() as session:
        assert session.directory().settings == {"readings": {"a": 1}}
    store.close()
    assert "crm_schema" in tables(lasting_url)


def _text(path: Path) -> None:
    path.write_text("no database, but long enough to be looked at as one" * 50)


def _folder(path: Path) -> None:
    path.mkdir()


def _cut(path: Path) -> None:
    store = CrmStore(f"sqlite:///{path}")
    store.close()
    path.write_bytes(path.read_bytes()[:6000])


def _scribbled(path: Path) -> None:
    CrmStore(f"sqlite:///{path}").close()
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\x55" * 3996
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_text, "it is no SQLite file"),
        (_folder, "it is a folder"),
        (_cut, "it is damaged"),
        (_scribbled, "it is damaged"),
    ],
)
def test_what_is_no_database_is_misuse_with_a_sentence(tmp_path: Path, spoil: object, words: str) -> None:
    path = tmp_path / "state.db"
    spoil(path)  # type: ignore[operator]
    result = CliRunner().invoke(main, ["serve", "--crm-port", "0", "--db", f"sqlite:///{path}"])
    assert result.exit_code == 2
    assert f"callproof: The database sqlite:///{path} cannot be used: {words}" in result.output


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"there is no folder .*none"):
        CrmStore(f"sqlite:///{tmp_path / 'none' / 'state.db'}")
