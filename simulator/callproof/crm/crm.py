"""One CRM, put together: its store, clock, journal, keys and its calls to the PBX."""

from dataclasses import dataclass, replace

import msgspec

from callproof import kinds
from callproof.clocks.clock import Clock
from callproof.contract.budgets import Limits, purse_of
from callproof.contract.errors import RateLimitExceeded
from callproof.contract.operations import Side
from callproof.crm import seed
from callproof.crm.keeping import keep
from callproof.crm.outgoing import Outgoing
from callproof.crm.pace import Pace
from callproof.crm.rules.model import Directory
from callproof.crm.settings import CrmSettings, Knobs, Readings
from callproof.crm.store.opening import open_store
from callproof.crm.store.sessions import CrmSession
from callproof.exchange.calling import Caller
from callproof.exchange.counting import Counts
from callproof.exchange.faults import Faults
from callproof.exchange.journal import Journal
from callproof.exchange.ledger import Ledger
from callproof.exchange.nearby import NOBODY, Nearby
from callproof.exchange.shared_journal import SharedJournal
from callproof.exchange.telling import Telling
from callproof.limits import of_account
from callproof.storage.rows import Rows
from callproof.web.pulse import Pulse


class _Kept(msgspec.Struct):
    """What testers turned, as the database keeps it."""

    readings: Readings = Readings()
    limits: Limits | None = None


@dataclass(frozen=True)
class CrmSnapshot:
    """What a CRM kept at some moment."""

    rows: Rows
    timezone: str
    country: str


class Crm:
    """Raises StorageError when the database cannot be used. ``close`` ends what it holds, ``bounds`` are
    those of an account of this size."""

    def __init__(
        self, settings: CrmSettings, clock: Clock, ledger: Ledger | None = None, nearby: Nearby = NOBODY
    ) -> None:
        self.settings = self._started = settings
        self.bounds = of_account(settings.bounds, settings.managers)
        self.clock = clock
        self.store = open_store(settings.database, settings.country, settings.durability)
        self.journal = self._journal()
        self.pulse = Pulse(self.journal, settings.bounds.page_streams)
        self.faults = Faults(settings.seed, settings.faults)
        self.counts = Counts(ledger)
        self.telling = Telling(Side.CRM)
        self.pace = Pace()
        self._knobs: tuple[Directory | None, Knobs] = (None, Knobs(limits=settings.limits))
        self.caller = Caller(
            self.journal,
            clock,
            self.faults,
            timeout=settings.bounds.crm_call_seconds,
            most=settings.bounds.answer_bytes,
            allowed_hosts=settings.allowed_hosts,
            rewrites=settings.rewrites,
            trust=settings.trust,
            telling=self.telling,
            counts=self.counts,
            nearby=nearby,
        )
        self.outgoing = Outgoing(self.store, clock, self.caller, settings, lambda: self.knobs().readings)
        self._fill_when_empty()

    def directory(self) -> Directory:
        """As it is now, whoever changed it."""
        return self.store.share(lambda session: session.directory(), writes=False)

    def knobs(self) -> Knobs:
        return self.knobs_of(self.directory())

    def knobs_of(self, directory: Directory) -> Knobs:
        known, knobs = self._knobs
        if known is not directory:
            kept = kinds.convert(directory.settings, _Kept)
            knobs = Knobs(kept.readings, kept.limits or self.settings.limits)
            self._knobs = directory, knobs
        return knobs

    def demand_budget(self, limits: Limits, key: str, address: str, path: str) -> None:
        """Raises RateLimitExceeded when this key has spent its second from this address."""
        purse = purse_of(path)
        limit = limits.of(purse)
        if limit is None:
            return
        caller, now = f"{key} {address}", self.clock.now()
        if not self.store.spend(caller, purse, now, limit):
            raise RateLimitExceeded(limits.status)

    def set_readings(self, readings: Readings) -> None:
        with self.store.begin() as session:
            session.save_setting("readings", msgspec.to_builtins(readings))

    def set_limits(self, limits: Limits) -> None:
        """What was spent until now is forgotten."""
        with self.store.begin() as session:
            session.save_setting("limits", msgspec.to_builtins(limits))
        self.store.forget_spent()

    def settle(self, timezone: str, country: str) -> None:
        """Be an account of this zone and country until the next reset; no other worker hears of it."""
        if (timezone, country) != (self.settings.timezone, self.settings.country):
            self.settings = replace(self.settings, timezone=timezone, country=country)
            self.store.read_in(country)
            self.outgoing.settle(self.settings)

    def reset(self, number: int | None = None) -> None:
        """Back to the seed, or to another one: what was kept or journalled since is forgotten."""
        self.settle(self._started.timezone, self._started.country)
        with self.store.begin() as session:
            session.clear()
            self._fill(session, self.settings.seed if number is None else number)
        self.store.forget_spent()
        self.faults.reset()
        self.pace.reset()
        self.journal.clear()

    def snapshot(self) -> CrmSnapshot:
        """All that is kept, and the account's zone and country."""
        with self.store.begin() as session:
            return CrmSnapshot(session.snapshot(), self.settings.timezone, self.settings.country)

    def restore(self, found: CrmSnapshot) -> None:
        """Back to a snapshot; the journal, the faults and the clock go on."""
        self.settle(found.timezone, found.country)
        with self.store.begin() as session:
            session.restore(found.rows)
        self.store.forget_spent()
        self.pace.reset()

    def close(self) -> None:
        self.pulse.close()
        self.faults.clear()
        self.journal.close()
        self.store.close()

    def _journal(self) -> Journal:
        bounds, every = self.settings.bounds, self.settings.journal_every
        most = bounds.journal_entries, bounds.journal_bytes
        table = self.store.journal_table()
        return SharedJournal(table, *most, every=every) if table else Journal(*most, every=every)

    def _fill_when_empty(self) -> None:
        with self.store.begin() as session:
            if session.users():
                keep(session, self.settings.api_key)
            else:
                self._fill(session, self.settings.seed)

    def _fill(self, session: CrmSession, number: int) -> None:
        keep(session, self.settings.api_key)
        seed.fill(session, number, managers=self.settings.managers, customers=self.settings.customers)
