"""The side of a worker: what it is told, what it does, what it reports."""

import gc
import time
from collections.abc import Callable

from callproof.contract.jsontypes import JsonObject
from callproof.load import conductor, recordings
from callproof.load.conductor import Briefing
from callproof.load.generator import Generator
from callproof.load.job import PBX_FLEET, Job
from callproof.load.messages import packed, unpacked
from callproof.load.shares import Order
from callproof.load.trunk import SendRequest, Spawn

GARBAGE = 20_000, 50, 1000


class Hand:
    """``tell`` sends a message to the master, ``spawn`` runs something beside, ``sender`` makes what sends
    the requests of a job. Messages come to ``begin``, ``order`` and ``stop`` as they were sent."""

    def __init__(
        self,
        tell: Callable[[str, JsonObject], object],
        spawn: Spawn,
        sender: Callable[[Job], SendRequest],
    ) -> None:
        self._tell, self._spawn, self._sender = tell, spawn, sender
        self._generator: Generator | None = None
        self._close: Callable[[], None] = lambda: None

    def begin(self, sent: object) -> None:
        briefing = unpacked(sent, Briefing)
        job = briefing.job
        if self._generator is not None and self._generator.job.run == job.run:
            # The master had taken this worker to be gone; what is under way goes on.
            return
        self.stop()
        serves = ""
        if job.model == PBX_FLEET:
            serves, self._close = recordings.serve(job.record_host)
        origin = time.monotonic() - briefing.now
        # What locust brought stays; to look through it again and again would be the longest pause.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        generator = self._generator = Generator(job, origin, self._sender(job), self._spawn, serves)
        self._spawn(generator.run)
        self._spawn(lambda: self._report(generator))

    def order(self, sent: object) -> None:
        if self._generator is not None:
            self._generator.obey(unpacked(sent, Order))

    def stop(self) -> None:
        if self._generator is not None:
            self._generator.stop()
            self._generator = None
        self._close()

    def _report(self, generator: Generator) -> None:
        while self._generator is generator:
            self._tell(conductor.REPORT, packed(generator.report()))
            time.sleep(conductor.REPORT_EVERY)
