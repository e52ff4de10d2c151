"""One virtual PBX, put together."""

import logging
from dataclasses import dataclass, replace

import msgspec
from msgspec import Struct

from callproof import kinds
from callproof.clocks.clock import Clock
from callproof.contract.operations import Side
from callproof.exchange.calling import Caller
from callproof.exchange.counting import Counts
from callproof.exchange.faults import Faults
from callproof.exchange.journal import Journal
from callproof.exchange.ledger import Ledger
from callproof.exchange.nearby import NOBODY, Nearby
from callproof.exchange.telling import Telling
from callproof.pbx.crm_client import CrmClient, Told
from callproof.pbx.engine import Engine
from callproof.pbx.reporting import Reporter
from callproof.pbx.rules.plan import NumberingPlan
from callproof.pbx.settings import PbxSettings
from callproof.pbx.store.opening import open_store
from callproof.storage.address import IN_MEMORY
from callproof.storage.rows import Rows
from callproof.web.pulse import Pulse

log = logging.getLogger("callproof.pbx")

# Requests to the CRM that may be under way at once; lookups come on top.
LANES = 8


class _Activity(Struct):
    """What the CRM says of a telephony that it switched."""

    active: bool
    freeze: bool = False


@dataclass(frozen=True)
class Registration:
    """What this process knows of its telephony in the CRM: the answer to the last registration, None when
    it asked for none, and since ``at`` whether the CRM keeps it ``active`` or ``frozen``."""

    at: float
    told: Told | None
    active: bool = True
    frozen: bool = False


@dataclass(frozen=True)
class PbxSnapshot:
    """What a PBX kept at some moment."""

    rows: Rows
    plan: NumberingPlan
    timezone: str
    upload_every: float
    registration: Registration | None


class Pbx:
    """Raises StorageError when the database cannot be used. ``close`` ends what it holds."""

    def __init__(
        self, settings: PbxSettings, clock: Clock, ledger: Ledger | None = None, nearby: Nearby = NOBODY
    ) -> None:
        self.settings = self._started = settings
        self.clock = clock
        self.journal = Journal(settings.bounds.journal_entries, settings.bounds.journal_bytes)
        self.pulse = Pulse(self.journal, settings.bounds.page_streams)
        self.store = open_store(settings.database, settings.durability)
        self.faults = Faults(settings.seed, settings.faults)
        self.counts = Counts(ledger)
        self.telling = Telling(Side.PBX)
        self.caller = Caller(
            self.journal,
            clock,
            self.faults,
            timeout=settings.bounds.pbx_call_seconds,
            most=settings.bounds.answer_bytes,
            allowed_hosts=settings.allowed_hosts,
            rewrites=settings.rewrites,
            trust=settings.trust,
            telling=self.telling,
            counts=self.counts,
            nearby=nearby,
        )
        self.crm = CrmClient(self.caller, settings)
        # A manual clock does one thing after the other, so that the same seed gives the same journal.
        lanes = 1 if clock.kind == "manual" else LANES
        self.reporter = Reporter(
            self.store,
            clock,
            self.crm,
            settings.upload_every,
            seed=settings.seed,
            lanes=lanes,
            changed=self.pulse.bump,
        )
        self.engine = Engine(self.store, clock, self.crm, self.reporter, settings, self.pulse.bump)
        self.registration: Registration | None = None
        self.engine.resume()

    def reset(self, number: int | None = None) -> None:
        """Forget all calls, statuses and exchanges; plan, zone and uploads are again as at the start.

        ``number`` is the seed of the calls to come, by default the one of the settings.
        """
        self.engine.forget(self.settings.seed if number is None else number)
        self.settle(self._started.plan, self._started.timezone)
        self.reporter.set_period(self.settings.upload_every, 0.0)
        self.faults.reset()
        self.journal.clear()

    def snapshot(self) -> PbxSnapshot:
        """All that is kept, and the plan, zone and period that the PBX lives by."""
        with self.store.begin() as session:
            rows = session.snapshot()
        every, plan, zone = self.reporter.upload_every, self.settings.plan, self.settings.timezone
        return PbxSnapshot(rows, plan, zone, every, self.registration)

    def restore(self, found: PbxSnapshot) -> None:
        """Back to a snapshot; calls that went on go on, and what is overdue by now happens at once. The
        journal, the faults and the clock go on."""
        self.engine.forget(self.settings.seed)
        self.settle(found.plan, found.timezone)
        self.reporter.set_period(found.upload_every, 0.0)
        with self.store.begin() as session:
            session.restore(found.rows)
        self.registration = found.registration
        self.engine.resume()

    def settle(self, plan: NumberingPlan, timezone: str) -> None:
        """Live by this plan and in this zone until the next reset. Raises CallRefused during a call."""
        if (plan, timezone) != (self.settings.plan, self.settings.timezone):
            self.engine.settle(plan, timezone)
            self.settings = replace(self.settings, plan=plan, timezone=timezone)
            self.crm.settle(self.settings)

    def register(self) -> Told:
        """Make this PBX known to the CRM, with its whole plan."""
        told = self.crm.register()
        self.registration = Registration(self.clock.now(), told)
        return told

    def switched(self, said: str) -> None:
        """The CRM switched the telephony on or off; ``said`` is the call-back's ``activity``
        (evidence#activity). What is no such JSON changes nothing; the schema has remarked on it."""
        now, told = self.clock.now(), self.registration.told if self.registration else None
        try:
            state = kinds.decode(said, _Activity)
        except msgspec.DecodeError:
            return
        self.registration = Registration(now, told, active=state.active, frozen=state.freeze)

    def connect(self, crm_url: str, api_key: str) -> None:
        """Talk to another CRM from now on."""
        self.registration = None
        self.settings = replace(self.settings, crm_url=crm_url, api_key=api_key)
        self.crm.connect(crm_url, api_key)

    def close(self) -> None:
        if waiting := self.reporter.waiting:
            kept = self.settings.database != IN_MEMORY
            said = "are kept for the next start" if kept else "are lost with the memory; --db keeps them"
            level = logging.INFO if kept else logging.WARNING
            log.log(level, "%d reports were not sent to the CRM and %s.", waiting, said)
        self.pulse.close()
        self.faults.clear()
        self.store.close()
