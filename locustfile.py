"""callproof under load, by locust: ``locust -f locustfile.py --headless --load load.yaml``.

What is run and counted lives in ``callproof.load``; here it meets locust, whose master and workers stay as
they are. The one locust user of each worker only keeps it busy: calls begin by the plan, not by users.
"""

import gc
import logging
import signal
import sys
import time
from collections.abc import Callable
from itertools import cycle
from threading import Event, Lock

import gevent
from locust import FastHttpUser, LoadTestShape, events, stats, task
from locust.argument_parser import LocustArgumentParser
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment
from locust.exception import CatchResponseError
from locust.rpc import Message
from locust.runners import STATE_MISSING, LocalRunner, MasterRunner, Runner, WorkerRunner
from locust.web import WebUI

from callproof.cli.common import complain
from callproof.cli.failing import tell
from callproof.contract.jsontypes import JsonObject
from callproof.errors import CallproofError, InternalError, Refusal
from callproof.load import conductor, knob, page, percentiles, recordings
from callproof.load.asks import Ask, Response
from callproof.load.conductor import Briefing, Conductor
from callproof.load.generator import Generator, WorkerReport
from callproof.load.job import PBX_FLEET, Job
from callproof.load.main import Director, Prepared, RunOptions, read
from callproof.load.messages import packed, unpacked
from callproof.load.results import PERCENTILES, Results
from callproof.load.shares import Order
from callproof.reports import load_files

log = logging.getLogger("callproof.load")
LOCAL = "local"
WATCH_EVERY, TELL_EVERY = 0.25, 5.0
# Seconds that the page waits for a run to begin.
BEGINS_WITHIN = 20.0
GARBAGE = 20_000, 50, 1000


@events.init_command_line_parser.add_listener
def _options(parser: LocustArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--load", default="load.yaml", env_var="CALLPROOF_LOAD", help="What to run and what it has to keep."
    )
    add("--load-json", default="", env_var="CALLPROOF_LOAD_JSON", help="Write the results as JSON.")
    add("--load-junit", default="", env_var="CALLPROOF_LOAD_JUNIT", help="Write a test case a threshold.")
    add("--load-html", default="", env_var="CALLPROOF_LOAD_HTML", help="Write a page with the curves.")
    # The page would show them to whoever opens it.
    secret = {"default": "", "include_in_web_ui": False}
    add("--api-key", env_var="CALLPROOF_API_KEY", help="Of the CRM.", **secret)
    add("--control-token", env_var="CALLPROOF_CONTROL_TOKEN", help="Of its bench.", **secret)
    # Locust's own is every address of the machine.
    parser.set_defaults(web_host="127.0.0.1")


@events.init.add_listener
def _init(environment: Environment, runner: Runner, web_ui: WebUI | None = None, **_: object) -> None:
    _same_percentiles()
    if not isinstance(runner, WorkerRunner):
        lead = Lead(environment, runner)
        if web_ui is not None and web_ui.app is not None:
            page.guard(web_ui.app, web_ui.host)
            web_ui.template_args.update(page.arguments())
            page.extend(web_ui.app, lead.tables, lead.why_not)
            prefix = (environment.parsed_options and environment.parsed_options.web_base_path) or ""
            knob.extend(web_ui.app, prefix, lead.going, web_ui.auth_required_if_enabled)
    if not isinstance(runner, MasterRunner):
        Hand(environment, runner)


def _same_percentiles() -> None:
    """Make locust's percentiles those of the verdict: its buckets are wider, and its rank is another."""
    setattr(stats, "bucket_response_time", percentiles.bucketed)  # noqa: B010
    setattr(stats, "calculate_response_time_percentile", percentiles.ranked)  # noqa: B010
    setattr(stats.StatsEntry, "get_response_time_percentile", percentiles.of)  # noqa: B010
    stats.PERCENTILES_TO_STATISTICS = [round(percent / 100, 6) for percent in PERCENTILES]


class Lead:
    """The side of the master, or of a run without one."""

    current: "Lead | None" = None

    def __init__(self, environment: Environment, runner: Runner) -> None:
        Lead.current = self
        self.environment, self.runner = environment, runner
        self.director: Director | None = None
        self.run: Conductor | None = None
        self.results: Results | None = None
        self.judging = Lock()
        self.over = self.stopped = False
        self.begun, self.problem = Event(), ""
        self.ready: set[str] = set()
        self.host = ""
        try:
            address = self._read().address
        except Exception as failure:
            code = _say(failure)
            # Workers that locust has forked wait for a master that says goodbye.
            runner.quit()
            sys.exit(code)
        if not environment.host:
            # What the page shows; several addresses of the file stay as they are unless it is changed.
            environment.host = self.host = address
        runner.register_message(conductor.READY, self._is_ready)
        runner.register_message(conductor.REPORT, self._heard)
        environment.events.test_start.add_listener(self._start)
        # Locust listens to it only after a run with a shape.
        gevent.signal_handler(signal.SIGTERM, self._stop)
        # The one when a run ends, the other when locust is stopped in the middle of one.
        environment.events.test_stop.add_listener(self._verdict)
        environment.events.quitting.add_listener(self._verdict)

    def _read(self) -> Prepared:
        """The file, anew for each run: it may have changed, and so may the options in the page."""
        host = self.environment.host or ""
        return read(_told(self.environment, "" if host == self.host else host))

    def again(self) -> None:
        """A run is about to begin, in the page not always the first; ``begun`` says when it has."""
        self.over = False
        self.begun, self.problem = Event(), ""

    def _start(self, environment: Environment, **_: object) -> None:
        try:
            self.director = self._read().start(self._post)
        except Exception as failure:
            self.problem = str(
                failure if isinstance(failure, CallproofError) else InternalError.of(failure)
            )
            self._fail(failure)
            gevent.spawn(self._give_up)
        else:
            self.run, self.results = self.director.conductor, None
            gevent.spawn(self._watch, self.run)
            self.begun.set()

    def _give_up(self) -> None:
        """What StopTest does, which has gevent print a traceback. Without a page the shape ends locust."""
        if self.environment.web_ui is not None:
            self.runner.stop()
        self.begun.set()

    def _stop(self) -> None:
        """Also a run that had not begun has kept nothing; a verdict says more."""
        if self.environment.process_exit_code is None:
            self.environment.process_exit_code = Refusal.exit_code
        self.over = self.stopped = True

    def _fail(self, failure: Exception) -> None:
        self.environment.process_exit_code = _say(failure)
        self.over = True

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
            self._verdict(self.environment)
        if broken is not None:
            # Whatever the verdict says: what was led by a failure of ours is none.
            self._fail(broken)

    def _lead(self, run: Conductor) -> None:
        told = time.monotonic()
        while not (run.finished or self.over):
            for worker in self._workers():
                run.join(worker)
            run.watch(lambda worker: worker in self._workers())
            if time.monotonic() > told + TELL_EVERY:
                told += TELL_EVERY
                log.info(run.progress)
            time.sleep(WATCH_EVERY)

    def _workers(self) -> list[str]:
        if isinstance(self.runner, MasterRunner):
            nodes = self.runner.clients.all
            return [n.id for n in nodes if n.state != STATE_MISSING and n.id in self.ready]
        return [LOCAL]

    def _is_ready(self, environment: Environment, msg: Message, **_: object) -> None:
        """Locust knows a worker sooner than the worker can hear what the run is about."""
        self.ready.add(msg.node_id)

    def _post(self, kind: str, message: JsonObject, worker: str) -> None:
        self.runner.send_message(kind, message, worker)

    def _heard(self, environment: Environment, msg: Message, **_: object) -> None:
        if self.director is not None:
            worker = LOCAL if isinstance(self.runner, LocalRunner) else msg.node_id
            self.director.conductor.heard(worker, unpacked(msg.data, WorkerReport))

    def _verdict(self, environment: Environment, **_: object) -> None:
        """Once, whether the run came to its end or was stopped; who comes second waits for it."""
        with self.judging:
            director, self.director = self.director, None
            if director is not None:
                self._judge(director)
            self.over = True

    def _judge(self, director: Director) -> None:
        try:
            self.results = director.results()
            load_files.publish(self.results, _asked(self.environment))
            self.environment.process_exit_code = 0 if self.results.passed else Refusal.exit_code
        except Exception as failure:
            self._fail(failure)

    def why_not(self) -> str:
        """Wait until the run has begun; "" when it has, or why it could not."""
        self.begun.wait(BEGINS_WITHIN)
        return self.problem

    def going(self) -> Conductor | None:
        return None if self.over or self.director is None else self.director.conductor

    def tables(self) -> list[JsonObject]:
        return page.tables(self.run, self.results) if self.run else []


class Hand:
    """The side of a worker: what it is told, what it does, what it reports."""

    def __init__(self, environment: Environment, runner: Runner) -> None:
        self.environment, self.runner = environment, runner
        self.generator: Generator | None = None
        self.close: Callable[[], None] = lambda: None
        runner.register_message(conductor.JOB, self._begin)
        runner.register_message(conductor.ORDER, self._order)
        runner.register_message(conductor.STOP, self._stop)
        if isinstance(runner, WorkerRunner):
            # The verdict is the master's; a worker that did its part has done well.
            environment.process_exit_code = 0
            runner.send_message(conductor.READY)

    def _begin(self, environment: Environment, msg: Message, **_: object) -> None:
        briefing = unpacked(msg.data, Briefing)
        job = briefing.job
        if self.generator is not None and self.generator.job.run == job.run:
            # The master had taken this worker to be gone; what is under way goes on.
            return
        self._stop(environment, msg)
        serves, self.close = (
            recordings.serve(job.record_host) if job.model == PBX_FLEET else ("", self.close)
        )
        origin = time.monotonic() - briefing.now
        # What locust brought stays; to look through it again and again would be the longest pause.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        self.generator = Generator(job, origin, Sender(environment, job).send, gevent.spawn, serves)
        gevent.spawn(self.generator.run)
        gevent.spawn(self._report, self.generator)

    def _order(self, environment: Environment, msg: Message, **_: object) -> None:
        if self.generator is not None:
            self.generator.obey(unpacked(msg.data, Order))

    def _stop(self, environment: Environment, msg: Message, **_: object) -> None:
        if self.generator is not None:
            self.generator.stop()
            self.generator = None
        self.close()

    def _report(self, generator: Generator) -> None:
        while self.generator is generator:
            self.runner.send_message(conductor.REPORT, packed(generator.report()))
            time.sleep(conductor.REPORT_EVERY)


class Sender:
    """Requests by locust's own fast client, counted in locust's own statistics."""

    def __init__(self, environment: Environment, job: Job) -> None:
        self._urls = cycle(job.urls)
        self._session = FastHttpSession(
            base_url=None,
            request_event=environment.events.request,
            user=None,
            concurrency=job.connections,
            connection_timeout=job.timeout,
            network_timeout=job.timeout,
            max_retries=0,
        )

    def send(self, ask: Ask, late: float) -> Response:
        url = ask.url if ask.url.startswith("http") else next(self._urls) + ask.url
        with self._session.request(
            ask.method,
            url,
            name=ask.operation,
            data=ask.body.decode() or None,
            headers=dict(ask.headers),
            catch_response=True,
        ) as response:
            error = type(response.error).__name__ if hasattr(response, "error") else ""
            took = response.request_meta["response_time"] / 1000
            answer = Response(response.status_code or None, response.content or b"", error, took)
            # Counted from when the call wanted it, not from when it was sent.
            response.request_meta["response_time"] = (late + took) * 1000
            problem = ask.problem(answer)
            response.failure(CatchResponseError(problem)) if problem else response.success()
        return answer


def _say(failure: Exception) -> int:
    """Tell why there is no verdict, in a sentence; the exit code that it means."""
    if isinstance(failure, CallproofError) and not isinstance(failure, InternalError):
        complain(failure)
        return failure.exit_code
    tell(failure)
    return InternalError.exit_code


class Fleet(FastHttpUser):
    """Keeps a worker busy for locust; see the shape."""

    host = ""

    @task
    def be_there(self) -> None:
        time.sleep(1)


class Course(LoadTestShape):
    """One user a worker, until the run is over."""

    def reset_time(self) -> None:
        super().reset_time()
        lead = Lead.current
        # A master does it once more when the run has begun, or could not.
        if lead is not None and gevent.getcurrent() is not lead.runner.shape_greenlet:
            lead.again()

    def tick(self) -> tuple[int, float] | None:
        lead = Lead.current
        if lead is None or lead.over or lead.stopped:
            return None
        workers = lead.runner.worker_count if isinstance(lead.runner, MasterRunner) else 1
        return max(1, workers), 100.0


def _told(environment: Environment, host: str) -> RunOptions:
    told = environment.parsed_options
    assert told is not None
    return RunOptions(file=told.load, host=host, api_key=told.api_key, token=told.control_token)


def _asked(environment: Environment) -> dict[str, str]:
    """The reports that are asked for."""
    told = environment.parsed_options
    assert told is not None
    return {"json": told.load_json, "junit": told.load_junit, "html": told.load_html}
