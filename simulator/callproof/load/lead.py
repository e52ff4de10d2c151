"""The side of the master, or of a run without one: a run is begun, watched until it is over, and judged."""

import logging
import time
from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Protocol

from callproof.contract.jsontypes import JsonObject
from callproof.errors import CallproofError, InternalError, Refusal
from callproof.load import page
from callproof.load.conductor import Conductor
from callproof.load.generator import WorkerReport
from callproof.load.main import Director, Prepared
from callproof.load.results import Results

log = logging.getLogger("callproof.load")
WATCH_EVERY, TELL_EVERY = 0.25, 5.0
# Seconds that the page waits for a run to begin.
BEGINS_WITHIN = 20.0


class Stage(Protocol):
    """Where a run is led: what carries messages, runs things beside, and makes something of the verdict."""

    def read(self) -> Prepared:
        """The file, anew for each run: it may have changed, and so may what replaces parts of it."""
        ...

    def post(self, kind: str, message: JsonObject, worker: str) -> None: ...

    def workers(self) -> Sequence[str]:
        """Those that are there and listen."""
        ...

    def spawn(self, work: Callable[[], None]) -> object: ...

    def give_up(self) -> None:
        """End a run that could not begin."""
        ...

    def publish(self, found: Results) -> None:
        """Write all that is said about a run. Raises NotWritten."""
        ...

    def say(self, failure: Exception) -> int:
        """Tell why there is no verdict, in a sentence; the exit code that it means."""
        ...

    def end_with(self, code: int) -> None:
        """What the process is to exit with, when it does."""
        ...


class Lead:
    """Waiting is ``time.sleep`` and what ``threading`` has, which locust has patched."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._director: Director | None = None
        self._run: Conductor | None = None
        self._results: Results | None = None
        self._judging = Lock()
        self._code: int | None = None
        self._begun, self._problem = Event(), ""
        self.over = self.stopped = False

    def again(self) -> None:
        """A run is about to begin, in the page not always the first; ``why_not`` waits until it has."""
        self.over = False
        self._begun, self._problem = Event(), ""

    def start(self) -> None:
        try:
            self._director = self._stage.read().start(self._stage.post)
        except Exception as failure:
            known = failure if isinstance(failure, CallproofError) else InternalError.of(failure)
            self._problem = str(known)
            self._fail(failure)
            self._stage.spawn(self._give_up)
        else:
            run = self._run = self._director.conductor
            self._results = None
            self._stage.spawn(lambda: self._watch(run))
            self._begun.set()

    def heard(self, worker: str, report: WorkerReport) -> None:
        if self._director is not None:
            self._director.conductor.heard(worker, report)

    def stop(self) -> None:
        """Also a run that had not begun has kept nothing; a verdict says more."""
        if self._code is None:
            self._end_with(Refusal.exit_code)
        self.over = self.stopped = True

    def verdict(self) -> None:
        """Once, whether the run came to its end or was stopped; who comes second waits for it."""
        with self._judging:
            director, self._director = self._director, None
            if director is not None:
                self._judge(director)
            self.over = True

    def why_not(self) -> str:
        """Wait until the run has begun; "" when it has, or why it could not."""
        self._begun.wait(BEGINS_WITHIN)
        return self._problem

    def going(self) -> Conductor | None:
        return None if self.over or self._director is None else self._director.conductor

    def tables(self) -> list[JsonObject]:
        return page.tables(self._run, self._results) if self._run else []

    def _give_up(self) -> None:
        self._stage.give_up()
        self._begun.set()

    def _watch(self, run: Conductor) -> None:
        """Until the run is over: who is there, and who does what."""
        broken: Exception | None = None
        try:
            self._lead(run)
        except Exception as failure:
            broken = failure
        finally:
            run.stop()
            # Before the run stops for locust: its page asks for no figures after that.
            self.verdict()
        if broken is not None:
            # Whatever the verdict says: what was led by a failure of ours is none.
            self._fail(broken)

    def _lead(self, run: Conductor) -> None:
        told = time.monotonic()
        while not (run.finished or self.over):
            for worker in self._stage.workers():
                run.join(worker)
            run.watch(lambda worker: worker in self._stage.workers())
            if time.monotonic() > told + TELL_EVERY:
                told += TELL_EVERY
                log.info(run.progress)
            time.sleep(WATCH_EVERY)

    def _judge(self, director: Director) -> None:
        try:
            self._results = director.results()
            self._stage.publish(self._results)
            self._end_with(0 if self._results.passed else Refusal.exit_code)
        except Exception as failure:
            self._fail(failure)

    def _fail(self, failure: Exception) -> None:
        self._end_with(self._stage.say(failure))
        self.over = True

    def _end_with(self, code: int) -> None:
        self._code = code
        self._stage.end_with(code)
