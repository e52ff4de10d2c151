"""Which checks a broken implementation turns red: a check that none does is no check.

A check is one row at one step of a scenario, or one row that is judged in every message.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from callproof.conformance import runner
from callproof.conformance.scenario import Scenario
from callproof.conformance.verdict import ScenarioResult
from callproof.contract.operations import Side
from callproof.contract.requirements import all_requirements
from callproof.control.client import Ends
from callproof.exchange.faults import Fault

EVERY_MESSAGE = "every message"


# Starts a pair of ends to play on; called in processes of their own.
Bench = Callable[[], AbstractContextManager[Ends]]


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
    scenarios: Sequence[Scenario],
    faults: Sequence[Fault],
    bench: Bench,
    *,
    processes: int = 2,
    whole: bool = True,
) -> Matrix:
    """Play every scenario whole, and again with each fault that meets one of its messages.

    Without ``whole`` a fault is left out where it cannot kill anything new; those that claim to go first.
    """
    found = Matrix()
    with ProcessPoolExecutor(processes) as pool:
        jobs = [pool.submit(_play, scenario, faults, bench, whole) for scenario in scenarios]
        for job in jobs:
            for check, names in job.result().items():
                known = found.killed.setdefault(check, [])
                known.extend(name for name in names if name not in known)
    return found


def _play(
    scenario: Scenario, faults: Sequence[Fault], bench: Bench, whole: bool
) -> dict[Looked, list[str]]:
    with bench() as ends:
        (healthy,) = runner.run([scenario], ends)
        # By the names that faults know; a request to no method is called unknown.
        operations = [exchange.operation for exchange in healthy.exchanges]
        spoken = {operation.name if operation else "unknown" for operation in operations}
        killed: dict[Looked, list[str]] = {
            _looked(healthy, check.where, check.requirement): [] for check in healthy.checks
        }
        rows = {check.requirement for check in killed}
        for fault in faults if whole else sorted(faults, key=lambda one: rows.isdisjoint(one.breaks)):
            mine = [check for check in killed if _side(check.requirement) is fault.side]
            if not _meets(fault, spoken) or not (whole or any(not killed[check] for check in mine)):
                continue
            (result,) = runner.run([scenario], ends, faults=[fault])
            red = {_looked(result, c.where, c.requirement) for c in result.checks if c.problem}
            for check in red.intersection(mine):
                killed[check].append(fault.name)
    return killed


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
