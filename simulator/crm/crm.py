"""One CRM, put together: its store, clock, journal, keys and its calls to the PBX."""

from threading import Lock

from simulator.bench import seed
from simulator.bench.calling import Caller
from simulator.bench.clocks import AnyClock
from simulator.bench.faults import Faults
from simulator.bench.journal import Journal
from simulator.contract.errors import RateLimitExceeded
from simulator.core.budgets import Budgets, purse_of
from simulator.core.model import Grant
from simulator.core.ports import CrmSession
from simulator.crm.outgoing import Outgoing
from simulator.crm.settings import SCOPES, CrmSettings, Readings
from simulator.storage.crm import SqlCrmStore


class Crm:
    """Raises StorageError when the database cannot be used. ``close`` ends what it holds."""

    def __init__(self, settings: CrmSettings, clock: AnyClock) -> None:
        self.settings = settings
        self.clock = clock
        self.journal = Journal()
        self.store = SqlCrmStore(settings.database, settings.country)
        self.readings = Readings()
        self.budgets = Budgets(settings.limits)
        self.faults = Faults(settings.seed, settings.faults)
        self._counting = Lock()
        caller = Caller(
            self.journal,
            clock,
            self.faults,
            timeout=settings.timeout,
            allowed_hosts=settings.allowed_hosts,
            rewrites=settings.rewrites,
        )
        self.outgoing = Outgoing(self.store, clock, caller, settings, lambda: self.readings)
        self._fill_when_empty()

    def grants(self) -> list[Grant]:
        """Every API key of the account."""
        with self.store.begin() as session:
            return session.grants()

    def demand_budget(self, grant: Grant, address: str, path: str) -> None:
        """Raises RateLimitExceeded when this key has spent its second from this address."""
        below = path.split("/", 3)[-1] if path.count("/") > 2 else ""
        with self._counting:
            fits = self.budgets.allows(f"{grant.key} {address}", purse_of(f"/{below}"), self.clock.now())
        if not fits:
            raise RateLimitExceeded(self.budgets.limits.status)

    def reset(self, number: int | None = None) -> None:
        """Back to the seed, or to another one: what was kept or journalled since is forgotten."""
        with self.store.begin() as session:
            session.clear()
            self._fill(session, self.settings.seed if number is None else number)
        self.readings = Readings()
        self.budgets = Budgets(self.settings.limits)
        self.faults.reset()
        self.journal.clear()

    def close(self) -> None:
        self.faults.clear()
        self.store.close()

    def _fill_when_empty(self) -> None:
        with self.store.begin() as session:
            if session.users():
                session.save_grant(Grant(self.settings.api_key, SCOPES))
            else:
                self._fill(session, self.settings.seed)

    def _fill(self, session: CrmSession, number: int) -> None:
        session.save_grant(Grant(self.settings.api_key, SCOPES))
        seed.fill(session, number, managers=self.settings.managers, customers=self.settings.customers)
