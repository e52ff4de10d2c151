"""Transactions of several processes on one PostgreSQL: nothing is missed and nobody is sent away.

The tests hold one transaction open until the others have ended or wait for it, so that no luck is involved.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from callproof.clocks.manual import ManualClock
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.rules.model import HistoryCall
from callproof.crm.settings import CrmSettings
from callproof.crm.store.session import CrmStore
from tests.postgres import Postgres
from tests.support import KEY, Account, call_item


def accounts(url: str, stack: ExitStack) -> Iterator[Account]:
    for _ in range(2):
        crm = Crm(CrmSettings(api_key=KEY, base_url="http://crm.example", database=url), ManualClock())
        stack.callback(crm.close)
        yield Account(crm, create_app(crm).test_client())


def history(external_id: str) -> HistoryCall:
    return HistoryCall(external_id, call_item(external_id), "+7", None, None, 0.0)


def settle(server: Postgres, url: str, *others: Future[Any]) -> None:
    """Wait until each of the others has ended or waits for a transaction."""
    while server.waiting(url) < sum(not other.done() for other in others):
        pass


def test_a_reader_of_pages_misses_no_call_that_was_begun_earlier_and_stored_later(
    postgres: Postgres, postgres_url: str, stores: tuple[CrmStore, CrmStore]
) -> None:
    one, other = stores

    def add() -> None:
        with other.begin() as session:
            session.add_calls([history("second")])

    def page(after: int) -> list[tuple[int, HistoryCall]]:
        with other.begin() as session:
            return session.calls_after(after, 10)

    with ThreadPoolExecutor(2) as threads:
        with one.begin() as session:
            session.add_calls([history("first")])
            added = threads.submit(add)
            settle(postgres, postgres_url, added)
            early = threads.submit(page, 0)
            settle(postgres, postgres_url, added, early)
        added.result()
        read = early.result()
    read += page(read[-1][0] if read else 0)
    assert sorted(call.external_id for _, call in read) == ["first", "second"]


def test_uploads_in_opposite_order_do_not_lock_each_other_out(
    postgres: Postgres, postgres_url: str, stores: tuple[CrmStore, CrmStore]
) -> None:
    with ExitStack() as stack:
        one, other = accounts(postgres_url, stack)
        one.register()
        with ThreadPoolExecutor(2) as threads:
            with stores[0].begin() as session:
                session.add_calls([history("between")])
                up = threads.submit(one.upload, *map(call_item, ("a", "between", "b")))
                settle(postgres, postgres_url, up)
                down = threads.submit(other.upload, *map(call_item, ("b", "a")))
                settle(postgres, postgres_url, up, down)
            answers = [up.result().get_json(), down.result().get_json()]
    assert [answer["success"] for answer in answers] == [True, True]
    assert sum(answer["processedCallsCount"] for answer in answers) == 2
