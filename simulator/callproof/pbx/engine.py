"""Carries calls from the first ring to the last report.

Every step is one transaction: the call's new state and what has to be told of it are stored together,
so that neither is ever kept without the other. Requests to the CRM are made outside of transactions and
locks. All waiting is done by the clock: a call costs a timer, never a thread.
"""

import logging
import random
import uuid
from collections.abc import Callable
from functools import partial
from threading import RLock

from callproof.clocks.clock import Clock, Timer
from callproof.contract.phones import digits
from callproof.pbx.admission import CallRefused, demand_free, demand_number, demand_outside
from callproof.pbx.crm_client import CrmClient
from callproof.pbx.reporting import Reporter
from callproof.pbx.rules import life, moves, routing
from callproof.pbx.rules.call import Call, State
from callproof.pbx.rules.outbox import Report, ReportKind
from callproof.pbx.rules.plan import NumberingPlan, PlannedLine
from callproof.pbx.rules.reports import belongs_in_history, events_between, history_item
from callproof.pbx.rules.script import Expected, Party, Script
from callproof.pbx.settings import PbxSettings
from callproof.pbx.store.sessions import StepSession, Store
from callproof.pbx.switchboard import Switchboard
from callproof.storage.watching import StorageTrouble

log = logging.getLogger("callproof.pbx.engine")

# Seconds until a step that could not be stored is tried again.
AGAIN = 1.0


class Engine:
    """``changed`` is told of every step; it is called under the lock and must not wait."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        crm: CrmClient,
        reporter: Reporter,
        settings: PbxSettings,
        changed: Callable[[], object],
    ) -> None:
        self._store = store
        self._changed = changed
        self._clock = clock
        self._crm = crm
        self._reporter = reporter
        self._plan = settings.plan
        self._base_url = settings.base_url
        self._zone = settings.timezone
        self._seed = settings.seed
        self._lock = RLock()
        self._generation = 0
        self._count = 0
        self._timers: dict[str, Timer] = {}
        self._scripts = Expected()
        self._board = Switchboard(self._plan, self._zone, (), {})

    def record_url(self, call: Call) -> str | None:
        """Where the recording is served; only a call with something to hear has one."""
        if not call.recorded:
            return None
        return f"{self._base_url}/recordings/{call.id}.{self._plan.recordings.format}"

    def place_incoming(self, phone: str, line: str, script: Script | None = None) -> Call:
        """A customer dials a line; ``phone`` is what the network tells of the caller, which may be
        ``anonymous``, a name or nothing instead of a number (evidence#wire-phone-oddities).

        Raises CallRefused when the plan has no such line.
        """
        planned = self._plan.line(line)
        if planned is None:
            raise CallRefused(f"There is no line {line}", 404)
        with self._lock:
            now = self._clock.now()
            until = now + self._plan.manager.lookup_seconds
            call = life.incoming(self._new_id(), phone, planned.phone, now, until=until, script=script)
            self._keep(None, call)
        self._later(0, partial(self._route, call.id))
        return call

    def click_to_call(self, extension: str, phone: str, line: str | None) -> Call:
        """The CRM asks for a call; the manager rings first (evidence#guide-call).

        Raises CallRefused with 404 for an unknown extension, 409 for a busy one, 422 for a number that
        cannot be dialled.
        """
        with self._lock:
            planned = self._outgoing(extension, phone, line)
            now = self._clock.now()
            until = now + self._plan.manager.ring_seconds
            devices, script = self._plan.devices(extension), self._scripts.take(phone)
            call = life.click_to_call(
                self._new_id(), phone, planned.phone, extension, devices, now, until=until, script=script
            )
            return self._keep(None, call)

    def dial(self, extension: str, phone: str, line: str | None, script: Script | None = None) -> Call:
        """A manager dials on a desk phone. Raises CallRefused as ``click_to_call`` does, and with 422 for
        an extension: the contract knows no internal calls."""
        demand_outside(self._plan, phone)
        with self._lock:
            planned = self._outgoing(extension, phone, line)
            now = self._clock.now()
            until = now + self._plan.manager.ring_seconds
            device, script = self._plan.devices(extension)[0], script or self._scripts.take(phone)
            call = life.dial_out(
                self._new_id(), phone, planned.phone, extension, device, now, until=until, script=script
            )
            return self._keep(None, call)

    def expect(self, phone: str, script: Script) -> None:
        """Whoever calls this customer next finds the script played; several wait in order."""
        with self._lock:
            self._scripts.add(phone, script)

    def answer(self, call_id: str, extension: str | None = None, device: str | None = None) -> Call:
        return self._step(call_id, lambda call, now: life.answer(call, now, extension, device))

    def refuse(self, call_id: str, extension: str | None = None, device: str | None = None) -> Call:
        return self._step(call_id, lambda call, now: life.refuse(call, now, extension, device))

    def engaged(self, call_id: str) -> Call:
        """The customer of an outgoing call is on the telephone."""
        return self._step(call_id, life.engaged)

    def hold(self, call_id: str) -> Call:
        return self._step(call_id, life.hold)

    def take_back(self, call_id: str) -> Call:
        return self._step(call_id, life.take_back)

    def transfer(self, call_id: str, extension: str) -> Call:
        """Raises CallRefused with 404 for an unknown extension and 409 for a busy one."""
        with self._lock:
            demand_free(self._plan, self._board.situation.busy, extension)
            seen = self._board.situation
            return self._step(call_id, lambda call, now: moves.transfer(call, extension, seen, now))

    def hang_up(self, call_id: str, by: Party) -> Call:
        return self._step(call_id, lambda call, now: life.hang_up(call, by, now))

    def fail(self, call_id: str) -> Call:
        """The network drops the call."""
        return self._step(call_id, life.fail)

    def busy(self) -> frozenset[str]:
        """The extensions that cannot take another call."""
        with self._lock:
            return frozenset(self._board.situation.busy)

    def free(self, at: float | None = None) -> list[str]:
        """Those that can, in the order of the plan; with ``at``, from 0 to 1, the one that stands there."""
        with self._lock:
            return self._board.free(at)

    def going_on(self) -> list[Call]:
        """The calls that have not ended, in the order of their beginning."""
        with self._lock:
            return self._board.calls()

    def statuses(self) -> dict[str, str]:
        """The CRM's last word on what each manager is doing, by extension."""
        with self._lock:
            return dict(self._board.statuses)

    def status_changed(self, extension: str, status: str) -> None:
        """The CRM says what a manager is doing."""
        with self._lock:
            with self._store.begin() as session:
                session.save_status(extension, status)
            self._board.statuses[extension] = status
            self._changed()
        self._later(0, self._serve_queue)

    def resume(self) -> None:
        """Take up what was going on when the process ended."""
        with self._lock:
            with self._store.begin() as session:
                calls, statuses = session.calls(only_open=True), session.statuses()
                self._count = session.counts()["calls"]
            self._board = Switchboard(self._plan, self._zone, calls, statuses)
            for call in calls:
                if call.state is State.DIALLED:
                    self._later(0, partial(self._route, call.id))
                self._plan_move(call)
        self._later(0, self._serve_queue)
        self._reporter.resume()

    def settle(self, plan: NumberingPlan, zone: str) -> None:
        """Route by another plan, in another zone, from now on. Raises CallRefused with 409 in a call."""
        with self._lock:
            if self._board.situation.busy or self._board.queued():
                raise CallRefused("The plan does not change while there are calls", 409)
            self._plan, self._zone = plan, zone
            self._board = Switchboard(plan, zone, (), self._board.statuses)

    def forget(self, seed: int) -> None:
        """Drop all calls and everything planned about them; ids follow from ``seed`` from now on."""
        with self._lock:
            self._generation += 1
            self._seed, self._count = seed, 0
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()
            self._scripts = Expected()
            with self._store.begin() as session:
                session.clear()
            self._board = Switchboard(self._plan, self._zone, (), {})
            self._reporter.forget()
            self._changed()

    def _route(self, call_id: str) -> None:
        call = self._board.call(call_id)
        if call is None or call.state is not State.DIALLED:
            return
        manager, why = None, "not asked" if digits(call.phone) else "the caller hides the number"
        line = self._plan.line(call.line)
        is_open = line is None or line.is_open(self._clock.now(), self._zone)
        if digits(call.phone) and is_open:
            if wait := self._crm.wait(self._clock.now(), urgent=True):
                self._later(wait, partial(self._route, call_id))
                return
            manager, why = self._crm.manager_extension(call.phone, self._plan.manager.lookup_seconds)
            log.info("the manager is %s: %s", manager or "nobody", why, extra={"calls": (call_id,)})
        with self._lock:
            call = self._board.call(call_id)
            # The caller may have hung up, or the PBX gone on alone, while the CRM was asked.
            if call is not None and call.state is State.DIALLED:
                seen, now = self._board.situation, self._clock.now()
                self._keep(call, routing.first(call, manager, why, seen, now))

    def _step(self, call_id: str, change: Callable[[Call, float], Call]) -> Call:
        """Raises KeyError for an unknown call and IllegalAction when its state does not allow it."""
        with self._lock:
            before = self._board.call(call_id) or self._ended(call_id)
            now = self._clock.now()
            after = routing.go_on(change(before, now), self._board.situation, now)
            return self._keep(before, after)

    def _keep(self, before: Call | None, after: Call) -> Call:
        """Store a step with its reports, and plan what comes by itself next."""
        if after == before:
            return after
        reports = self._store.step(lambda session: self._kept(session, before, after))
        if before is None:
            self._count += 1
        if self._board.put(before, after):
            self._later(0, self._serve_queue)
        log.info("the call is %s", after.state, extra={"calls": (after.id,)})
        self._plan_move(after)
        self._reporter.add(reports)
        self._changed()
        return after

    def _kept(self, session: StepSession, before: Call | None, after: Call) -> list[Report]:
        if before is None:
            session.add_call(after)
        else:
            session.save_call(after)
        return self._report(session, before, after)

    def _report(self, session: StepSession, before: Call | None, after: Call) -> list[Report]:
        now = self._clock.now()
        reports = [
            session.queue(after.id, ReportKind.EVENT, event, now) for event in events_between(before, after)
        ]
        if after.state is State.ENDED and belongs_in_history(after):
            due, url, wait = self._reporter.history_due(now), self.record_url(after), self._ready_after
            row = history_item(after, None if wait else url, self._zone)
            reports.append(session.queue(after.id, ReportKind.HISTORY, row, due))
            if url and wait:
                late = history_item(after, url, self._zone)
                reports.append(session.queue(after.id, ReportKind.HISTORY, late, max(due, now + wait)))
        return reports

    def _plan_move(self, call: Call) -> None:
        if timer := self._timers.pop(call.id, None):
            timer.cancel()
        if move := moves.next_move(call, self._plan):
            at = max(move.at, self._clock.now())
            self._timers[call.id] = self._clock.call_at(at, partial(self._move, call, move.act))

    def _move(self, call: Call, act: moves.Act) -> None:
        """What was planned about the call as it was then; a call that has gone on since has other plans."""
        with self._lock:
            if self._board.call(call.id) is not call:
                return
            now = self._clock.now()
            try:
                self._keep(call, moves.perform(call, act, self._board.situation, now))
            except Exception as error:
                # A store that cannot be written must not leave the call open for ever.
                if not isinstance(error, StorageTrouble):
                    log.exception("Call %s cannot go on; it is tried again", call.id)
                self._timers[call.id] = self._clock.call_at(now + AGAIN, partial(self._move, call, act))

    def _serve_queue(self) -> None:
        with self._lock:
            for call in self._board.queued():
                now = self._clock.now()
                self._keep(call, routing.leave_queue(call, self._board.situation, now))

    def _later(self, seconds: float, action: Callable[[], object]) -> None:
        """Plan something about calls; ``forget`` drops it."""
        generation = self._generation

        def act() -> None:
            if generation != self._generation:
                return
            try:
                action()
            except StorageTrouble:
                self._later(AGAIN, action)

        self._clock.call_at(self._clock.now() + seconds, act)

    def _ended(self, call_id: str) -> Call:
        call = self._store.call(call_id)
        if call is None:
            raise KeyError(call_id)
        return call

    def _outgoing(self, extension: str, phone: str, line: str | None) -> PlannedLine:
        """The line that the customer sees."""
        demand_number(phone)
        demand_free(self._plan, self._board.situation.busy, extension)
        return (self._plan.line(line) if line else None) or self._plan.lines[0]

    @property
    def _ready_after(self) -> float:
        return self._plan.recordings.ready_after

    def _new_id(self) -> str:
        """A UUID, as PBXs have; the same seed, order and time give the same ids."""
        dice = random.Random(f"call:{self._seed}:{self._count + 1}:{self._clock.now()}")
        return str(uuid.UUID(int=dice.getrandbits(128), version=4))
