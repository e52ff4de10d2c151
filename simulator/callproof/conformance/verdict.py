"""From single checks to a verdict: by requirement, by scenario and over all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from callproof.conformance.evidence import Seen
from callproof.contract.operations import Side
from callproof.contract.requirements import RULESET, Evidence, Requirement, Severity, all_requirements


class Outcome(StrEnum):
    """What a row, or one check of it, came to."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    NOTED = "noted"
    KNOWN = "known"


_OF_SEVERITY = {
    Severity.FAIL: Outcome.FAILED,
    Severity.WARN: Outcome.WARNED,
    Severity.NOTE: Outcome.NOTED,
}


@dataclass(frozen=True)
class Check:
    """One look at one requirement. ``where`` is file:line; ``problem`` is empty when it held.

    ``forgiven`` marks a form that the CRM may accept: it warns at most, unless the run is strict.
    A failure that is ``known`` from a baseline does not count. ``exchanges`` are the ones that were looked
    at, by their ``ref``. ``evidence`` is that of this demand, if it is weaker than the row's.
    """

    requirement: str
    what: str
    where: str
    problem: str = ""
    forgiven: bool = False
    known: bool = False
    exchanges: tuple[str, ...] = ()
    evidence: Evidence | None = None

    def outcome(self, *, strict: bool = False) -> Outcome:
        """What this check counts for, by the severity of its row."""
        if not self.problem:
            return Outcome.PASSED
        row = all_requirements()[self.requirement]
        severity = row.severity(strict=strict)
        if self.evidence:
            severity = min(severity, replace(row, evidence=self.evidence).severity(strict=strict))
        if self.forgiven and not strict:
            severity = min(severity, Severity.WARN)
        return Outcome.KNOWN if self.known else _OF_SEVERITY[severity]


@dataclass
class ScenarioResult:
    """``broken`` says why the scenario itself could not be played to its end, if so.

    ``known`` says that a baseline puts up with that. ``exchanges`` are everything that both journals have
    of it.
    """

    id: str
    title: str
    file: str
    checks: list[Check] = field(default_factory=list)
    broken: str = ""
    known: bool = False
    rule: str = ""
    exchanges: list[Seen] = field(default_factory=list)


@dataclass(frozen=True)
class RequirementResult:
    requirement: Requirement
    outcome: Outcome
    passed: int
    problems: tuple[tuple[str, Check], ...]


@dataclass
class Verdict:
    """Everything that a report says. ``conformant`` decides the exit code.

    ``target`` is the side under test, None when both ends are callproof's own. ``left_out`` are scenarios
    with what the side declares that it does not have, ``created`` what the run made at an outside CRM,
    ``stale`` the entries of a baseline that nothing fails for any more.
    """

    scenarios: list[ScenarioResult]
    seed: int
    strict: bool
    ruleset: str = RULESET
    target: Side | None = None
    left_out: Sequence[tuple[str, str]] = ()
    created: Sequence[str] = ()
    stale: Sequence[str] = ()

    def outcome(self, check: Check) -> Outcome:
        return check.outcome(strict=self.strict)

    @property
    def requirements(self) -> list[RequirementResult]:
        """Every row that some check looked at, in the order of the chapters."""
        found = [self._result(row) for row in all_requirements().values()]
        return [result for result in found if result is not None]

    @property
    def untested(self) -> list[Requirement]:
        """Rows that nothing in this run looked at and that are not excluded for good."""
        seen = {check.requirement for scenario in self.scenarios for check in scenario.checks}
        return [
            row
            for row in all_requirements().values()
            if row.id not in seen and not row.excluded and self.target in (None, row.side)
        ]

    @property
    def broken(self) -> list[ScenarioResult]:
        return [scenario for scenario in self.scenarios if scenario.broken]

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many requirements came to what; ``known`` is named only where there is a baseline."""
        counts: dict[Outcome, int] = {outcome: 0 for outcome in Outcome if outcome is not Outcome.KNOWN}
        for result in self.requirements:
            counts[result.outcome] = counts.get(result.outcome, 0) + 1
        return counts

    @property
    def failed(self) -> list[ScenarioResult]:
        return [found for found in self.scenarios if self.outcome_of(found) is Outcome.FAILED]

    @property
    def conformant(self) -> bool:
        outcomes = (self.outcome(check) for scenario in self.scenarios for check in scenario.checks)
        unknown = [scenario for scenario in self.broken if not scenario.known]
        return not unknown and not self.stale and Outcome.FAILED not in set(outcomes)

    def outcome_of(self, scenario: ScenarioResult) -> Outcome:
        if scenario.broken:
            return Outcome.KNOWN if scenario.known else Outcome.FAILED
        return worst(self.outcome(check) for check in scenario.checks)

    def _result(self, row: Requirement) -> RequirementResult | None:
        checks = [
            (scenario.id, check)
            for scenario in self.scenarios
            for check in scenario.checks
            if check.requirement == row.id
        ]
        if not checks:
            return None
        problems = tuple(pair for pair in checks if pair[1].problem)
        outcome = worst(self.outcome(check) for _, check in checks)
        return RequirementResult(row, outcome, len(checks) - len(problems), problems)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The gravest of several; PASSED when there is none."""
    order = (Outcome.FAILED, Outcome.KNOWN, Outcome.WARNED, Outcome.NOTED)
    found = set(outcomes)
    return next((outcome for outcome in order if outcome in found), Outcome.PASSED)
