"""Runs that are made up: our own ends survive them, and a broken one does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.conformance.judge import BOTH
from callproof.conformance.scenario import Scenario
from callproof.conformance.verdict import ScenarioResult
from callproof.contract.guide import GUIDES
from callproof.control.client import Ends
from callproof.exchange.faults import catalogue
from callproof.explore.board import Bench
from callproof.explore.exploring import Budget, Explorer, Failing, Mode
from callproof.explore.table import Table
from callproof.running.pair import built_in


@contextmanager
def pair() -> Iterator[Ends]:
    with built_in() as ends:
        yield ends.ends


def explorer(seed: int, mode: Mode, *faults: str) -> Explorer:
    table = Table(Bench(GUIDES), BOTH, pair, [catalogue()[name] for name in faults])
    return Explorer(table, "found", seed, mode)


@pytest.mark.parametrize(("mode", "seed"), [(Mode.SAFETY, 1), (Mode.LIVENESS, 7), (Mode.BOTH, 3)])
def test_our_own_ends_survive(mode: Mode, seed: int) -> None:
    own = explorer(seed, mode)
    failing = own.explore(Budget(steps=150))
    assert failing is None, failing and failing.written.text()
    assert own.explored.steps >= 150
    assert (own.explored.refused, own.explored.broken, own.explored.unsteady) == ([], [], [])
    reached = dict(own.explored.reached.every)
    often = ("a call is ringing", "a call is talking", "two calls at once", "a user is not free")
    assert all(reached[state] > 5 for state in often), reached


def test_the_same_seed_makes_up_the_same_and_another_one_something_else() -> None:
    def told(seed: int) -> list[tuple[str, int]]:
        own = explorer(seed, Mode.BOTH)
        own.explore(Budget(steps=60))
        return own.explored.reached.every

    assert told(5) == told(5) != told(6)


def test_the_history_that_a_faulty_end_gives_up_is_missed_by_liveness() -> None:
    # The seed is one that comes to it soon.
    failing = explorer(4, Mode.LIVENESS, "pbx-gives-up").explore(Budget(steps=2000))
    assert isinstance(failing, Failing)
    assert set(failing.problems) & {"PBX-TROUBLE-01", "PBX-TROUBLE-02", "PBX-TROUBLE-03"}


def test_a_planted_fault_is_found_made_smaller_and_saved_as_a_scenario_that_fails_in_the_same_row(
    tmp_path: Path,
) -> None:
    file = tmp_path / "smallest.yaml"
    fault = ["--fault", "pbx-untrue-history"]
    found = CliRunner().invoke(main, ["explore", "--steps", "500", *fault, "--save", str(file)])
    assert found.exit_code == 1, found.output
    rows = {line.split()[1].rstrip(":") for line in found.output.splitlines() if line.startswith("failed ")}
    assert rows & {"PBX-HISTORY-09", "PBX-HISTORY-12", "PBX-EVENT-13"}, found.output
    steps = [line for line in file.read_text().splitlines() if line.startswith("  - ")]
    assert 0 < len(steps) <= 4, file.read_text()
    checked = CliRunner().invoke(main, ["check", str(file), *fault])
    assert checked.exit_code == 1, checked.output
    assert all(f"{row} " in checked.output for row in rows)
    assert CliRunner().invoke(main, ["check", str(file)]).exit_code == 0


def test_what_is_not_found_writes_no_file_and_says_what_was_never_reached(tmp_path: Path) -> None:
    file = tmp_path / "none.yaml"
    done = CliRunner().invoke(main, ["explore", "--steps", "10", "--seed", "4", "--save", str(file)])
    assert (done.exit_code, file.exists()) == (0, False), done.output
    assert "Never reached: " in done.output
    assert "Nothing found in 1 runs" in done.output


def test_whoever_is_not_there_is_out_of_reach() -> None:
    nobody = ["--target", "crm", "--crm-url", "http://127.0.0.1:9", "--api-key", "k" * 32]
    done = CliRunner().invoke(main, ["explore", *nobody, "--steps", "5"])
    assert (done.exit_code, "does not answer" in done.output) == (3, True), done.output


def test_an_interrupted_run_says_what_it_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Explorer, __: Budget) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Explorer, "explore", interrupted)
    done = CliRunner().invoke(main, ["explore"])
    assert done.exit_code == 130
    assert "The run was interrupted." in done.output
    assert "Never reached: " in done.output


def test_a_run_that_is_interrupted_while_a_find_is_made_smaller_saves_the_smallest_so_far(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    played, tries = Table.played, count()

    def interrupted(table: Table, scenario: Scenario) -> ScenarioResult:
        if next(tries) == 3:
            raise KeyboardInterrupt
        return played(table, scenario)

    monkeypatch.setattr(Table, "played", interrupted)
    file = tmp_path / "smallest.yaml"
    fault = ["--fault", "pbx-untrue-history"]
    done = CliRunner().invoke(main, ["explore", "--steps", "500", *fault, "--save", str(file)])
    assert done.exit_code == 130, done.output
    assert "The run was interrupted." in done.output
    assert CliRunner().invoke(main, ["check", str(file), *fault]).exit_code == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--target", "pbx"], "--target pbx needs --config FILE"),
        (["--for", "0"], "in no time nothing is found"),
        (["--for", "soon"], "'soon' is no time"),
        (["--fault", "nobody"], "There is no fault 'nobody'"),
    ],
)
def test_misuse_is_a_sentence(options: list[str], said: str) -> None:
    done = CliRunner().invoke(main, ["explore", *options])
    assert done.exit_code == 2
    assert said in done.output
