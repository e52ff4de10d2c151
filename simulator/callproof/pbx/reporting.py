"""Delivers the outbox to the CRM: each call's reports in order, several calls at once.

What the CRM could not take is tried again; while nothing gets through at all, only one request at a
time finds out whether the CRM is back.
"""

import logging
import random
from collections.abc import Callable, Sequence
from functools import partial
from math import floor
from threading import RLock

from msgspec.structs import replace

from callproof.clocks.clock import Clock
from callproof.contract.jsontypes import JsonObject
from callproof.pbx.crm_client import CrmClient, Told
from callproof.pbx.rules import outbox
from callproof.pbx.rules.outbox import Fate, Outbox, Report, ReportKind
from callproof.pbx.store.sessions import Store
from callproof.storage.watching import StorageTrouble

log = logging.getLogger("callproof.pbx.reporting")

# Seconds; by less no date is set back that matters to anybody here.
_SET_BACK = 0.5


class Reporter:
    """``upload_every`` is the period of history uploads in seconds, 0 for right after the call.

    ``lanes`` is how many requests may be under way at once; ``changed`` is told when one has been settled.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        crm: CrmClient,
        upload_every: float,
        *,
        seed: int,
        lanes: int,
        changed: Callable[[], object],
    ) -> None:
        self._store = store
        self._clock = clock
        self._crm = crm
        self._seed = seed
        self._lanes = lanes
        self._changed = changed
        self._busy_lanes = 0
        self._lock = RLock()
        self._outbox = Outbox()
        self._failures = 0
        self._quiet_until = 0.0
        self._planned: float | None = None
        self.upload_every, self._counted_from = upload_every, 0.0

    def resume(self) -> None:
        """Take up what was not delivered when the process ended; all of it is tried at once."""
        now = self._clock.now()
        with self._store.begin() as session:
            pending = session.pending()
        with self._lock:
            self._outbox = Outbox(
                replace(report, due_at=min(report.due_at, now)) if report.attempts else report
                for report in pending
            )
            self._wake()

    def forget(self) -> None:
        """The store was emptied."""
        with self._lock:
            self._outbox = Outbox()
            self._failures, self._quiet_until, self._planned = 0, 0.0, None

    @property
    def waiting(self) -> int:
        """How many reports the CRM has not acknowledged."""
        return len(self._outbox)

    @property
    def quiet_until(self) -> float:
        """Before this moment nothing is sent, because nothing gets through or too much was sent."""
        return self._quiet_until

    def history_due(self, now: float) -> float:
        """When a call that ended now may be uploaded: at once, or when the period is over."""
        if not self.upload_every:
            return now
        periods = floor((now - self._counted_from) / self.upload_every) + 1
        return self._counted_from + periods * self.upload_every

    def set_period(self, seconds: float, counted_from: float) -> None:
        """``counted_from`` is when a period begins; multiples of it depend on the time of day."""
        with self._lock:
            self.upload_every, self._counted_from = seconds, counted_from

    def add(self, reports: Sequence[Report]) -> None:
        """Deliver what the store has just kept."""
        with self._lock:
            for report in reports:
                self._outbox.add(report)
            self._wake()

    def flush(self) -> None:
        """Let everything that waits for its time go now."""
        with self._lock:
            self._quiet_until = 0.0
            hastened = self._outbox.hasten(self._clock.now())
            if hastened:
                with self._store.begin() as session:
                    session.save_reports(hastened)
            self._wake()

    def retry_refused(self) -> int:
        """Let what the CRM refused go once more, as after telephony was switched on there; how many."""
        with self._lock:
            now = self._clock.now()
            with self._store.begin() as session:
                again = [
                    replace(report, fate=Fate.PENDING, due_at=now) for report in session.refused(None)[::-1]
                ]
                if again:
                    session.save_reports(again)
            self.add(again)
            self.flush()
        return len(again)

    def _wake(self) -> None:
        """Plan a lane for what is due next, unless all are busy or one is planned already."""
        due = self._outbox.next_due()
        limit = self._lanes if not self._failures else 1
        if due is None or self._busy_lanes >= limit:
            return
        moment = max(due, self._quiet_until, self._clock.now())
        if self._planned is None or moment < self._planned:
            self._planned = moment
            self._clock.call_at(moment, partial(self._deliver, moment))

    def _deliver(self, planned: float) -> None:
        with self._lock:
            if self._planned == planned:
                self._planned = None
            self._follow(planned - self._clock.now())
            if self._busy_lanes >= self._lanes:
                return
            self._busy_lanes += 1
        try:
            while True:
                with self._lock:
                    mine, batch = self._outbox, self._next()
                if not batch:
                    return
                self._settle(mine, batch, self._tell(batch))
        finally:
            with self._lock:
                self._busy_lanes -= 1
                self._wake()

    def _follow(self, early: float) -> None:
        """Nothing planned comes early, unless the machine's date was set back meanwhile."""
        if early < _SET_BACK:
            return
        self._quiet_until -= early
        moved = self._outbox.set_back(early)
        if moved:
            with self._store.begin() as session:
                session.save_reports(moved)

    def _next(self) -> list[Report]:
        now = self._clock.now()
        due = self._outbox.next_due()
        if due is None or due > now or now < self._quiet_until:
            return []
        if wait := self._crm.wait(now):
            self._quiet_until = now + wait
            return []
        batch = self._outbox.take(now)
        self._wake()  # another lane may take what is left
        return batch

    def _tell(self, batch: Sequence[Report]) -> Told:
        payloads: list[JsonObject] = [report.payload for report in batch]
        if batch[0].kind is ReportKind.EVENT:
            return self._crm.event(payloads[0])
        return self._crm.upload(payloads)

    def _settle(self, mine: Outbox, batch: Sequence[Report], told: Told) -> None:
        with self._lock:
            if mine is not self._outbox:
                return  # everything was forgotten meanwhile
            settled = self._judged(batch, told)
            try:
                self._store.step(lambda session: session.save_reports(settled))
            except Exception as error:
                # Better told twice than lost: the CRM knows a repeated row by its externalId.
                if not isinstance(error, StorageTrouble):
                    log.exception("The outbox cannot be written; its reports go again")
                settled = [self._again(report, told, self._failures + 1) for report in batch]
            _log(settled)
            if settled[0].fate is Fate.PENDING:
                mine.put_back(settled)
            else:
                mine.done(settled)
        self._changed()

    def _judged(self, batch: Sequence[Report], told: Told) -> list[Report]:
        fate = outbox.fate_of(told.status, told.success)
        if fate is Fate.PENDING:
            self._failures += 1
            settled = [self._again(report, told, report.attempts + 1) for report in batch]
            self._quiet_until = self._clock.now() + self._delay(f"quiet:{settled[0].id}", self._failures)
            return settled
        self._failures = 0
        if fate is Fate.REFUSED and len(batch) > 1:
            # One bad row must not keep the others from the history.
            return [self._tried(report, told, alone=True) for report in batch]
        return [replace(self._tried(report, told), fate=fate) for report in batch]

    def _again(self, report: Report, told: Told, attempts: int) -> Report:
        delay = self._delay(f"{report.id}", attempts)
        return replace(self._tried(report, told), due_at=self._clock.now() + delay)

    def _tried(self, report: Report, told: Told, *, alone: bool = False) -> Report:
        attempts = report.attempts + 1
        return replace(report, attempts=attempts, answer=told.text[:500], alone=report.alone or alone)

    def _delay(self, what: str, attempts: int) -> float:
        return outbox.retry_delay(attempts, random.Random(f"retry:{self._seed}:{what}:{attempts}"))


def _log(settled: Sequence[Report]) -> None:
    if not log.isEnabledFor(logging.INFO):
        return
    for report in settled:
        said = f"the {report.kind} is {report.fate} at attempt {report.attempts}: {report.answer}"
        log.info("%s", said, extra={"calls": (report.call_id,)})
