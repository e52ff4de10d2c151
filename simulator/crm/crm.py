"""One CRM, put together: its store, clock, journal and its calls to the PBX."""

from simulator.bench import seed
from simulator.bench.clocks import AnyClock
from simulator.bench.journal import Journal
from simulator.bench.recording import Caller
from simulator.crm.outgoing import Outgoing
from simulator.crm.settings import CrmSettings
from simulator.storage.crm import SqlCrmStore


class Crm:
    """Raises StorageError when the database cannot be used. ``close`` ends what it holds."""

    def __init__(self, settings: CrmSettings, clock: AnyClock) -> None:
        self.settings = settings
        self.clock = clock
        self.journal = Journal()
        self.store = SqlCrmStore(settings.database)
        caller = Caller(self.journal, clock, timeout=settings.timeout, allowed_hosts=settings.allowed_hosts)
        self.outgoing = Outgoing(self.store, clock, caller, settings)
        self._fill_when_empty()

    def reset(self, number: int | None = None) -> None:
        """Back to the seed, or to another one: what was kept or journalled since is forgotten."""
        with self.store.begin() as session:
            session.clear()
            seed.fill(session, self.settings.seed if number is None else number)
        self.journal.clear()

    def close(self) -> None:
        self.store.close()

    def _fill_when_empty(self) -> None:
        with self.store.begin() as session:
            if not session.users():
                seed.fill(session, self.settings.seed)
