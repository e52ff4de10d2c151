"""From single checks to a verdict: by requirement, by scenario and over all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from msgspec import Struct, structs

from callproof.conformance.evidence import Seen
from callproof.conformance.timing import Timed
from callproof.contract.operations import Side
from callproof.contract.requirements import RULESET, Evidence, Requirement, Severity, all_requirements
from callproof.errors import UnknownName


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


class Whose(StrEnum):
    """Whose doing it is that a scenario could not be played to its end."""

    # Ours, or that of whoever ended the run: no verdict on anybody.
    BENCH = "bench"
    # The file that says how to reach and poke the side under test, or the scenario.
    CONFIGURATION = "configuration"
    SIDE = "side"


class Near(Struct, frozen=True):
    """What could have been meant: its entry in a journal, "" for what an end keeps, and what differs."""

    ref: str
    differs: tuple[str, ...]


class Looked(Struct, frozen=True):
    """How a step of a scenario looked for something.

    ``wanted`` is what was to match, in words, and ``by`` at which members; ``times`` how often, ``least``
    how often at least, ``found`` how often it did until ``at``, in seconds of the ends' clock. ``near`` are
    others that came, the most alike first, and ``there`` says that there were any at all.
    """

    wanted: str
    times: str
    least: int
    found: int
    at: float
    near: tuple[Near, ...] = ()
    there: bool = True
    by: tuple[str, ...] = ()

    @property
    def too_few(self) -> bool:
        return self.found < self.least


class Check(Struct, frozen=True):
    """One look at one requirement. ``where`` is file:line; ``problem`` is empty when it held.

    ``forgiven`` marks a form that the CRM may accept: it warns at most, unless the run is strict.
    A failure that is ``known`` from a baseline does not count. ``exchanges`` are the ones that were looked
    at, by their ``ref``. What ``breaks`` answers for a scenario that the side broke off. ``evidence`` is
    that of this demand, if it is weaker than the row's, and ``because`` why no more is known. ``members``
    are the places in the message that differ, as paths such as ``phones[].number``, ``remedy`` is what to
    do about just that, if more is known than the row says, and ``looked`` is how a step looked.
    ``subject`` is what it is about, as scenarios name it, where neither ``what`` nor a message says so, and
    ``case`` which of the things that the row speaks of.
    """

    requirement: str
    what: str
    where: str
    problem: str = ""
    forgiven: bool = False
    known: bool = False
    exchanges: tuple[str, ...] = ()
    breaks: bool = False
    evidence: Evidence | None = None
    members: tuple[str, ...] = ()
    remedy: str = ""
    looked: Looked | None = None
    subject: str = ""
    because: str = ""
    case: str = ""

    @property
    def lessened(self) -> str:
        """Why it counts for less than its row, "" where it does not."""
        row = all_requirements()[self.requirement]
        if self.evidence and replace(row, evidence=self.evidence).severity() < row.severity():
            rests = f"what is demanded here rests on less ({self.evidence}) than the row ({row.evidence})"
            return f"{self.because} ({self.evidence})" if self.because else rests
        return "the CRM may accept this form" if self.forgiven else ""

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


def retold(check: Check, change: Callable[[str], str]) -> Check:
    """The check with every text that may hold what was sent changed."""
    looked = check.looked
    if looked:
        near = tuple(structs.replace(one, differs=tuple(map(change, one.differs))) for one in looked.near)
        looked = structs.replace(looked, wanted=change(looked.wanted), near=near)
    return structs.replace(
        check,
        what=change(check.what),
        problem=change(check.problem),
        members=tuple(map(change, check.members)),
        remedy=change(check.remedy),
        looked=looked,
    )


@dataclass
class ScenarioResult:
    """``broken`` says why the scenario itself could not be played to its end, if so, ``by`` whose doing
    that is, and ``undecided`` at which rows it was therefore not looked.

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
    by: Whose = Whose.SIDE
    undecided: Sequence[str] = ()
    timed: Timed = field(default_factory=Timed)

    @property
    def by_row(self) -> dict[str, list[Check]]:
        """Its checks by what they looked at, in the order of the ids."""
        found: dict[str, list[Check]] = {}
        for check in sorted(self.checks, key=lambda check: check.requirement):
            found.setdefault(check.requirement, []).append(check)
        return found


@dataclass(frozen=True)
class RequirementResult:
    """One row: so many checks of it ``held``, and each of the ``problems`` is a scenario's id and the check
    that did not."""

    requirement: Requirement
    outcome: Outcome
    held: int
    problems: tuple[tuple[str, Check], ...]

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASSED


@dataclass
class Verdict:
    """Everything that a report says. ``conformant`` decides the exit code.

    ``target`` is the side under test, None when both ends are callproof's own. ``left_out`` are scenarios
    with what the side does not have, ``created`` what the run made at an outside CRM,
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
    # Why the run ended before it was over, and how many percent of the rows it is to look at.
    stopped: str = ""
    # Whether the side under test ended by itself, which ended the run.
    crashed: bool = False
    at_least: float = 0.0

    def outcome(self, check: Check) -> Outcome:
        return check.outcome(strict=self.strict)

    @property
    def requirements(self) -> list[RequirementResult]:
        """Every row that some check looked at, in the order of the chapters."""
        checks: dict[str, list[tuple[str, Check]]] = {}
        for scenario in self.scenarios:
            for check in scenario.checks:
                checks.setdefault(check.requirement, []).append((scenario.id, check))
        rows = all_requirements().values()
        return [self._result(row, checks[row.id]) for row in rows if row.id in checks]

    def row(self, requirement: str) -> RequirementResult:
        """What came of one row, as in ``PBX-EVENT-04``. Raises UnknownName when there is no such row, or
        nothing looked at it."""
        found = next((row for row in self.requirements if row.requirement.id == requirement), None)
        if found is None:
            known = requirement in all_requirements()
            why = "Nothing looked at" if known else "There is no requirement"
            raise UnknownName(f"{why} {requirement!r}")
        return found

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
        return not (self.red or self.misconfigured or self.stopped or self.too_few)

    @property
    def red(self) -> bool:
        """Whether a row failed, a scenario that the side broke off did, or the baseline is out of date."""
        checks = (check for scenario in self.scenarios for check in scenario.checks)
        failed = any(self.outcome(check) is Outcome.FAILED for check in checks)
        by_side = (found for found in self.broken if found.by is Whose.SIDE)
        broke = any(self.outcome_of(found) is Outcome.FAILED for found in by_side)
        return failed or broke or bool(self.stale or self.undecided)

    @property
    def undecided(self) -> list[str]:
        """Rows that can fail and that nothing looked at, because a side broke the scenarios off."""
        seen = {check.requirement for scenario in self.scenarios for check in scenario.checks}
        broken = (found for found in self.broken if found.by is Whose.SIDE and not found.known)
        rows = dict.fromkeys(row for found in broken for row in found.undecided if row not in seen)
        severity = {row: all_requirements()[row].severity(strict=self.strict) for row in rows}
        return [row for row in rows if severity[row] is Severity.FAIL]

    @property
    def misconfigured(self) -> list[ScenarioResult]:
        """What could not be played because a file says something wrong."""
        return [found for found in self.broken if found.by is Whose.CONFIGURATION and not found.known]

    @property
    def words(self) -> str:
        """The verdict in two words. It is none where a file kept scenarios from being played."""
        if (self.stopped and not self.crashed) or (self.misconfigured and not self.red):
            return "No verdict"
        return "Conformant" if self.conformant else "Not conformant"

    @property
    def decided(self) -> tuple[int, int]:
        """How many rows of whoever is judged were looked at, and how many there are to look at."""
        checks = (check for scenario in self.scenarios for check in scenario.checks)
        looked_at = {check.requirement for check in checks if not check.breaks}
        rows = [row for row in all_requirements().values() if self.target in (None, row.side)]
        seen = [row for row in rows if row.id in looked_at]
        return len(seen), len([row for row in rows if row.id in looked_at or not row.excluded])

    @property
    def too_few(self) -> str:
        """A sentence when fewer rows were looked at than there were to be."""
        seen, every = self.decided
        if not self.at_least or seen * 100 >= self.at_least * every:
            return ""
        whose = f"the {self.target.upper()}'s" if self.target else "all"
        return (
            f"{seen} of {whose} {every} rows were looked at, {seen * 100 // max(every, 1)} %; "
            f"at least {self.at_least:g} % were to be"
        )

    def outcome_of(self, scenario: ScenarioResult) -> Outcome:
        found = worst(self.outcome(check) for check in scenario.checks)
        if not scenario.broken or found is Outcome.FAILED:
            return found
        if scenario.known:
            return Outcome.KNOWN
        # What answers for it counts by its own grade.
        graded = any(check.breaks and check.problem for check in scenario.checks)
        return found if scenario.by is Whose.SIDE and graded else Outcome.FAILED

    def cause(self, scenario: ScenarioResult) -> str:
        """Whose doing it is that the scenario broke off, in words, with the rows that answer for it."""
        if scenario.by is not Whose.SIDE:
            return "callproof" if scenario.by is Whose.BENCH else "the configuration"
        problems = [check for check in scenario.checks if check.problem]
        gravest = worst(self.outcome(check) for check in problems)
        rows = dict.fromkeys(c.requirement for c in problems if self.outcome(c) is gravest)
        whose = f"the {self.target.upper()}" if self.target else "a side"
        return f"{whose}, by {', '.join(rows)}" if rows else whose

    def _result(self, row: Requirement, checks: Sequence[tuple[str, Check]]) -> RequirementResult:
        problems = tuple(pair for pair in checks if pair[1].problem)
        outcome = worst(self.outcome(check) for _, check in checks)
        return RequirementResult(row, outcome, len(checks) - len(problems), problems)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The gravest of several; PASSED when there is none."""
    order = (Outcome.FAILED, Outcome.KNOWN, Outcome.WARNED, Outcome.NOTED)
    found = set(outcomes)
    return next((outcome for outcome in order if outcome in found), Outcome.PASSED)
