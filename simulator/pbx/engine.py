"""Carries calls from the first ring to the last report.

Every step is one transaction: the call's new state and what has to be told of it are stored together,
so that neither is ever kept without the other. Requests to the CRM are made outside of transactions.
"""

import random
import uuid
from collections.abc import Callable
from functools import partial

from simulator.contract.phones import digits
from simulator.core import call as life
from simulator.core.call import Call, IllegalAction, Party, State
from simulator.core.outbox import Kind
from simulator.core.ports import Clock, PbxSession, PbxStore
from simulator.core.reports import belongs_in_history, events_between, history_item
from simulator.core.routing import route
from simulator.pbx.crm_client import CrmClient
from simulator.pbx.reporting import Reporter
from simulator.pbx.settings import PbxSettings

SHORTEST_NUMBER = 3


class CallRefused(Exception):
    """The PBX cannot start this call; ``status`` is what makeCallUrl answers."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Engine:
    def __init__(
        self,
        store: PbxStore,
        clock: Clock,
        crm: CrmClient,
        reporter: Reporter,
        settings: PbxSettings,
    ) -> None:
        self._store = store
        self._clock = clock
        self._crm = crm
        self._reporter = reporter
        self._plan = settings.plan
        self._base_url = settings.base_url
        self._zone = settings.timezone
        self._seed = settings.seed
        self._generation = 0

    def record_url(self, call: Call) -> str | None:
        """Where the recording is served; only a call that was answered has one."""
        return f"{self._base_url}/recordings/{call.id}.wav" if call.duration else None

    def place_incoming(self, phone: str, line: str) -> Call:
        """A customer dials a line. Raises CallRefused when the plan has no such line."""
        _demand_number(phone)
        planned = self._plan.line(line)
        if planned is None:
            raise CallRefused(f"There is no line {line}", 404)
        with self._store.begin() as session:
            call = life.incoming(self._new_id(session), phone, planned.phone, self._clock.now())
            session.save_call(call)
        self.later(0, lambda: self._route(call.id))
        return call

    def click_to_call(self, extension: str, phone: str, line: str | None) -> Call:
        """The CRM asks for a call; the manager rings first (guide, "Call initiation").

        Raises CallRefused with 404 for an unknown extension, 409 for a busy one, 422 for a number that
        cannot be dialled.
        """
        _demand_number(phone)
        if extension not in self._plan.extensions:
            raise CallRefused(f"There is no extension {extension}", 404)
        planned = (self._plan.line(line) if line else None) or self._plan.lines[0]
        with self._store.begin() as session:
            if extension in _busy(session):
                raise CallRefused(f"Extension {extension} is busy", 409)
            call = life.click_to_call(
                self._new_id(session), phone, planned.phone, extension, self._clock.now()
            )
            session.save_call(call)
        self._plan_ring_out(call)
        return call

    def answer(self, call_id: str, extension: str | None = None) -> Call:
        after = self._step(call_id, lambda call, now: life.answer(call, now, extension))
        if after.state is State.RINGING:
            self._plan_ring_out(after)
        return after

    def refuse(self, call_id: str, extension: str | None = None) -> Call:
        return self._step(call_id, lambda call, now: life.refuse(call, now, extension))

    def hang_up(self, call_id: str, by: Party) -> Call:
        return self._step(call_id, lambda call, now: life.hang_up(call, by, now))

    def fail(self, call_id: str) -> Call:
        """The network drops the call."""
        return self._step(call_id, life.fail)

    def status_changed(self, extension: str, status: str) -> None:
        """The CRM says what a manager is doing."""
        with self._store.begin() as session:
            session.save_status(extension, status)

    def resume(self) -> None:
        """Take up what was going on when the process ended."""
        with self._store.begin() as session:
            still_open = session.calls(only_open=True)
        for call in still_open:
            if call.state is State.NEW:
                self.later(0, partial(self._route, call.id))
            elif call.state is not State.TALKING:
                self._plan_ring_out(call)
        self._reporter.wake()

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Plan something about a call; ``forget`` drops it."""
        generation = self._generation

        def act() -> None:
            if generation == self._generation:
                action()

        self._clock.call_at(self._clock.now() + seconds, act)

    def forget(self, seed: int) -> None:
        """Drop all calls and everything planned about them; ids follow from ``seed`` from now on."""
        self._generation += 1
        self._seed = seed
        with self._store.begin() as session:
            session.clear()

    def _route(self, call_id: str) -> None:
        with self._store.begin() as session:
            call = session.call(call_id)
        if call is None or call.state is not State.NEW:
            return
        manager = self._crm.manager_extension(call.phone)
        with self._store.begin() as session:
            # Chosen inside the transaction, so that two calls at once do not ring one extension.
            planned = self._plan.line(call.line)
            chosen = route(
                manager,
                planned.group if planned else (),
                self._plan.extensions,
                _busy(session),
                session.statuses(),
            )
            try:
                after = self._apply(
                    session, call_id, lambda c, now: life.route(c, chosen.extensions, chosen.reason, now)
                )
            except IllegalAction:
                return  # the caller hung up while the CRM was asked
        self._reporter.wake()
        if after.state is State.RINGING:
            self._plan_ring_out(after)

    def _step(self, call_id: str, change: Callable[[Call, float], Call]) -> Call:
        """Raises KeyError for an unknown call and IllegalAction when its state does not allow it."""
        with self._store.begin() as session:
            after = self._apply(session, call_id, change)
        self._reporter.wake()
        return after

    def _apply(self, session: PbxSession, call_id: str, change: Callable[[Call, float], Call]) -> Call:
        now = self._clock.now()
        before = session.call(call_id)
        if before is None:
            raise KeyError(call_id)
        after = change(before, now)
        session.save_call(after)
        for event in events_between(before, after):
            session.queue(call_id, Kind.EVENT, event, now)
        if before.state is not State.ENDED and belongs_in_history(after):
            row = history_item(after, self.record_url(after), self._zone)
            session.queue(call_id, Kind.HISTORY, row, self._reporter.history_due(now))
        return after

    def _plan_ring_out(self, ringing: Call) -> None:
        """Give up when the same ringing still goes on after ``ring_seconds``."""

        def give_up(call: Call, now: float) -> Call:
            return life.ring_out(call, now) if call.state is ringing.state else call

        self.later(self._plan.ring_seconds, lambda: self._step(ringing.id, give_up))

    def _new_id(self, session: PbxSession) -> str:
        """A UUID, as PBXs have; the same seed, order and time give the same ids."""
        number = session.counts()["calls"] + 1
        dice = random.Random(f"call:{self._seed}:{number}:{self._clock.now()}")
        return str(uuid.UUID(int=dice.getrandbits(128), version=4))


def _busy(session: PbxSession) -> frozenset[str]:
    """Extensions that ring or talk."""
    codes: set[str] = set()
    for call in session.calls(only_open=True):
        codes.update([call.answered_by] if call.answered_by else call.ringing_extensions)
    return frozenset(codes)


def _demand_number(phone: str) -> None:
    if len(digits(phone)) < SHORTEST_NUMBER:
        raise CallRefused(f"{phone!r} is not a number that can be dialled", 422)
