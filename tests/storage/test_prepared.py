"""Statements on PostgreSQL are prepared once a connection, whatever stands in their values."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text

from callproof.crm.rules.model import HistoryCall
from callproof.crm.store.session import CrmStore, SqlSession
from callproof.crm.store.sessions import CrmSession
from callproof.storage import prepared
from callproof.storage.prepared import Prepared


@pytest.fixture
def connection(postgres_url: str) -> Iterator[Prepared]:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as raw:
        yield Prepared(raw)


def call(name: str, customer: int | None) -> HistoryCall:
    return HistoryCall(name, {"externalId": name}, "+7", None, customer, 0.5)


def inserting(session: CrmSession) -> int:
    """How many statements that insert calls the session of the server has prepared."""
    asked = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO crm_calls%'"
    assert isinstance(session, SqlSession)
    return int(session._db.execute(text(asked)).scalar_one())


def undo(store: CrmStore) -> None:
    with store.begin() as session:
        session.add_calls([call("a", 1)])
        session.counts()
        raise LookupError


def test_a_batch_has_one_statement_whichever_of_its_values_are_missing(postgres_url: str) -> None:
    store = CrmStore(postgres_url)
    with store.begin() as session:
        session.add_calls([call("a", 1), call("b", None)])
        session.add_calls([call("c", None), call("d", 1)])
        assert inserting(session) == 1
        assert [one.customer_id for one in session.calls()] == [1, None, None, 1]
    store.close()


def test_a_transaction_that_was_undone_leaves_what_is_prepared(postgres_url: str) -> None:
    store = CrmStore(postgres_url)
    for _ in range(8):
        with pytest.raises(LookupError):
            undo(store)
    with store.begin() as session:
        assert session.add_calls([call("a", 1)]) == [True]
    store.close()


def test_values_come_back_as_they_went_in(connection: Prepared) -> None:
    asked = "SELECT $1::text, $2::integer, $3::float8, $4::boolean, $5::text"
    values = ("Ж'\"\\{,", -(2**31), 0.1 + 0.2, True, None)
    assert connection.execute(asked, values).fetchall() == [values]


def test_more_statements_than_are_kept_are_answered_all_the_same(
    connection: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "MOST", 2)
    for _ in range(2):
        found = [connection.execute(f"SELECT $1::integer + {n}", (1,)).fetchone() for n in range(4)]
        assert found == [(1,), (2,), (3,), (4,)]
    assert connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (2,)


def test_a_nul_is_refused_and_not_cut_off(connection: Prepared) -> None:
    with pytest.raises(psycopg.DataError, match="NUL"):
        connection.execute("SELECT $1::text", ("a\0b",))


def test_a_table_that_was_empty_at_first_is_not_read_whole_later(postgres_url: str) -> None:
    store = CrmStore(postgres_url)
    with store.begin() as session:
        session.first_events(["a"])
        assert isinstance(session, SqlSession)
        plan = "\n".join(session._db.exec_driver_sql("EXPLAIN EXECUTE callproof_0('a')").scalars())
        assert "Index Scan" in plan
        assert "Seq Scan" not in plan
    store.close()
