"""Short transactions in turn on one connection: those that wait at the same time share a commit."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection

from simulator.storage.driver import Compiler, Driver

log = logging.getLogger("callproof.storage")

T = TypeVar("T")
# How many transactions are committed together at most.
TOGETHER = 64


class _Ticket(Generic[T]):
    """One transaction that waits for its turn."""

    def __init__(self, job: Callable[[Driver], T]) -> None:
        self.job = job
        self.done = False
        self.result: T | None = None
        self.error: BaseException | None = None

    def play(self, driver: Driver) -> None:
        try:
            self.result = self.job(driver)
        except BaseException as error:
            self.error = error


class Lane:
    """``turn`` is the lock that everybody holds who uses the connection, ``begin`` how to begin.

    Jobs that only read need no beginning: each of their statements sees what is committed then.
    """

    def __init__(
        self,
        engine: Engine,
        compiler: Compiler,
        turn: AbstractContextManager[object],
        begin: Sequence[str],
    ) -> None:
        self._engine = engine
        self._compiler = compiler
        self._turn = turn
        self._begin = begin
        self._waiting: deque[_Ticket[object]] = deque()
        self._fairy: PoolProxiedConnection | None = None

    def run(self, job: Callable[[Driver], T]) -> T:
        """The job's result, after the commit. Raises what the job raised, which leaves no trace of it."""
        ticket = _Ticket(job)
        self._waiting.append(ticket)  # type: ignore[arg-type]
        with self._turn:
            # Whoever has the turn serves everyone who waits; most find themselves served.
            while not ticket.done:
                self._serve()
        if ticket.error is not None:
            raise ticket.error
        return ticket.result  # type: ignore[return-value]

    def waiting(self) -> int:
        """How many have asked and are not served yet."""
        return len(self._waiting)

    def close(self) -> None:
        with self._turn:
            if self._fairy is not None:
                self._fairy.close()
                self._fairy = None

    def _serve(self) -> None:
        tickets = [self._waiting.popleft() for _ in range(min(len(self._waiting), TOGETHER))]
        try:
            self._transact(self._driver(), tickets)
        except BaseException as error:
            # Whatever it is, nobody may be told of success, nor wait for ever.
            self._give_up(error)
            for ticket in tickets:
                ticket.error = error
        self._drop_if_closed()
        for ticket in tickets:
            ticket.done = True

    def _transact(self, driver: Driver, tickets: list["_Ticket[object]"]) -> None:
        for statement in self._begin:
            driver.run(statement)
        if not self._begin:
            for ticket in tickets:
                ticket.play(driver)
            return
        if len(tickets) == 1:
            tickets[0].play(driver)
            driver.run("COMMIT" if tickets[0].error is None else "ROLLBACK")
            return
        for ticket in tickets:
            driver.run("SAVEPOINT job")
            ticket.play(driver)
            if ticket.error is not None:
                driver.run("ROLLBACK TO SAVEPOINT job")
            driver.run("RELEASE SAVEPOINT job")
        driver.run("COMMIT")

    def _drop_if_closed(self) -> None:
        """A server that went away is asked anew by whoever comes next."""
        if self._fairy is not None and getattr(self._fairy.dbapi_connection, "closed", False):
            self._fairy.invalidate()
            self._fairy = None

    def _give_up(self, error: BaseException) -> None:
        """After a failure nobody knows what the connection is in the middle of."""
        log.info("a transaction failed: %s", error)
        if self._fairy is None:
            return
        try:
            if self._compiler.name != "sqlite" or self._fairy.dbapi_connection.in_transaction:  # type: ignore[union-attr]
                self._driver().run("ROLLBACK")
        except Exception as worse:
            log.info("and its connection is dropped: %s", worse)
            self._fairy.invalidate()
            self._fairy = None

    def _driver(self) -> Driver:
        if self._fairy is None:
            self._fairy = self._engine.raw_connection()
            if self._compiler.name == "postgresql":
                self._fairy.dbapi_connection.autocommit = True  # type: ignore[union-attr]
        return Driver(self._fairy.dbapi_connection, self._compiler)  # type: ignore[arg-type]
