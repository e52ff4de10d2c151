"""What all calls of one worker go over: its clock, its requests, and the count of what becomes of them."""

import time
from collections.abc import Callable
from threading import Lock

from callproof.contract.jsontypes import JsonObject
from callproof.load.asks import Ask, CrmAsks, Response
from callproof.load.job import Job
from callproof.load.sampling import Sampler
from callproof.load.tally import REFUSED, TAKEN_OVER, Tally
from callproof.load.uploads import Uploads

# Sends a request, so many seconds later than it was wanted, and waits for its answer.
SendRequest = Callable[[Ask, float], Response]
Spawn = Callable[[Callable[[], None]], object]


class Trunk:
    """``origin`` is the monotonic time at which the run is at 0.0; waiting is ``time.sleep``, which locust
    has patched. ``recordings`` is the address below which recordings are served."""

    def __init__(
        self, job: Job, origin: float, send: SendRequest, spawn: Spawn, recordings: str = ""
    ) -> None:
        self._job, self._origin, self._send, self._recordings = job, origin, send, recordings
        self._sampler = Sampler(job.samples.conformance)
        self._lock = Lock()
        self._tally = Tally(job.slice)
        self._stopped = False
        self.under_way = self.concurrent = 0
        upload = CrmAsks(job.api_key, job.client_id).upload
        self._uploads = Uploads(
            job.upload_every, upload, self.ask, self.now, self.until, lambda: self.out_of_time, spawn
        )

    def now(self) -> float:
        return time.monotonic() - self._origin

    def until(self, moment: float) -> None:
        if (left := moment - self.now()) > 0:
            time.sleep(left)

    @property
    def stopped(self) -> bool:
        return self._stopped

    def stop(self) -> None:
        """Nothing is tried again."""
        self._stopped = True

    @property
    def out_of_time(self) -> bool:
        return self._stopped or self.now() > self._job.curve.duration + self._job.drain

    def seize(self, wanted: float, *, taken_over: bool) -> bool:
        """Begin a call; False when as many are under way as there may be."""
        now = self.now()
        with self._lock:
            if self.under_way >= self._job.most:
                self._tally.calls[REFUSED] += 1
                return False
            self._tally.begun(now, now - wanted)
            self._tally.calls[TAKEN_OVER] += taken_over
            self.under_way += 1
            self.concurrent += 1
        return True

    def release(self, fate: str, problem: str) -> None:
        """A call is done with: what became of it, and why when it failed."""
        with self._lock:
            self.under_way -= 1
            self._tally.calls[fate] += 1
            if problem:
                self._tally.reasons[problem] += 1

    def ask(self, ask: Ask) -> Response:
        late = self.now() - ask.wanted
        answer = self._send(ask, late)
        problem = ask.problem(answer)
        found = None if problem else self._sampler.judge(ask.operation, answer)
        with self._lock:
            self._tally.request(ask.operation, self.now(), late, answer.took, problem)
            if found is not None:
                self._tally.judged += 1
                self._tally.violations.update(found)
        return answer

    def upload(self, line: str, row: JsonObject, wanted: float) -> str:
        return self._uploads.upload(line, row, wanted)

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

    def counted(self) -> Tally:
        """What was counted since this was asked last."""
        with self._lock:
            tally, self._tally = self._tally, Tally(self._job.slice)
        return tally


class CallLeg:
    """One call's use of the trunk, which hangs up once; each method waits for what it does."""

    def __init__(self, trunk: Trunk) -> None:
        self._trunk = trunk
        self._talks = True

    def now(self) -> float:
        return self._trunk.now()

    def until(self, moment: float) -> None:
        self._trunk.until(moment)

    def ask(self, ask: Ask) -> Response:
        """Send and count a request."""
        return self._trunk.ask(ask)

    def upload(self, line: str, row: JsonObject, wanted: float) -> str:
        """Bring a row into the history, again and again until it is acknowledged; "" or why it was not."""
        return self._trunk.upload(line, row, wanted)

    def hung_up(self) -> None:
        """End the call for the count of concurrent ones."""
        if self._talks:
            self._talks = False
            self._trunk.hung_up()

    def acknowledged(self, call_id: str) -> None:
        self._trunk.acknowledged(call_id)

    def took(self, what: str, seconds: float) -> None:
        self._trunk.took(what, seconds)

    def record_url(self, call_id: str) -> str:
        return self._trunk.record_url(call_id)
