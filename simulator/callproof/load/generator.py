"""One worker: begins the calls of its duties at their moments and counts what comes of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf, nextafter
from threading import Lock
from typing import Protocol

from callproof.contract.jsontypes import JsonObject
from callproof.load.asks import Answer, Ask, CrmApi
from callproof.load.job import PBX_FLEET, Job
from callproof.load.outbox import Outbox
from callproof.load.plan import Begin, Plan
from callproof.load.sampling import Sampler
from callproof.load.shares import Desk, Order
from callproof.load.stories import ClickedCall, FleetCall
from callproof.load.tally import Tally
from callproof.traffic.arrivals import Arrival

# Seconds that the worker looks ahead; an order comes earlier than that, see shares.LEAD.
AHEAD = 0.2
REFUSED, TAKEN_OVER = "refused by the generator", "taken over"


class Send(Protocol):
    """Sends a request and waits for its answer; ``since`` says how many seconds ago it was wanted."""

    def __call__(self, ask: Ask, since: Callable[[], float]) -> Answer: ...


Spawn = Callable[[Callable[[], None]], object]


class Generator:
    """``origin`` is the monotonic time at which the run is at 0.0.

    Waiting is ``time.sleep`` and ``threading``, which locust has patched; ``spawn`` runs something beside.
    """

    def __init__(self, job: Job, origin: float, send: Send, spawn: Spawn, recordings: str = "") -> None:
        self.job = job
        self._origin, self._send, self._spawn = origin, send, spawn
        self._recordings = recordings
        self._plan = Plan(job.curve, job.seed)
        self._desk = Desk(self._plan)
        self._story = FleetCall(job) if job.model == PBX_FLEET else ClickedCall(job)
        self._sampler = Sampler(job.samples.conformance)
        self._lock = Lock()
        self._tally = Tally(job.slice)
        self._cpu = time.process_time()
        self._stopped = False
        self.under_way = self.concurrent = 0
        self.done, self.obeyed = 0.0, 0
        api = CrmApi(job.api_key, job.client_id)
        self._outbox = Outbox(
            job.upload_every, api.upload, self.ask, self.now, self.until, lambda: self.out_of_time, spawn
        )

    def now(self) -> float:
        return time.monotonic() - self._origin

    def until(self, moment: float) -> None:
        if (left := moment - self.now()) > 0:
            time.sleep(left)

    @property
    def out_of_time(self) -> bool:
        return self._stopped or self.now() > self.job.curve.duration + self.job.drain

    @property
    def finished(self) -> bool:
        """Whether nothing is left to begin and nothing is under way, or time is up."""
        all_begun = self.done > self.job.curve.duration and self._desk.empty
        return (all_begun and not self.under_way) or self.out_of_time

    def obey(self, order: Order) -> None:
        self._desk.obey(order)

    def stop(self) -> None:
        """Begin no more calls and try nothing again."""
        self._stopped = True

    def run(self) -> None:
        """Begin calls, each at its absolute moment, until none is left and none can be taken over."""
        while not self.out_of_time:
            orders, until = self._desk.orders, max(0.0, self.now() + AHEAD)
            for moment, begin, taken_over in self._desk.take(until):
                # Also a call that is late lets those under way go on.
                time.sleep(max(0.0, moment - self.now()))
                if self._stopped:
                    return
                self._begin(moment, begin, taken_over)
                self.done = nextafter(moment, inf)
            self.until(until)
            self.done, self.obeyed = until, orders

    def _begin(self, wanted: float, begin: Begin, taken_over: bool) -> None:
        now = self.now()
        with self._lock:
            if self.under_way >= self.job.most:
                self._tally.calls[REFUSED] += 1
                return
            self._tally.begun(now, now - wanted)
            self._tally.calls[TAKEN_OVER] += taken_over
            self.under_way += 1
            self.concurrent += 1
        call = self._plan.call(begin, self.job.mix, self.job.source)
        self._spawn(lambda: self._play(call, f"{self.job.run}-{begin.name}", wanted))

    def _play(self, call: Arrival, call_id: str, wanted: float) -> None:
        line = _Line(self)
        fate, problem = "failed", "the generator stumbled"
        try:
            fate, problem = self._story.play(call, call_id, wanted, line)
        finally:
            line.hung_up()
            with self._lock:
                self.under_way -= 1
                self._tally.calls[fate] += 1
                if problem:
                    self._tally.reasons[problem] += 1

    def ask(self, ask: Ask) -> Answer:
        answer = self._send(ask, lambda: self.now() - ask.wanted)
        now = self.now()
        problem = ask.problem(answer)
        found = None if problem else self._sampler.judge(ask.operation, answer)
        with self._lock:
            self._tally.request(ask.operation, now, now - ask.wanted, problem)
            if found is not None:
                self._tally.judged += 1
                self._tally.violations.update(found)
        return answer

    def upload(self, line: str, row: JsonObject, wanted: float) -> str:
        return self._outbox.upload(line, row, wanted)

    def hung_up(self) -> None:
        with self._lock:
            self.concurrent -= 1
            self._tally.slice(self.now()).ended += 1

    def acknowledged(self, call_id: str) -> None:
        with self._lock:
            self._tally.acknowledged.add(call_id)

    def took(self, what: str, seconds: float) -> None:
        with self._lock:
            self._tally.times[what].add(seconds)

    def record_url(self, call_id: str) -> str:
        return f"{self._recordings}/{call_id}.wav"

    def report(self) -> "Report":
        """What was counted since the last report."""
        with self._lock:
            tally, self._tally = self._tally, Tally(self.job.slice)
        cpu = time.process_time()
        tally.cpu, self._cpu = cpu - self._cpu, cpu
        return Report(self.done, self.obeyed, self.finished, self.concurrent, tally)


@dataclass(frozen=True)
class Report:
    """What a worker tells the master several times a second; ``tally`` is what came since the last one."""

    done: float
    obeyed: int
    finished: bool
    concurrent: int
    tally: Tally

    def as_json(self) -> JsonObject:
        return {**vars(self), "tally": self.tally.as_json()}

    @classmethod
    def of(cls, sent: JsonObject) -> "Report":
        return cls(**{**sent, "tally": Tally.of(sent["tally"])})  # type: ignore[arg-type]  # as_json's own


class _Line:
    """One call's view of the generator; it hangs up once."""

    def __init__(self, generator: Generator) -> None:
        self._talks = True
        self._generator = generator
        self.now, self.until, self.ask = generator.now, generator.until, generator.ask
        self.upload, self.acknowledged = generator.upload, generator.acknowledged
        self.took, self.record_url = generator.took, generator.record_url

    def hung_up(self) -> None:
        if self._talks:
            self._talks = False
            self._generator.hung_up()
