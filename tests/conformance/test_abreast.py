"""Scenarios that are played side by side, on several pairs of ends."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Semaphore

import pytest

from callproof.clocks.manual import ManualClock
from callproof.clocks.real import RealClock
from callproof.conformance import abreast, loading
from callproof.conformance.events import Event, ScenarioStarted, Telling
from callproof.conformance.judge import BOTH
from callproof.conformance.scenario import Scenario
from callproof.conformance.target import load_target
from callproof.conformance.verdict import ScenarioResult, Verdict
from callproof.contract.operations import Side
from callproof.control.client import End, Ends, Unreachable
from callproof.control.wire import ClockTold
from callproof.files.yamlfile import FileError
from callproof.running.pair import built_in

WANTED = ("6-event/answered", "6-event/busy", "6-event/missed", "7-call/started")


@pytest.fixture
def pairs() -> Iterator[list[Ends]]:
    with ExitStack() as stack:
        yield [stack.enter_context(built_in(clock=ManualClock())).ends for _ in range(3)]


def test_each_scenario_is_played_once_and_the_verdict_has_them_in_their_order(pairs: list[Ends]) -> None:
    verdict, told = Verdict([], 1, strict=False), list[Event]()
    telling = Telling(verdict, [])
    abreast.run(loading.find(WANTED), pairs, telling.played, BOTH, (), told.append)
    assert sorted(found.id for found in verdict.scenarios) == sorted(WANTED)
    telling.in_order(WANTED)
    assert [found.id for found in verdict.scenarios] == list(WANTED)
    assert verdict.conformant
    begun = [event for event in told if isinstance(event, ScenarioStarted)]
    assert list(dict.fromkeys((event.number, event.of) for event in begun)) == [
        (n, 4) for n in (1, 2, 3, 4)
    ]


class Gone(End):
    """Does not answer, once two scenarios have begun."""

    def __init__(self, begun: Semaphore) -> None:
        super().__init__(Side.CRM, "http://127.0.0.1:1")
        self._begun = begun

    def clock(self) -> ClockTold:
        assert all(self._begun.acquire(timeout=20) for _ in range(2))
        return super().clock()


def test_when_one_is_out_of_reach_the_others_are_told_of_and_nothing_is_waited_for(tmp_path: Path) -> None:
    heard, begun = list[ScenarioResult](), Semaphore(0)
    with built_in(clock=RealClock()) as pair:
        gone = Gone(begun)
        pairs = [Ends(gone, gone, pair.api_key), pair.ends]
        waiting = [_waiting(tmp_path, name) for name in "abc"]
        with pytest.raises(Unreachable):
            abreast.run(waiting, pairs, heard.append, BOTH, (), lambda event: _count(event, begun))
    # Of the one that is gone there is nothing to tell, and the third one was never begun.
    (other,) = heard
    assert "interrupted" in other.broken


def _count(event: Event, begun: Semaphore) -> None:
    if isinstance(event, ScenarioStarted):
        begun.release()


@pytest.mark.parametrize(
    ("url", "listen"), [("http://127.0.0.1:9000", ""), ("http://127.0.0.1:$port", "listen: 8080\n")]
)
def test_instances_need_room_beside_each_other(tmp_path: Path, url: str, listen: str) -> None:
    file = tmp_path / "callproof.yaml"
    start = "start: {command: [./pbx, $port], ready: 'http://127.0.0.1:$port/', instances: 4}"
    file.write_text(f"target: pbx\nurl: {url}\n{listen}{start}\n")
    with pytest.raises(FileError, match="instances side by side need"):
        load_target(str(file))


def _waiting(folder: Path, name: str) -> Scenario:
    file = folder / f"{name}.yaml"
    never = "{expect: pbx sends call-event, times: 0, proves: PBX-EVENT-01}"
    file.write_text(f"title: Waits for long\nsteps: [{{wait: 600}}, {never}]\n")
    (scenario,) = loading.find([str(file)])
    return scenario
