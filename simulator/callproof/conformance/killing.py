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


@dataclass(frozen=True)
class _Played:
    """A scenario with its checks and what turned them red; ``spoken`` are the methods of its messages."""

    scenario: Scenario
    spoken: frozenset[str]
    killed: dict[Looked, list[str]]

    def meets(self, fault: Fault) -> bool:
        return any(fault.is_about(name) for name in self.spoken)

    def spoil(self, fault: Fault, ends: Ends) -> None:
        """Play it with the fault, and note which checks of the fault's side that turns red."""
        try:
            (result,) = runner.run([self.scenario], ends, faults=[fault])
        except OutOfReach as error:
            raise OutOfReach(f"{self.scenario.id} with {fault.name}: {error}") from error
        for check in result.checks:
            names = self.killed.get(_looked(result, check.where, check.requirement))
            mine = _side(check.requirement) is fault.side
            if check.problem and mine and names is not None and fault.name not in names:
                names.append(fault.name)


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
        played = list(pool.map(partial(_play, faults=faults, bench=bench, whole=whole), scenarios))
        for one in played:
            found.add(one.killed)
        # What is judged in every message stands in many scenarios and has to be killed in one of them.
        late = [] if whole else [check for check in found.survivors if check.where == EVERY_MESSAGE]
        for killed in pool.map(partial(_kill, played=played, faults=faults, bench=bench), late):
            found.add(killed)
    return found


def _play(scenario: Scenario, *, faults: Sequence[Fault], bench: Bench, whole: bool) -> _Played:
    """Without ``whole`` a fault is played where it may be the first to kill a check of a step."""
    with bench() as ends:
        (healthy,) = runner.run([scenario], ends)
        # By the names that faults know; a request to no method is called unknown.
        operations = [exchange.operation for exchange in healthy.exchanges]
        spoken = frozenset(operation.name if operation else "unknown" for operation in operations)
        checks = [_looked(healthy, check.where, check.requirement) for check in healthy.checks]
        played = _Played(scenario, spoken, {check: [] for check in checks})

        def wanted(fault: Fault) -> set[str]:
            """Rows of the fault's side that it might be the first to kill a check of."""
            return {
                check.requirement
                for check, names in played.killed.items()
                if not names and _side(check.requirement) is fault.side and check.where != EVERY_MESSAGE
            }

        met = [fault for fault in faults if played.meets(fault)]
        claimed = [] if whole else [fault for fault in met if not wanted(fault).isdisjoint(fault.breaks)]
        for fault in claimed:
            if not wanted(fault).isdisjoint(fault.breaks):
                played.spoil(fault, ends)
        for fault in met:
            if whole or (wanted(fault) and fault not in claimed):
                played.spoil(fault, ends)
    return played


def _kill(
    check: Looked, *, played: Sequence[_Played], faults: Sequence[Fault], bench: Bench
) -> dict[Looked, list[str]]:
    """Play what has this check with the faults that may kill it, until one does."""
    row = check.requirement
    mine = sorted((one for one in faults if one.side is _side(row)), key=lambda one: row not in one.breaks)
    looking = [one for one in played if check in one.killed]
    tries = [(fault, one) for fault in mine for one in looking if one.meets(fault)]
    if not tries:
        return {}
    with bench() as ends:
        for fault, one in tries:
            one.spoil(fault, ends)
            if one.killed[check]:
                return {check: one.killed[check]}
    return {}


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
