"""Short transactions in turn on one connection: those that wait at the same time share a commit.

Ours, because neither SQLAlchemy nor the drivers let several callers of one process share a transaction.
"""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

from callproof.storage.driver import Busy, Compiler, Driver, raw_of
from callproof.storage.watching import Watch

log = logging.getLogger("callproof.storage")

T = TypeVar("T")
# How many transactions are committed together at most.
TOGETHER = 64


class _Ticket(Generic[T]):
    """One transaction that waits for its turn."""

    __slots__ = ("done", "error", "job", "result")

    def __init__(self, job: Callable[[Driver], T]) -> None:
        self.job = job
        self.done = False
        self.result: T | None = None
        self.error: BaseException | None = None

    def play(self, driver: Driver) -> None:
        self.error = None
        try:
            self.result = self.job(driver)
        except BaseException as error:
            self.error = error


class Lane:
    """``turn`` is the lock that everybody holds who uses the connection, ``queue`` is where processes wait
    for each other, ``begin`` how to begin. ``watch`` is told of trouble, and ``demand_files`` raises when
    what is committed would be lost. ``beside`` says that other processes write meanwhile, so that each job
    has to hold what it needs.

    Jobs that only read need no beginning: each of their statements sees what is committed then.
    """

    def __init__(
        self,
        engine: Engine,
        compiler: Compiler,
        turn: AbstractContextManager[object],
        begin: str,
        queue: AbstractContextManager[None],
        watch: Watch,
        demand_files: Callable[[], None],
        *,
        beside: bool = False,
    ) -> None:
        self._engine = engine
        self._compiler = compiler
        self._turn = turn
        self._begin = begin
        self._queue = queue
        self._beside = beside
        self._watch = watch
        self._demand_files = demand_files
        self._waiting: deque[_Ticket[object]] = deque()
        self._fairy: PoolProxiedConnection | None = None
        self._driver: Driver | None = None
        assert engine.dialect.loaded_dbapi is not None
        # After these a transaction is of no more use to some databases.
        self._failures = engine.dialect.loaded_dbapi.Error

    def run(self, job: Callable[[Driver], T]) -> T:
        """The job's result, after the commit. Raises what the job raised, which leaves no trace of it.

        A job is played again from its start when another one that shared its transaction failed, and when
        it was busy.
        """
        if not self._begin:
            return self._look(job)
        ticket = _Ticket(job)
        self._waiting.append(ticket)  # type: ignore[arg-type]
        with self._turn:
            # Whoever has the turn serves everyone who waits; most find themselves served.
            while not ticket.done:
                with self._queue:
                    self._serve()
        if ticket.error is not None:
            raise ticket.error
        return ticket.result  # type: ignore[return-value]

    def _look(self, job: Callable[[Driver], T]) -> T:
        """What only reads has nothing to share."""
        with self._turn:
            try:
                if self._watch.current is not None:
                    self._demand_files()
                return job(self._driver or self._connect())
            except (self._failures, SQLAlchemyError) as error:
                self._drop_if_closed()
                if trouble := self._watch.tell(error):
                    raise trouble from error
                raise

    def waiting(self) -> int:
        """How many have asked and are not served yet."""
        return len(self._waiting)

    def close(self) -> None:
        with self._turn:
            if self._fairy is not None:
                self._fairy.close()
                self._fairy = self._driver = None

    def _serve(self) -> None:
        waiting = self._waiting
        tickets = [waiting.popleft()]
        while waiting and len(tickets) < TOGETHER:
            tickets.append(waiting.popleft())
        try:
            self._transact(self._driver or self._connect(), tickets)
        except BaseException as error:
            # Whatever it is, nobody may be told of success, nor wait for ever.
            self._give_up(error)
            first = next((t.error for t in tickets if isinstance(t.error, self._failures)), error)
            for ticket in tickets:
                ticket.error = first
        waiting.extendleft(ticket for ticket in reversed(tickets) if isinstance(ticket.error, Busy))
        for ticket in tickets:
            if ticket.error is not None:
                self._drop_if_closed()
                ticket.error = self._watch.tell(ticket.error) or ticket.error
            ticket.done = not isinstance(ticket.error, Busy)

    def _transact(self, driver: Driver, tickets: list["_Ticket[object]"]) -> None:
        self._start(driver)
        if self._played(driver, tickets):
            driver.run("COMMIT")
            self._demand_files()
            return
        driver.run("ROLLBACK")
        if len(tickets) > 1:
            self._start(driver)
            self._play_apart(driver, tickets)
            driver.run("COMMIT")
            self._demand_files()

    def _start(self, driver: Driver) -> None:
        driver.run(self._begin)
        driver.held = 0

    def _played(self, driver: Driver, tickets: list["_Ticket[object]"]) -> bool:
        """Whether nothing has to be undone: most jobs that fail do so before they write."""
        for ticket in tickets:
            driver.wrote = False
            ticket.play(driver)
            if ticket.error is not None and (driver.wrote or isinstance(ticket.error, self._failures)):
                return False
        return True

    def _play_apart(self, driver: Driver, tickets: list["_Ticket[object]"]) -> None:
        """Each of them stands or falls alone."""
        for ticket in tickets:
            driver.run("SAVEPOINT job")
            ticket.play(driver)
            if ticket.error is not None:
                driver.run("ROLLBACK TO SAVEPOINT job")
            driver.run("RELEASE SAVEPOINT job")

    def _drop_if_closed(self) -> None:
        """A server that went away is asked anew by whoever comes next."""
        if self._fairy is not None and getattr(self._fairy.dbapi_connection, "closed", False):
            self._drop()

    def _give_up(self, error: BaseException) -> None:
        """After a failure nobody knows what the connection is in the middle of."""
        log.info("a transaction failed: %s", error)
        if self._fairy is None or self._driver is None:
            return
        try:
            if self._compiler.name != "sqlite" or self._fairy.dbapi_connection.in_transaction:  # type: ignore[union-attr]
                self._driver.run("ROLLBACK")
        except Exception as worse:
            log.info("and its connection is dropped: %s", worse)
            self._drop()

    def _drop(self) -> None:
        if self._fairy is not None:
            self._fairy.invalidate()
            self._fairy = self._driver = None

    def _connect(self) -> Driver:
        self._fairy = self._engine.raw_connection()
        if self._compiler.name == "postgresql":
            self._fairy.dbapi_connection.autocommit = True  # type: ignore[union-attr]
        self._driver = Driver(raw_of(self._fairy, self._compiler.name), self._compiler)
        self._driver.beside = self._beside
        return self._driver
