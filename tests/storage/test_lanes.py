"""Short transactions that wait together are committed together, and stand or fall one by one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import psycopg
import pytest

from callproof.crm.rules.model import HistoryCall
from callproof.crm.store.session import CrmStore
from callproof.crm.store.sessions import ShortSession, Store
from callproof.storage.driver import Cursor, Driver
from callproof.storage.watching import StorageTrouble
from tests.postgres import Postgres

JOBS = 12


def keep(name: str) -> Callable[[ShortSession], list[bool]]:
    call = HistoryCall(name, {"externalId": name}, "+7", None, None, 0.0)
    return lambda session: session.add_calls([call])


def kept(store: Store) -> set[str]:
    with store.begin() as session:
        return {call.external_id for call in session.calls()}


def together(store: CrmStore, jobs: list[Callable[[ShortSession], object]]) -> list[BaseException | None]:
    """What each job raised; all of them wait while the first one holds the lane."""
    started, go = Event(), Event()
    ready = Barrier(len(jobs) + 1)

    def hold(_: ShortSession) -> None:
        started.set()
        assert go.wait(10)

    def run(job: Callable[[ShortSession], object]) -> BaseException | None:
        ready.wait(10)
        try:
            store.share(job, writes=True)
        except BaseException as error:
            return error
        return None

    with ThreadPoolExecutor(len(jobs) + 1) as pool:
        first = pool.submit(store.share, hold, writes=True)
        assert started.wait(10)
        found = [pool.submit(run, job) for job in jobs]
        ready.wait(10)
        waiting = store.database.writes.waiting
        while waiting() < len(jobs):
            Event().wait(0.001)
        go.set()
        first.result(10)
        return [each.result(10) for each in found]


def test_what_waits_at_the_same_time_shares_a_commit(
    crm_database: CrmStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    run = Driver.run

    def listen(driver: Driver, text: str) -> Cursor:
        said.append(text)
        return run(driver, text)

    monkeypatch.setattr(Driver, "run", listen)
    assert together(crm_database, [keep(f"c-{n}") for n in range(JOBS)]) == [None] * JOBS
    assert said.count("COMMIT") == 2
    assert len(kept(crm_database)) == JOBS


def test_one_that_fails_leaves_no_trace_and_the_others_stand(crm_database: CrmStore) -> None:
    def fail(session: ShortSession) -> None:
        keep("bad")(session)
        raise LookupError("no")

    def interrupt(session: ShortSession) -> None:
        keep("worse")(session)
        raise KeyboardInterrupt

    found = together(crm_database, [keep("a"), fail, keep("b"), interrupt, keep("c")])
    assert [type(error) for error in found] == [
        type(None),
        LookupError,
        type(None),
        KeyboardInterrupt,
        type(None),
    ]
    assert kept(crm_database) == {"a", "b", "c"}


def test_jobs_are_played_again_only_when_one_failed_after_it_wrote(crm_database: CrmStore) -> None:
    played: list[str] = []

    def refuse(session: ShortSession) -> None:
        played.append("refused")
        session.ends_of("c")
        raise LookupError("before it writes")

    def good(session: ShortSession) -> None:
        played.append("good")
        keep(f"good-{len(played)}")(session)

    def fail(session: ShortSession) -> None:
        played.append("failed")
        keep("bad")(session)
        raise LookupError("after it wrote")

    assert [type(error) for error in together(crm_database, [refuse, good])] == [LookupError, type(None)]
    assert sorted(played) == ["good", "refused"]
    played.clear()
    found = together(crm_database, [good, fail])
    assert [type(error) for error in found] == [type(None), LookupError]
    assert sorted(played) in (["failed", "failed", "good", "good"], ["failed", "failed", "good"])
    assert "bad" not in kept(crm_database)
    assert len(kept(crm_database)) == 2


def test_a_statement_that_fails_takes_no_neighbour_along(crm_database: CrmStore) -> None:
    broken = HistoryCall("x" * 10, {}, None, None, None, 0.0)  # type: ignore[arg-type]

    def fail(session: ShortSession) -> None:
        session.add_calls([broken])

    found = together(crm_database, [keep("a"), fail, keep("b")])
    assert [error is None for error in found] == [True, False, True]
    assert kept(crm_database) == {"a", "b"}


def test_a_job_alone_that_fails_leaves_no_trace(crm_store: Store) -> None:
    def fail(session: ShortSession) -> None:
        keep("bad")(session)
        raise LookupError("no")

    with pytest.raises(LookupError):
        crm_store.share(fail, writes=True)
    assert kept(crm_store) == set()


@pytest.mark.parametrize("writes", [True, False])
def test_a_connection_that_the_server_ended_costs_one_failure(
    postgres_url: str, postgres: Postgres, writes: bool
) -> None:
    store = CrmStore(postgres_url)
    store.share(lambda session: session.directory(), writes=writes)
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(StorageTrouble, match="the server is gone"):
        store.share(lambda session: session.directory(), writes=writes)
    assert store.share(lambda session: session.directory(), writes=writes).grants == ()
    store.close()
