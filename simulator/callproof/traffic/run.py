"""Makes the calls, one by one at their moment, through the control API and the CRM's click-to-call."""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

from callproof.clocks.machine import monotonic
from callproof.contract.jsontypes import Json, JsonObject
from callproof.control.client import ActionRefused, Ends
from callproof.traffic import records
from callproof.traffic.arrivals import Arrival
from callproof.traffic.records import ExtensionInUse

# How far time is moved on at once while the last calls end.
STRIDE = 30.0
# Nothing has changed for so long: whatever still waits will wait for ever. Virtual time costs nothing, and
# history may be uploaded once in a few hours.
PATIENCE, REAL_PATIENCE = 6 * 3600.0, 900.0
# How long what goes on may take to end in real time once the traffic was told to stop, in seconds.
GRACE = 3.0
# So many objects come before the collector looks at them, at least.
_SELDOM = 7_000


@dataclass
class Log:
    """What was asked for and what the ends said to it.

    ``acknowledged`` are the calls that the PBX said it began, by id with what was to happen in them;
    ``clicked`` counts calls that the CRM said began, by extension and phone; ``latest`` is by how many
    seconds a call came too late; ``stopped`` says that somebody stopped it before its end.
    """

    attempted: int = 0
    acknowledged: dict[str, JsonObject] = field(default_factory=dict)
    clicked: Counter[tuple[str, str]] = field(default_factory=Counter)
    not_started: Counter[str] = field(default_factory=Counter)
    latest: float = 0.0
    started: float = 0.0
    ended: float = 0.0
    took: float = 0.0
    stopped: bool = False


class Traffic:
    """``told`` is called after each call with the number of calls made.

    ``patience`` is how long the last calls and reports may stay as they are before they are given up. No
    call is made once ``stop`` is set.
    """

    def __init__(
        self,
        ends: Ends,
        told: Callable[[int], object] = lambda _: None,
        patience: float | None = None,
        stop: Event | None = None,
    ) -> None:
        self._stop = stop or Event()
        self._ends = ends
        self._patience = patience or (PATIENCE if ends.manual else REAL_PATIENCE)
        self._told = told
        self.log = Log()

    def run(self, calls: Iterable[Arrival]) -> Log:
        """Make the calls and let them all end and be reported."""
        with _seldom_collected():
            return self._run(calls)

    def _run(self, calls: Iterable[Arrival]) -> Log:
        began = monotonic()
        self.log.started = self._ends.now()
        for call in calls:
            self._wait_for(call)
            if self._stop.is_set():
                self.log.stopped = True
                break
            self._make(call)
            self._told(self.log.attempted)
        self._drain()
        self.log.ended = self._ends.now()
        self.log.took = monotonic() - began
        return self.log

    def _wait_for(self, call: Arrival) -> None:
        now = self._ends.now() if not self._ends.manual else None
        if now is None:
            self._ends.pass_until(call.at)
        elif call.at > now:
            self._stop.wait(call.at - now)
        else:
            self.log.latest = max(self.log.latest, now - call.at)

    def _make(self, call: Arrival) -> None:
        self.log.attempted += 1
        try:
            if call.incoming:
                self._call_in(call)
            else:
                self._call_out(call)
        except ActionRefused as error:
            self.log.not_started[str(error)] += 1

    def _call_in(self, call: Arrival) -> None:
        script = dict(call.script)
        if call.passed_on and (free := self._free(call)):
            script["transferTo"] = free.extension
        asked: JsonObject = {"from": call.phone, "to": call.line, "script": script}
        self._began(self._ends.pbx.post("/calls", asked), script)

    def _call_out(self, call: Arrival) -> None:
        who = self._free(call)
        if not who:
            self.log.not_started["Every manager is on the telephone"] += 1
            return
        if not call.by_click:
            asked: JsonObject = {"extension": who.extension, "to": call.phone, "script": call.script}
            self._began(self._ends.pbx.post("/dial", asked), call.script)
            return
        self._ends.pbx.post("/scripts", {"phone": call.phone, "script": call.script})
        click = self._ends.crm.post("/click-to-call", {"userId": who.user, "phone": call.phone})
        if click["succeeded"]:
            self.log.clicked[who.extension, call.phone] += 1
        else:
            self.log.not_started[f"The CRM could not start it: {click['outcome']}"] += 1

    def _began(self, call: JsonObject, script: JsonObject) -> None:
        self.log.acknowledged[str(call["id"])] = script

    def _free(self, call: Arrival) -> ExtensionInUse | None:
        return records.free_extension(self._ends.pbx, call.dice.random())

    def _drain(self) -> None:
        seen, since = self._left(), self._ends.now()
        until = monotonic() + GRACE
        while any(seen) and self._ends.now() < since + self._patience:
            if self._stop.is_set() and not self._ends.manual and monotonic() >= until:
                self.log.stopped = True
                return
            self._ends.pass_time(STRIDE if self._ends.manual else 1.0)
            if (left := self._left()) != seen:
                seen, since = left, self._ends.now()

    def _left(self) -> tuple[Json, Json]:
        """Calls that go on and reports that wait."""
        counts = self._ends.pbx.get("/counts")
        return counts["openCalls"], counts["waiting"]


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """What both ends keep is no garbage: the collector passes over what there is by now, and looks seldom
    through what comes for circles."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(max(_SELDOM, usual[0]), *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
