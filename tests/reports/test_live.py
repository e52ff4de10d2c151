"""What is said of a run while it goes on."""

import io
import os
import pty
import subprocess
import sys
from threading import Event as Flag

import pytest

from callproof.conformance import loading, runner
from callproof.conformance.doing import doing
from callproof.conformance.events import (
    Doing,
    Event,
    RunEnded,
    RunStarted,
    ScenarioPlayed,
    ScenarioStarted,
)
from callproof.conformance.scenario import Wait
from callproof.conformance.verdict import Outcome, ScenarioResult, Verdict
from callproof.reports.live import Live, Moment
from callproof.running.pair import built_in

STARTED = ScenarioStarted("6-event/missed", 12, 44)
PLAYED = ScenarioPlayed(ScenarioResult("6-event/missed", "T", "s.yaml"), Outcome.PASSED)
WAITING = Doing("waiting for pbx sends call-event", 40)
BEGUN = RunStarted("1", "2020-07", 1, strict=False, target=None)
ENDED = RunEnded(Verdict([], 1, strict=False))


@pytest.mark.parametrize(
    ("heard", "line"),
    [
        ([BEGUN], "getting ready"),
        ([BEGUN, STARTED], "12 of 44: 6-event/missed"),
        ([STARTED, Doing("customer calls")], "12 of 44: 6-event/missed: customer calls"),
        ([STARTED, WAITING], "12 of 44: 6-event/missed: waiting for pbx sends call-event, up to 33 s"),
        ([STARTED, Doing("waiting", 7.5)], "12 of 44: 6-event/missed: waiting"),
        ([STARTED, WAITING, PLAYED], "12 of 44: 6-event/missed is over"),
        ([STARTED, WAITING, PLAYED, ENDED], ""),
    ],
)
def test_the_line_says_where_a_run_is_what_it_waits_for_and_how_long_still(
    heard: list[Event], line: str
) -> None:
    moment = Moment()
    for event in heard:
        moment.hear(event, 100.0)
    assert moment.told(107.0) == line


def test_where_people_act_only_waits_are_spoken_of() -> None:
    moment = Moment(asks=True)
    for event in (STARTED, Doing("customer calls")):
        moment.hear(event, 0.0)
    assert moment.told(1.0) == ""
    moment.hear(WAITING, 0.0)
    assert moment.told(1.0).endswith("up to 39 s")


class Out(io.StringIO):
    """Says when enough was written."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.enough = Flag()
        self._lines = lines

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.getvalue().count("\n") >= self._lines:
            self.enough.set()
        return written


def test_a_silent_run_speaks_again_and_again() -> None:
    out = Out(2)
    with Live(out, redrawn=False, quiet=0.01) as live:
        live.hear(STARTED)
        live.hear(WAITING)
        assert out.enough.wait(30)
    assert set(out.getvalue().splitlines()) <= {
        "12 of 44: 6-event/missed",
        "12 of 44: 6-event/missed: waiting for pbx sends call-event, up to 40 s",
    }


def test_a_run_that_prints_says_nothing_beside() -> None:
    out = io.StringIO()
    with Live(out, redrawn=False) as live:
        for event in (BEGUN, STARTED, WAITING, PLAYED, ENDED):
            live.hear(event)
    assert out.getvalue() == ""


def test_the_line_is_gone_before_anybody_else_prints() -> None:
    out = io.StringIO()
    with Live(out, redrawn=True) as live:
        live.hear(STARTED)
        live.hear(PLAYED)
        assert out.getvalue().endswith("\r")
        assert out.getvalue().split("\r")[-2].strip() == ""


def test_a_reader_that_is_gone_stops_nothing() -> None:
    out = io.StringIO()
    out.close()
    with Live(out, redrawn=True) as live:
        live.hear(STARTED)


def test_a_terminal_sees_the_scenario_and_its_result_on_a_line_of_its_own() -> None:
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    process = subprocess.Popen(
        [sys.executable, "-m", "callproof", "check", "6-event/missed"],
        stdout=theirs, stderr=theirs, env={**environment, "TERM": "xterm", "NO_COLOR": "1"},
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 4096):
            seen += part
    except OSError:
        # What Linux says where the other end is closed.
        pass
    os.close(ours)
    assert process.wait(60) == 0
    lines = seen.decode().split("\r")
    assert "1 of 1: 6-event/missed" in lines
    assert any(line.endswith("passed 6-event/missed: An incoming call is missed") for line in lines)


def test_a_run_tells_each_scenario_and_each_step() -> None:
    heard: list[Event] = []
    with built_in(1) as pair:
        runner.run(loading.find(["6-event/missed"]), pair.ends, tell=heard.append)
    assert heard[0] == ScenarioStarted("6-event/missed", 1, 1)
    said = [event.what for event in heard if isinstance(event, Doing)]
    assert said[:2] == ["preparing", "customer calls"]
    assert "waiting for pbx sends call-event" in said
    assert said[-1] == "looking at how it ends"


@pytest.mark.parametrize(("real", "seconds"), [(True, 30.0), (False, 0.0)])
def test_a_wait_says_how_long_only_where_time_is_real(real: bool, seconds: float) -> None:
    assert doing(Wait(1, 30.0), real=real) == Doing("letting time pass", seconds)
