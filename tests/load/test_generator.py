"""A worker by itself, on threads: it begins what it was told, within its bound, and counts what comes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread

import orjson

from callproof.load import curve
from callproof.load.asks import Ask, Response
from callproof.load.generator import Generator, WorkerReport
from callproof.load.job import Samples
from callproof.load.messages import packed, unpacked
from callproof.load.schedule import Duty, Schedule
from callproof.load.shares import Order
from callproof.load.tally import REFUSED, TAKEN_OVER
from callproof.load.trunk import SendRequest
from tests.load.test_stories import JOB

ALL = Order(1, 0.0, (Duty(0.0),))
FAST = replace(
    JOB, curve=curve.constant(100, 0.2), speed=1e6, drain=5.0, control=False, samples=Samples(conformance=1)
)
PLANNED = sum(1 for _ in Schedule(FAST.curve, FAST.seed).begins(0, 1))
SUCCESS = Response(200, orjson.dumps({"success": True, "processedCallsCount": 1}))


class Crew:
    """Runs what is spawned on threads, and waits for all of it."""

    def __init__(self) -> None:
        self.threads: list[Thread] = []

    def spawn(self, run: Callable[[], None]) -> None:
        thread = Thread(target=run)
        self.threads.append(thread)
        thread.start()

    def join(self) -> None:
        for thread in self.threads:
            thread.join()


@contextmanager
def working(generator: Generator) -> Iterator[None]:
    """The generator begins its calls until the block ends."""
    generator.obey(ALL)
    thread = Thread(target=generator.run)
    thread.start()
    try:
        yield
    finally:
        generator.stop()
        thread.join()


def made(send: SendRequest, **changes: object) -> tuple[Generator, Crew]:
    """A generator whose run begins now."""
    crew = Crew()
    job = replace(FAST, **changes)  # type: ignore[arg-type]
    probe = Generator(job, 0.0, send, crew.spawn)
    return Generator(job, probe.trunk.now(), send, crew.spawn), crew


def test_every_call_of_the_plan_is_begun_once_and_ends_as_something() -> None:
    over = Event()
    seen: list[Ask] = []
    generator, crew = made(lambda ask, late: SUCCESS)

    def send(ask: Ask, late: float) -> Response:
        seen.append(ask)
        if sum(one.operation == "calls-upload" for one in seen) == PLANNED:
            over.set()
        return SUCCESS

    generator, crew = made(send)
    with working(generator):
        assert over.wait(30)
    crew.join()
    calls = generator.report().tally.calls
    assert calls["attempted"] == PLANNED
    fates = ("answered", "missed", "busy", "refused", "dropped")
    assert sum(calls[fate] for fate in fates) == PLANNED
    assert calls[TAKEN_OVER] == calls[REFUSED] == generator.trunk.concurrent == 0


def test_calls_beyond_the_limit_are_refused_and_counted() -> None:
    free, full = Event(), Event()

    def send(ask: Ask, late: float) -> Response:
        full.set()
        assert free.wait(30)
        return SUCCESS

    generator, crew = made(send, most=2)
    with working(generator):
        assert full.wait(30)
        counted = 0
        refused = 0
        while counted + refused < PLANNED:
            report = generator.report()
            counted += report.tally.calls["attempted"]
            refused += report.tally.calls[REFUSED]
        assert (counted, refused) == (2, PLANNED - 2)
        free.set()
    crew.join()


def test_answers_are_judged_against_the_contract() -> None:
    wrong = Response(200, orjson.dumps({"success": True, "processedCallsCount": "many"}))
    generator, _ = made(lambda ask, late: wrong)
    generator.trunk.ask(Ask("calls-upload", "POST", "/", 0.0))
    generator.trunk.ask(Ask("call-event", "POST", "/", 0.0))
    tally = generator.report().tally
    assert tally.judged == 2
    (found,) = tally.violations
    assert found.startswith("calls-upload: CRM-HISTORY-01 /processedCallsCount: ")


def test_only_every_nth_answer_is_judged_and_no_failure() -> None:
    generator, _ = made(lambda ask, late: SUCCESS, samples=Samples(conformance=3))
    for _ in range(7):
        generator.trunk.ask(Ask("call-event", "POST", "/", 0.0))
    assert generator.report().tally.judged == 3
    broken, _ = made(lambda ask, late: Response(503))
    broken.trunk.ask(Ask("call-event", "POST", "/", 0.0))
    assert broken.report().tally.judged == 0


def test_a_report_holds_what_came_since_the_last_one() -> None:
    generator, _ = made(lambda ask, late: SUCCESS)
    generator.trunk.acknowledged("a")
    first = unpacked(packed(generator.report()), WorkerReport)
    generator.trunk.acknowledged("b")
    second = unpacked(packed(generator.report()), WorkerReport)
    assert (first.tally.acknowledged, second.tally.acknowledged) == ({"a"}, {"b"})
