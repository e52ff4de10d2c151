"""The CRM's data without a database: ``MemoryStore``, which keeps it as long as the process lives."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from callproof.crm.store import shapes
from callproof.crm.store.memory_session import MemorySession
from callproof.crm.store.purses import Purses
from callproof.crm.store.sessions import CrmSession, ShortSession
from callproof.storage.memory import Memory

T = TypeVar("T")


class MemoryStore:
    """``country`` reads telephone numbers that come without a country code."""

    spends_apart = False

    def __init__(self, country: str = "RU") -> None:
        self.database = Memory(shapes.version)
        self._session = MemorySession(self.database, country)
        self._purses = Purses()

    def journal_table(self) -> None:
        return None

    def read_in(self, country: str) -> None:
        self._session.read_in(country)

    @contextmanager
    def begin(self) -> Iterator[CrmSession]:
        with self.database:
            yield self._session

    def transact(self, job: Callable[[CrmSession], T], *, short: bool, writes: bool) -> T:
        with self.database:
            return job(self._session)

    def share(self, job: Callable[[ShortSession], T], *, writes: bool) -> T:
        with self.database:
            return job(self._session)

    def spend(self, caller: str, purse: str, now: float, limit: int) -> bool:
        return self._purses.spend(caller, purse, now, limit)

    def forget_spent(self) -> None:
        self._purses.forget()

    def close(self) -> None:
        self.database.watch.close()
