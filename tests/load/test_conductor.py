"""The master's part, on a clock that the test moves."""

from dataclasses import dataclass, field, replace

import pytest

from callproof.contract.jsontypes import JsonObject
from callproof.load import conductor, curve
from callproof.load.conductor import JOB as JOB_MESSAGE
from callproof.load.conductor import ORDER, SILENCE, STOP, Conductor
from callproof.load.generator import WorkerReport
from callproof.load.shares import LEAD
from callproof.load.tally import Tally
from tests.load.test_stories import JOB

DURATION = 10.0


@dataclass
class Stage:
    """A conductor and everything that it has posted."""

    time: float = 100.0
    posted: list[tuple[str, JsonObject, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.run = Conductor(replace(JOB, curve=curve.constant(5, DURATION)), self.post)

    def post(self, kind: str, message: JsonObject, worker: str) -> None:
        self.posted.append((kind, message, worker))

    def state(self) -> tuple[list[str], bool]:
        """Who is there, and whether the run is over."""
        return list(self.run.workers), self.run.finished

    def kinds(self, worker: str) -> list[str]:
        return [kind for kind, _, name in self.posted if name == worker]

    def at(self, moment: float) -> None:
        self.time = 100.0 + LEAD + moment

    def report(self, worker: str, done: float, obeyed: int, *, finished: bool = False) -> None:
        tally = Tally(1.0)
        tally.calls["attempted"] = 1
        self.run.heard(worker, WorkerReport(done, obeyed, finished, 2, tally))


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    found: list[Stage] = []
    monkeypatch.setattr(
        "callproof.load.conductor.time.monotonic", lambda: found[0].time if found else 100.0
    )
    found.append(Stage())
    return found[0]


def test_a_worker_hears_of_the_run_and_then_what_it_has_to_do(stage: Stage) -> None:
    stage.run.join("a")
    stage.run.join("a")
    stage.run.watch(lambda _: True)
    stage.run.watch(lambda _: True)
    assert stage.kinds("a") == [JOB_MESSAGE, ORDER]
    assert stage.posted[0][1]["now"] == -LEAD


def test_a_worker_that_is_gone_is_replaced_by_the_others(stage: Stage) -> None:
    for worker in ("a", "b"):
        stage.run.join(worker)
        stage.run.watch(lambda _: True)
    stage.at(2)
    stage.report("b", 2.0, 2)
    stage.run.watch(lambda worker: worker == "b")
    assert stage.run.workers == ("b",)
    assert (stage.run.lost_workers, stage.run.most_workers) == (1, 2)
    assert stage.posted[-1][0] == ORDER
    assert len(stage.posted[-1][1]["duties"]) > 1  # type: ignore[arg-type]


def test_a_worker_that_is_silent_is_gone_until_it_speaks(stage: Stage) -> None:
    stage.run.join("a")
    stage.at(SILENCE + 1)
    stage.run.watch(lambda _: True)
    assert stage.state() == ([], False)
    stage.run.join("a")
    assert stage.state() == ([], False)
    stage.report("a", 1.0, 1)
    assert stage.state() == (["a"], False)
    assert stage.run.progress == "6 s: 1 calls attempted, 2 concurrent, 0 failed, 0 acknowledged"


def test_calls_that_a_dead_worker_was_talking_are_no_longer_concurrent(stage: Stage) -> None:
    stage.run.join("a")
    stage.at(3.5)
    stage.report("a", 3.0, 1)
    stage.run.watch(lambda _: False)
    assert stage.run.concurrent == 0
    assert stage.run.tally.slices[3].ended == 2


def test_a_run_is_over_when_every_worker_has_done_its_last_order(stage: Stage) -> None:
    stage.run.join("a")
    stage.run.watch(lambda _: True)
    stage.at(9)
    stage.report("a", 9.0, 1, finished=True)
    assert stage.state() == (["a"], False)
    stage.at(DURATION)
    assert stage.state() == (["a"], True)
    stage.run.join("b")
    stage.run.watch(lambda _: True)
    assert stage.state() == (["a", "b"], False)
    for worker in ("a", "b"):
        stage.report(worker, DURATION, 2, finished=True)
    assert stage.state() == (["a", "b"], True)
    stage.run.stop()
    assert stage.kinds("b")[-1] == STOP
    assert stage.run.tally.calls["attempted"] == 3


def test_a_run_does_not_wait_for_ever(stage: Stage) -> None:
    stage.run.join("a")
    stage.at(DURATION + JOB.drain + conductor.GRACE + 0.1)
    assert stage.run.finished
    assert stage.run.planned() == DURATION
