"""Run after run, each with a mixture of its own, until one fails or there is no more time."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from callproof.clocks.machine import monotonic
from callproof.conformance.verdict import ScenarioResult, Whose
from callproof.explore.givens import given
from callproof.explore.mixture import mixture
from callproof.explore.run import Run
from callproof.explore.shrink import shrunk
from callproof.explore.states import Reached
from callproof.explore.table import Table
from callproof.explore.writing import Written

# How long a failing run is made smaller, in seconds.
SHRINKING = 60.0


class Mode(StrEnum):
    """``safety``: nothing wrong happens, whatever fails. ``liveness``: what is due arrives once the trouble
    is over."""

    SAFETY = "safety"
    LIVENESS = "liveness"
    BOTH = "both"


@dataclass(frozen=True)
class Budget:
    """When no further run is begun: after so many steps, or seconds; 0 for never."""

    steps: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Failing:
    """The smallest failing run. ``problems`` has its rows, each with the first problem; ``length`` is how
    many steps it had before it was made smaller."""

    written: Written
    problems: dict[str, str]
    length: int


@dataclass
class Explored:
    """What was done until now. ``refused`` and ``broken`` are what could not be done, in words: steps and
    runs; ``unsteady`` runs failed, and not when they were played again."""

    reached: Reached
    runs: int = 0
    steps: int = 0
    tries: int = 0
    refused: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    unsteady: list[str] = field(default_factory=list)


class Explorer:
    """``name`` is the id that a scenario will have as a file; ``told`` hears of each run, and of each try
    to make one smaller. ``failing`` is the smallest failing run so far, also when somebody interrupts."""

    def __init__(
        self,
        table: Table,
        name: str,
        seed: int,
        mode: Mode,
        told: Callable[[Explored], None] = lambda _: None,
    ) -> None:
        self.explored = Explored(Reached(table.bench.own))
        self.failing: Failing | None = None
        self._table = table
        self._name = name
        self._seed = seed
        self._mode = mode
        self._told = told

    def explore(self, budget: Budget) -> Failing | None:
        """Runs until one fails, None for none. Raises OutOfReach when a side under test does not answer."""
        for dice in self._dice(budget):
            written, result = self._run(dice)
            self._told(self.explored)
            if result.broken and result.by is Whose.SIDE:
                self.explored.broken.append(result.broken)
            if rows := self._table.problems(result):
                if failing := self._smallest(written, rows):
                    return failing
                self.explored.unsteady += [f"{row}: {problem}" for row, problem in rows.items()]
        return None

    def _dice(self, budget: Budget) -> Iterator[random.Random]:
        """One for each run."""
        began, explored = monotonic(), self.explored
        while not (budget.steps and explored.steps >= budget.steps):
            if budget.seconds and monotonic() - began >= budget.seconds:
                return
            yield random.Random(f"explore:{self._seed}:{explored.runs}")

    def _run(self, dice: random.Random) -> tuple[Written, ScenarioResult]:
        bench, explored = self._table.bench, self.explored
        gentle = self._mode is Mode.LIVENESS or (self._mode is Mode.BOTH and dice.random() < 0.5)
        mixed = mixture(dice, bench.absent, gentle=gentle)
        prepared = given(dice, bench)
        # What is prepared is read as a file is; a scenario has at least one step.
        empty = Written(prepared, [{"wait": 0}]).scenario(self._name, f"{self._name}.yaml")
        run = Run(bench, mixed, dice, explored.reached, float(empty.given.upload_every))
        result = self._table.improvised(replace(empty, steps=()), run)
        explored.runs += 1
        explored.steps += len(run.written)
        explored.refused += run.refusals
        return Written(prepared, run.written), result

    def _smallest(self, written: Written, rows: dict[str, str]) -> Failing | None:
        """None where the run, played again as a file, fails in none of its rows."""
        again = self._again(written)
        row = next((row for row in rows if row in again), "")
        if not row:
            return None
        self.failing = Failing(written, again, len(written.steps))

        def fails(attempt: Written) -> bool:
            problems = self._again(attempt)
            if row in problems:
                self.failing = Failing(attempt, problems, len(written.steps))
            return row in problems

        until = monotonic() + SHRINKING
        small = shrunk(written, fails, lambda: monotonic() < until)
        return Failing(small, self._again(small), len(written.steps))

    def _again(self, attempt: Written) -> dict[str, str]:
        """Its problems, played as a file. What cannot be played to its end fails in that alone."""
        self.explored.tries += 1
        self._told(self.explored)
        result = self._table.played(attempt.scenario(self._name, f"{self._name}.yaml"))
        problems = self._table.problems(result)
        if not result.broken:
            return problems
        return {row: problem for row, problem in problems.items() if problem == result.broken}
