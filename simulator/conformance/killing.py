"""Which checks a broken implementation turns red: a check that none does is no check.

A check is one row at one step of a scenario, or one row that is judged in every message.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from simulator.bench.ends import Ends
from simulator.bench.faults import Fault
from simulator.conformance import runner
from simulator.conformance.scenario import Scenario
from simulator.conformance.verdict import ScenarioResult
from simulator.contract.operations import Side
from simulator.contract.requirements import all_requirements

EVERY_MESSAGE = "every message"


class Bench(Protocol):
    """Starts a pair of ends to play on; called in processes of their own."""

    def __call__(self) -> AbstractContextManager[Ends]: ...


@dataclass(frozen=True, order=True)
class Looked:
    """``where`` is ``file:line`` of the step, or EVERY_MESSAGE."""

    where: str
    requirement: str


@dataclass
class Matrix:
    """``killed`` has the faults that turned each check red; a check that none did has an empty list."""

    killed: dict[Looked, list[str]] = field(default_factory=dict)

    @property
    def survivors(self) -> list[Looked]:
        return sorted(check for check, faults in self.killed.items() if not faults)


def matrix(
    scenarios: Sequence[Scenario], faults: Iterable[Fault], bench: Bench, processes: int = 2
) -> Matrix:
    """Play every scenario whole, and again with each fault that meets one of its messages."""
    found = Matrix()
    with ProcessPoolExecutor(processes) as pool:
        healthy = list(pool.map(_healthy, scenarios, [bench] * len(scenarios)))
        for checks, _ in healthy:
            for check in checks:
                found.killed.setdefault(check, [])
        jobs = [
            (
                fault,
                [s for s, (_, spoken) in zip(scenarios, healthy, strict=True) if _meets(fault, spoken)],
            )
            for fault in faults
        ]
        results = pool.map(_broken, [f for f, _ in jobs], [s for _, s in jobs], [bench] * len(jobs))
        for (fault, _), red in zip(jobs, results, strict=True):
            for check in red & found.killed.keys():
                found.killed[check].append(fault.name)
    return found


def _healthy(scenario: Scenario, bench: Bench) -> tuple[set[Looked], set[str]]:
    """The checks of a scenario, and the methods that were used in it."""
    with bench() as ends:
        (result,) = runner.run([scenario], ends)
        spoken = {exchange.operation.name for exchange in result.exchanges if exchange.operation}
    return {_looked(result, check.where, check.requirement) for check in result.checks}, spoken


def _broken(fault: Fault, scenarios: Sequence[Scenario], bench: Bench) -> set[Looked]:
    red = set()
    with bench() as ends:
        for result in runner.run(scenarios, ends, faults=[fault]):
            for check in result.checks:
                if check.problem and _side(check.requirement) is fault.side:
                    red.add(_looked(result, check.where, check.requirement))
    return red


def _meets(fault: Fault, spoken: set[str]) -> bool:
    return any(fault.is_about(name) for name in spoken)


def _looked(result: ScenarioResult, where: str, requirement: str) -> Looked:
    return Looked(EVERY_MESSAGE if where == result.file else where, requirement)


def _side(requirement: str) -> Side:
    return all_requirements()[requirement].side


def by_requirement(found: Matrix) -> Mapping[str, list[str]]:
    """The faults that turned some check of each row red."""
    rows: dict[str, list[str]] = {}
    for check, faults in found.killed.items():
        known = rows.setdefault(check.requirement, [])
        known.extend(fault for fault in faults if fault not in known)
    return rows
