"""Short transactions of several processes on one PostgreSQL go on beside each other, unless they are about
the same calls.

A test holds one transaction open until the others have ended or wait for it, so that no luck is involved.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from random import Random
from threading import Event
from typing import Any

import pytest

from callproof.crm.rules.model import HistoryCall
from callproof.crm.store import tables
from callproof.crm.store.session import CrmStore
from callproof.crm.store.sessions import ShortSession
from callproof.storage import driver
from callproof.storage.journal import JournalTable
from tests.postgres import Postgres
from tests.storage.test_at_once import accounts, settle
from tests.support import call_item


def keep(*names: str) -> Callable[[ShortSession], list[bool]]:
    def job(session: ShortSession) -> list[bool]:
        session.hold(names)
        return session.add_calls([HistoryCall(n, {"externalId": n}, "+7", None, None, 0.0) for n in names])

    return job


def is_kept(store: CrmStore, name: str) -> bool:
    return store.share(lambda session: session.call(name), writes=False) is not None


@contextmanager
def held(store: CrmStore, *names: str) -> Iterator[None]:
    """A short transaction that has stored these calls and does not end before the block does."""
    begun, go = Event(), Event()

    def job(session: ShortSession) -> None:
        keep(*names)(session)
        begun.set()
        assert go.wait(30)

    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(store.share, job, writes=True)
        try:
            assert begun.wait(30)
            yield
        finally:
            go.set()
        done.result(30)


def test_those_of_different_calls_do_not_wait_for_each_other(stores: tuple[CrmStore, CrmStore]) -> None:
    one, other = stores
    with held(one, "a"), ThreadPoolExecutor(1) as threads:
        assert threads.submit(other.share, keep("b"), writes=True).result(30) == [True]


def test_the_journal_waits_for_no_call(stores: tuple[CrmStore, CrmStore]) -> None:
    one, other = stores
    with held(one, "a"), ThreadPoolExecutor(1) as threads:
        for store in (one, other):
            journal = JournalTable(store.database, tables.journal)
            threads.submit(journal.append, ["b"], most=2, most_bytes=100).result(30)
    assert journal.after(0, 10) == [(1, "b"), (2, "b")]
    journal.append(["c", "d"], most=10, most_bytes=2)
    assert journal.after(0, 10) == [(3, "c"), (4, "d")]
    assert journal.kept() == (2, 2)


def test_those_of_the_same_call_do_and_find_it(
    postgres: Postgres, postgres_url: str, stores: tuple[CrmStore, CrmStore]
) -> None:
    one, other = stores
    with ThreadPoolExecutor(1) as threads:
        with held(one, "a"):
            second = threads.submit(other.share, keep("a", "b"), writes=True)
            settle(postgres, postgres_url, second)
            assert not second.done()
        assert second.result(30) == [False, True]


def test_one_that_has_to_wait_lets_its_neighbours_of_a_commit_go_first(
    stores: tuple[CrmStore, CrmStore],
) -> None:
    one, other = stores
    with ThreadPoolExecutor(3) as threads:
        with held(one, "a"):
            with held(other, "b"):
                jobs = keep("c"), keep("a"), keep("d")
                found: list[Future[Any]] = []
                for job in jobs:
                    found.append(threads.submit(other.share, job, writes=True))
                    while other.database.writes.waiting() < len(found):
                        pass
            while not all(is_kept(other, name) for name in "cd"):
                pass
            assert not found[1].done()
        assert [one.result(30) for one in found] == [[True], [False], [True]]


def test_one_about_all_calls_waits_for_everybody_and_everybody_for_it(
    postgres: Postgres, postgres_url: str, stores: tuple[CrmStore, CrmStore]
) -> None:
    one, other = stores

    def all_of_them(session: ShortSession) -> list[bool]:
        session.hold(None)
        return [bool(session.call("a"))]

    with ThreadPoolExecutor(1) as threads:
        with held(one, "a"):
            every = threads.submit(other.transact, all_of_them, short=True, writes=True)
            settle(postgres, postgres_url, every)
            assert not every.done()
        assert every.result(30) == [True]
        with other.begin():
            later = threads.submit(one.share, keep("b"), writes=True)
            settle(postgres, postgres_url, later)
            assert not later.done()
        assert later.result(30) == [True]


def test_more_names_than_the_server_has_room_for_are_left_to_the_next_transaction(
    stores: tuple[CrmStore, CrmStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "_MOST_HELD", 3)
    with ThreadPoolExecutor(4) as threads:
        with held(stores[0], "z"):
            found = [
                threads.submit(stores[0].share, keep(f"{n}-a", f"{n}-b"), writes=True) for n in range(4)
            ]
        assert [one.result(30) for one in found] == [[True, True]] * 4


def test_every_call_is_new_once_in_whatever_order_several_send_it(
    stores: tuple[CrmStore, CrmStore],
) -> None:
    rounds, names = 12, [f"c-{n}" for n in range(40)]

    def send(number: int) -> int:
        random, new = Random(number), 0
        for _ in range(rounds):
            job = keep(*random.sample(names, 10))
            new += sum(stores[number % 2].share(job, writes=True))
        return new

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(send, range(16))) == len(names)
    with stores[0].begin() as session:
        assert sorted(call.external_id for call in session.calls()) == sorted(names)


def test_sixteen_clients_with_one_call_hear_once_that_it_is_new(postgres_url: str) -> None:
    with ExitStack() as stack:
        pair = list(accounts(postgres_url, stack))
        pair[0].register()
        with ThreadPoolExecutor(16) as threads:
            sent = [
                threads.submit(
                    pair[n % 2].crm.store.transact, keep("same", f"own-{n}"), short=True, writes=True
                )
                for n in range(16)
            ]
            stored = [one.result(30) for one in sent]
        assert sum(first for first, _ in stored) == 1
        assert all(own for _, own in stored)


def test_an_event_and_the_upload_of_its_call_leave_no_card_open(
    postgres: Postgres, postgres_url: str, stores: tuple[CrmStore, CrmStore]
) -> None:
    with ExitStack() as stack:
        one, other = accounts(postgres_url, stack)
        one.register()
        with ThreadPoolExecutor(2) as threads:
            with stores[0].begin():
                event = threads.submit(
                    one.event, type="in", phone="+79120000000", codes=["100"], callExternalId="c"
                )
                settle(postgres, postgres_url, event)
                upload = threads.submit(other.upload, call_item("c"))
                settle(postgres, postgres_url, event, upload)
            assert event.result(30).status_code == upload.result(30).status_code == 200
        assert [card for card in one.state("cards") if card["open"]] == []
