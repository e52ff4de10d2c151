"""The master's part: gives workers their duties, adds up what they report, and knows when it is over."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from callproof.contract.jsontypes import JsonObject
from callproof.load.curve import Curve, paced
from callproof.load.generator import WorkerReport
from callproof.load.job import Job
from callproof.load.messages import packed
from callproof.load.schedule import Schedule
from callproof.load.shares import LEAD, Roster
from callproof.load.tally import Tally

log = logging.getLogger("callproof.load")

# The messages between master and workers.
READY, JOB, ORDER, REPORT, STOP = (
    f"callproof-{name}" for name in ("ready", "job", "order", "report", "stop")
)
# A worker reports twice a second; one that has been silent for so long is taken to be gone.
REPORT_EVERY, SILENCE = 0.5, 5.0
# Seconds beyond the drain until the last reports have come.
GRACE = 5.0

Post = Callable[[str, JsonObject, str], None]


@dataclass(frozen=True)
class Briefing:
    """What a worker hears first: what the run is about, and its time at that moment."""

    job: Job
    now: float


class Conductor:
    """``post`` sends a message to one worker. The run begins a moment after this is made."""

    def __init__(self, job: Job, post: Post) -> None:
        self.job = job
        self.tally = Tally(job.slice)
        self.lost_workers = 0
        self._post = post
        self._origin = time.monotonic() + LEAD
        self._roster = Roster()
        self._last: dict[str, WorkerReport] = {}
        self._heard: dict[str, float] = {}
        self._silent: set[str] = set()
        self.most_workers = 0

    def now(self) -> float:
        return time.monotonic() - self._origin

    def join(self, worker: str) -> None:
        """A worker has come; it hears what the run is about and where it stands."""
        if worker in self._roster.workers or worker in self._silent:
            return
        self._heard[worker] = self.now()
        self._roster.join(worker)
        self.most_workers = max(self.most_workers, len(self._roster.workers))
        self._post(JOB, packed(Briefing(self.job, self.now())), worker)

    def heard(self, worker: str, report: WorkerReport) -> None:
        # Who was silent comes back by speaking.
        self._silent.discard(worker)
        self.join(worker)
        self._heard[worker], self._last[worker] = self.now(), report
        self._roster.reported(worker, report.done, report.obeyed)
        self.tally.merge(report.tally)

    def watch(self, alive: Callable[[str], bool]) -> None:
        """Give the calls of workers that are gone to the others; to be called several times a second."""
        now = self.now()
        for worker in self._roster.workers:
            silent = now - self._heard[worker]
            if not alive(worker) or silent > SILENCE:
                log.info("worker %s is gone, its last report came %.1f s ago", worker, silent)
                self._roster.leave(worker)
                self._silent.add(worker)
                self.lost_workers += 1
                if last := self._last.pop(worker, None):
                    # Nobody will hang up what it was talking.
                    self.tally.slice(max(now, 0.0)).ended += last.concurrent
        for worker, order in self._roster.change(now).items():
            self._post(ORDER, packed(order), worker)

    def turn(self, times: float) -> None:
        """Let calls begin at so many times the planned rate, 0 for none, from about a second from now."""
        self._roster.turn(times)

    @property
    def times(self) -> float:
        """How many times the planned rate calls are to begin at."""
        return self._roster.pace.factor

    @property
    def rate(self) -> float:
        """Calls a second that are to begin now."""
        return self.job.curve.rate(self.planned()) * self.times

    def begins(self) -> int:
        """How many calls were to begin until now."""
        schedule, paces = Schedule(self.job.curve, self.job.seed), self._roster.paces
        ends = [at for at, _ in paces[1:]] + [inf]
        return sum(
            sum(1 for _ in schedule.begins(at, min(end, self.planned()), pace))
            for (at, pace), end in zip(paces, ends, strict=True)
        )

    @property
    def curve(self) -> Curve:
        """The plan as it was turned."""
        paces = [(at, pace.factor) for at, pace in self._roster.paces if at < self.job.curve.duration]
        return paced(self.job.curve, paces) if len(paces) > 1 else self.job.curve

    @property
    def workers(self) -> tuple[str, ...]:
        return self._roster.workers

    @property
    def concurrent(self) -> int:
        return sum(report.concurrent for report in self._last.values())

    @property
    def progress(self) -> str:
        """A line for whoever waits."""
        calls = self.tally.calls
        return (
            f"{self.now():.0f} s: {calls['attempted']} calls attempted, {self.concurrent} concurrent, "
            f"{calls['failed']} failed, {len(self.tally.acknowledged)} acknowledged"
        )

    @property
    def finished(self) -> bool:
        """Whether all calls have begun and ended, or the time for it is up."""
        now, end = self.now(), self.job.curve.duration
        if now < end:
            return False
        done = self._roster.obeyed() and all(
            (report := self._last.get(worker)) is not None and report.finished
            for worker in self._roster.workers
        )
        return (done and bool(self.workers)) or now > end + self.job.drain + GRACE

    def stop(self) -> None:
        for worker in self._roster.workers:
            self._post(STOP, {}, worker)

    def planned(self) -> float:
        """Seconds of the plan that have passed: all of them, unless the run was cut short."""
        return min(max(self.now(), 0.0), self.job.curve.duration)
