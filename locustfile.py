"""callproof under load, by locust: ``locust -f locustfile.py --headless --load load.yaml``.

What is run and counted lives in ``callproof.load``; here it meets locust, whose master and workers stay as
they are. The one locust user of each worker only keeps it busy: calls begin by the plan, not by users.
Other users, from another locustfile, are played beside the calls when their class says how many they are.
"""

import signal
import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle

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
from callproof.errors import CallproofError, InternalError, Misuse
from callproof.load import conductor, knob, page, percentiles
from callproof.load.asks import Ask, Response
from callproof.load.generator import WorkerReport
from callproof.load.hand import Hand
from callproof.load.job import Job
from callproof.load.lead import Lead
from callproof.load.main import Prepared, RunOptions, read
from callproof.load.messages import unpacked
from callproof.load.results import PERCENTILES, Results
from callproof.load.trunk import SendRequest
from callproof.reports import load_files

LOCAL = "local"
# Known by one load of this file alone.
_THIS = object()


def _is_first(place: object) -> bool:
    """Whether this file comes to a place for the first time: locust loads it again when it is named beside
    one that imports it."""
    known = vars(place)
    return bool(known.setdefault("callproof", _THIS) is _THIS)


@events.init_command_line_parser.add_listener
def _options(parser: LocustArgumentParser) -> None:
    if not _is_first(parser):
        return
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
    if not _is_first(environment):
        return
    _same_percentiles()
    if not isinstance(runner, WorkerRunner):
        stage = LocustStage(environment, runner)
        Course.stage = stage
        lead = stage.lead
        if web_ui is not None and web_ui.app is not None:
            page.guard(web_ui.app, web_ui.host)
            web_ui.template_args.update(page.arguments())
            page.extend(web_ui.app, lead.tables, lead.why_not)
            prefix = (environment.parsed_options and environment.parsed_options.web_base_path) or ""
            knob.extend(web_ui.app, prefix, lead.going, web_ui.auth_required_if_enabled)
    if not isinstance(runner, MasterRunner):
        _listen(environment, runner)


def _same_percentiles() -> None:
    """Make locust's percentiles those of the verdict: its buckets are wider, and its rank is another."""
    setattr(stats, "bucket_response_time", percentiles.bucketed)  # noqa: B010
    setattr(stats, "calculate_response_time_percentile", percentiles.ranked)  # noqa: B010
    setattr(stats.StatsEntry, "get_response_time_percentile", percentiles.of)  # noqa: B010
    stats.PERCENTILES_TO_STATISTICS = [round(percent / 100, 6) for percent in PERCENTILES]


class LocustStage:
    """Where locust has a run led; see ``callproof.load.lead``."""

    def __init__(self, environment: Environment, runner: Runner) -> None:
        self.environment, self.runner = environment, runner
        self.lead = Lead(self)
        self._ready: set[str] = set()
        self._host = ""
        self._started = False
        try:
            _demand_no_other(environment)
            address = self.read().address
        except Exception as failure:
            code = self.say(failure)
            # Workers that locust has forked wait for a master that says goodbye.
            runner.quit()
            sys.exit(code)
        if not environment.host:
            # What the page shows; several addresses of the file stay as they are unless it is changed.
            environment.host = self._host = address
        runner.register_message(conductor.READY, self._is_ready)
        runner.register_message(conductor.REPORT, self._heard)
        environment.events.test_start.add_listener(self._start)
        # Locust listens to it only after a run with a shape.
        gevent.signal_handler(signal.SIGTERM, self.lead.stop)
        # The one when a run ends, the other when locust is stopped in the middle of one.
        environment.events.test_stop.add_listener(lambda **_: self.lead.verdict())
        environment.events.quitting.add_listener(lambda **_: self.lead.verdict())

    def _start(self, **_: object) -> None:
        self._started = True
        self.lead.start()

    def read(self) -> Prepared:
        told, host = self.environment.parsed_options, self.environment.host or ""
        assert told is not None
        host = "" if host == self._host else host
        return read(RunOptions(told.load, host, told.api_key, told.control_token))

    def post(self, kind: str, message: JsonObject, worker: str) -> None:
        self.runner.send_message(kind, message, worker)

    def workers(self) -> Sequence[str]:
        if isinstance(self.runner, MasterRunner):
            nodes = self.runner.clients.all
            return [n.id for n in nodes if n.state != STATE_MISSING and n.id in self._ready]
        return [LOCAL]

    def spawn(self, work: Callable[[], None]) -> object:
        return gevent.spawn(work)

    def give_up(self) -> None:
        """What StopTest does, which has gevent print a traceback. Without a page the shape ends locust."""
        if self.environment.web_ui is not None:
            self.runner.stop()

    def publish(self, found: Results) -> None:
        told = self.environment.parsed_options
        assert told is not None
        asked = {"json": told.load_json, "junit": told.load_junit, "html": told.load_html}
        self._at_last(lambda: load_files.show(found))
        load_files.publish(found, asked)

    def _at_last(self, show: Callable[[], object]) -> None:
        """Below the tables that locust prints at the end of a run, where nobody waits for it on a page."""
        if self._started and self.environment.web_ui is None:
            self.environment.events.quit.add_listener(lambda **_: show())
        else:
            show()

    def say(self, failure: Exception) -> int:
        if isinstance(failure, CallproofError) and not isinstance(failure, InternalError):
            self._at_last(lambda: complain(failure))
            return failure.exit_code
        tell(failure)
        return InternalError.exit_code

    def end_with(self, code: int) -> None:
        self.environment.process_exit_code = code

    def _is_ready(self, environment: Environment, msg: Message, **_: object) -> None:
        """Locust knows a worker sooner than the worker can hear what the run is about."""
        self._ready.add(msg.node_id)

    def _heard(self, environment: Environment, msg: Message, **_: object) -> None:
        worker = LOCAL if isinstance(self.runner, LocalRunner) else msg.node_id
        self.lead.heard(worker, unpacked(msg.data, WorkerReport))


def _listen(environment: Environment, runner: Runner) -> None:
    """Do what a master tells a worker."""
    hand = Hand(runner.send_message, gevent.spawn, lambda job: _sender(environment, job))
    runner.register_message(conductor.JOB, lambda environment, msg, **_: hand.begin(msg.data))
    runner.register_message(conductor.ORDER, lambda environment, msg, **_: hand.order(msg.data))
    runner.register_message(conductor.STOP, lambda environment, msg, **_: hand.stop())
    if isinstance(runner, WorkerRunner):
        # The verdict is the master's; a worker that did its part has done well.
        environment.process_exit_code = 0
        runner.send_message(conductor.READY)


def _sender(environment: Environment, job: Job) -> SendRequest:
    """Requests by locust's own fast client, counted in locust's own statistics."""
    urls = cycle(job.urls)
    session = FastHttpSession(
        base_url=None,
        request_event=environment.events.request,
        user=None,
        concurrency=job.connections,
        connection_timeout=job.timeout,
        network_timeout=job.timeout,
        max_retries=0,
    )

    def send(ask: Ask, late: float) -> Response:
        url = ask.url if ask.url.startswith("http") else next(urls) + ask.url
        with session.request(
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

    return send


class Fleet(FastHttpUser):
    """Keeps a worker busy for locust; see the shape."""

    host = ""

    @task
    def be_there(self) -> None:
        time.sleep(1)


class Course(LoadTestShape):
    """One user a worker, and as many others as there are to be, until the run is over."""

    stage: LocustStage | None = None

    def reset_time(self) -> None:
        super().reset_time()
        stage = self.stage
        # A master does it once more when the run has begun, or could not.
        if stage is not None and gevent.getcurrent() is not stage.runner.shape_greenlet:
            stage.lead.again()

    def tick(self) -> tuple[int, float] | None:
        stage = self.stage
        if stage is None or stage.lead.over or stage.lead.stopped:
            return None
        workers = stage.runner.worker_count if isinstance(stage.runner, MasterRunner) else 1
        others = sum(kind.fixed_count for kind in stage.environment.user_classes)
        return max(1, workers) + others, 100.0


def _demand_no_other(environment: Environment) -> None:
    """Raises Misuse for what would be played in place of the calls, or be left out without a word."""
    shapes = environment.available_shape_classes or {}
    if others := [name for name, shape in shapes.items() if not isinstance(shape, Course)]:
        raise Misuse(
            f"The load shape {others[0]} cannot be followed: calls begin by `rate` and `shape` of the load"
            " file. Say it there, and take the class out of the locustfile."
        )
    kinds = environment.user_classes
    if Fleet not in kinds:
        raise Misuse("Without users of Fleet no call is made: name it beside the others, or name none.")
    if loose := [kind.__name__ for kind in kinds if kind is not Fleet and not kind.fixed_count]:
        raise Misuse(
            f"How many users of {loose[0]} there are to be beside the calls is not said: give the class a"
            " `fixed_count`, or take it out of the locustfile."
        )
