"""Which checks a broken implementation turns red: a check that none does is no check.

A check is one row at one step of a scenario, or one row that is judged in every message.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial

from callproof.conformance import runner
from callproof.conformance.scenario import Scenario
from callproof.conformance.verdict import ScenarioResult
from callproof.contract.operations import Side
from callproof.contract.requirements import all_requirements
from callproof.control.client import Ends
from callproof.errors import OutOfReach
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

    def add(self, killed: Mapping[Looked, Sequence[str]]) -> None:
        for check, names in killed.items():
            known = self.killed.setdefault(check, [])
            known.extend(name for name in names if name not in known)

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
        play = partial(_play, faults=faults, bench=bench, whole=whole)
        for killed in pool.map(play, scenarios):
            found.add(killed)
        # What is judged in every message stands in many scenarios and has to be killed in one of them.
        late = {check.requirement for check in found.survivors if check.where == EVERY_MESSAGE}
        if late and not whole:
            for killed in pool.map(partial(play, also=frozenset(late)), scenarios):
                found.add(killed)
    return found


def _play(
    scenario: Scenario,
    *,
    faults: Sequence[Fault],
    bench: Bench,
    whole: bool,
    also: frozenset[str] | None = None,
) -> dict[Looked, list[str]]:
    """Without ``whole`` a fault is played where it may be the first to kill a check: of a step, or with
    ``also`` of these rows in every message.
    """
    with bench() as ends:
        (healthy,) = runner.run([scenario], ends)
        # By the names that faults know; a request to no method is called unknown.
        operations = [exchange.operation for exchange in healthy.exchanges]
        spoken = {operation.name if operation else "unknown" for operation in operations}
        killed: dict[Looked, list[str]] = {
            _looked(healthy, check.where, check.requirement): [] for check in healthy.checks
        }

        def wanted(fault: Fault) -> set[str]:
            """Rows of the fault's side that it might be the first to kill a check of."""
            return {
                check.requirement
                for check, names in killed.items()
                if not names
                and _side(check.requirement) is fault.side
                and (check.where != EVERY_MESSAGE if also is None else check.requirement in also)
            }

        def spoil(fault: Fault) -> None:
            try:
                (result,) = runner.run([scenario], ends, faults=[fault])
            except OutOfReach as error:
                raise OutOfReach(f"{scenario.id} with {fault.name}: {error}") from error
            for check in result.checks:
                names = killed.get(_looked(result, check.where, check.requirement))
                mine = _side(check.requirement) is fault.side
                if check.problem and mine and names is not None and fault.name not in names:
                    names.append(fault.name)

        met = [fault for fault in faults if _meets(fault, spoken)]
        claimed = [] if whole else [fault for fault in met if not wanted(fault).isdisjoint(fault.breaks)]
        for fault in claimed:
            if not wanted(fault).isdisjoint(fault.breaks):
                spoil(fault)
        for fault in met:
            if whole or (wanted(fault) and fault not in claimed):
                spoil(fault)
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
