"""One worker: begins the calls of its duties at their moments and counts what comes of them."""

import time
from dataclasses import dataclass
from math import inf, nextafter

from callproof.load.job import PBX_FLEET, Job
from callproof.load.schedule import Begin, Schedule
from callproof.load.shares import Desk, Order
from callproof.load.stories import ClickedCall, FleetCall
from callproof.load.tally import Tally
from callproof.load.trunk import CallLeg, SendRequest, Spawn, Trunk
from callproof.traffic.arrivals import Arrival

# Seconds that the worker looks ahead; an order comes earlier than that, see shares.LEAD.
AHEAD = 0.2


@dataclass(frozen=True)
class WorkerReport:
    """What a worker tells the master several times a second; ``tally`` is what came since the last one."""

    done: float
    obeyed: int
    finished: bool
    concurrent: int
    tally: Tally


class Generator:
    """``origin`` is the monotonic time at which the run is at 0.0; ``spawn`` runs something beside."""

    def __init__(
        self, job: Job, origin: float, send: SendRequest, spawn: Spawn, recordings: str = ""
    ) -> None:
        self.job = job
        self.trunk = Trunk(job, origin, send, spawn, recordings)
        self._spawn = spawn
        self._schedule = Schedule(job.curve, job.seed)
        self._desk = Desk(self._schedule)
        self._story = FleetCall(job) if job.model == PBX_FLEET else ClickedCall(job)
        self._cpu, self._told = time.process_time(), time.monotonic()
        self.done, self.obeyed = 0.0, 0

    @property
    def finished(self) -> bool:
        """Whether nothing is left to begin and nothing is under way, or time is up."""
        all_begun = self.done > self.job.curve.duration and self._desk.empty
        return (all_begun and not self.trunk.under_way) or self.trunk.out_of_time

    def obey(self, order: Order) -> None:
        self._desk.obey(order)

    def stop(self) -> None:
        """Begin no more calls and try nothing again."""
        self.trunk.stop()

    def run(self) -> None:
        """Begin calls, each at its absolute moment, until none is left and none can be taken over."""
        while not self.trunk.out_of_time:
            orders, until = self._desk.orders, max(0.0, self.trunk.now() + AHEAD)
            for moment, begin, taken_over in self._desk.take(until):
                # Also a call that is late lets those under way go on.
                time.sleep(max(0.0, moment - self.trunk.now()))
                if self.trunk.stopped:
                    return
                self._begin(moment, begin, taken_over)
                self.done = nextafter(moment, inf)
            self.trunk.until(until)
            self.done, self.obeyed = until, orders

    def _begin(self, wanted: float, begin: Begin, taken_over: bool) -> None:
        if self.trunk.seize(wanted, taken_over=taken_over):
            call = self._schedule.call(begin, self.job.mix, self.job.source)
            self._spawn(lambda: self._play(call, f"{self.job.run}-{begin.name}", wanted))

    def _play(self, call: Arrival, call_id: str, wanted: float) -> None:
        leg = CallLeg(self.trunk)
        fate, problem = "failed", "the generator stumbled"
        try:
            fate, problem = self._story.play(call, call_id, wanted, leg)
        finally:
            leg.hung_up()
            self.trunk.release(fate, problem)

    def report(self) -> WorkerReport:
        """What was counted since the last report."""
        tally = self.trunk.counted()
        cpu, now = time.process_time(), time.monotonic()
        tally.spent(cpu - self._cpu, now - self._told)
        self._cpu, self._told = cpu, now
        return WorkerReport(self.done, self.obeyed, self.finished, self.trunk.concurrent, tally)
