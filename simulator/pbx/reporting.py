"""Delivers the outbox to the CRM: one request after the other, in the order that ``outbox`` sets."""

from collections.abc import Sequence
from dataclasses import replace
from math import floor
from threading import Lock

from simulator.contract.jsontypes import JsonObject
from simulator.core import outbox
from simulator.core.outbox import Fate, Kind, Message
from simulator.core.ports import Clock, PbxStore
from simulator.pbx.crm_client import CrmClient, Told


class Reporter:
    """``upload_every`` is the period of history uploads in seconds, 0 for right after the call."""

    def __init__(self, store: PbxStore, clock: Clock, crm: CrmClient, upload_every: float) -> None:
        self._store = store
        self._clock = clock
        self._crm = crm
        self._delivering = Lock()
        self.upload_every = upload_every

    def history_due(self, now: float) -> float:
        """When a call that ended now may be uploaded: at once, or at the next multiple of the period."""
        if not self.upload_every:
            return now
        return (floor(now / self.upload_every) + 1) * self.upload_every

    def wake(self) -> None:
        """There may be something to deliver, now or later."""
        with self._store.begin() as session:
            due = outbox.next_due(session.pending())
        if due is not None:
            self._clock.call_at(max(due, self._clock.now()), self._deliver)

    def flush(self) -> None:
        """Let everything that waits for its time go now."""
        with self._store.begin() as session:
            for message in session.pending():
                session.update_message(replace(message, due_at=self._clock.now()))
        self.wake()

    def _deliver(self) -> None:
        # One delivery at a time keeps the order; who comes second finds the outbox empty.
        with self._delivering:
            while batch := self._next():
                told = self._tell(batch)
                self._settle(batch, told)
        self.wake()

    def _next(self) -> list[Message]:
        with self._store.begin() as session:
            return outbox.next_request(session.pending(), self._clock.now())

    def _tell(self, batch: Sequence[Message]) -> Told:
        payloads: list[JsonObject] = [message.payload for message in batch]
        if batch[0].kind is Kind.EVENT:
            return self._crm.event(payloads[0])
        return self._crm.upload(payloads)

    def _settle(self, batch: Sequence[Message], told: Told) -> None:
        fate = outbox.fate_of(told.status, told.success)
        with self._store.begin() as session:
            for message in batch:
                attempts = message.attempts + 1
                retry_at = self._clock.now() + outbox.retry_delay(attempts)
                session.update_message(
                    replace(
                        message,
                        attempts=attempts,
                        fate=fate,
                        due_at=retry_at if fate is Fate.PENDING else message.due_at,
                        answer=told.text[:500],
                    )
                )
