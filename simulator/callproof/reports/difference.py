"""Two reports compared: what got worse and what got better, row by row and scenario by scenario.

What was looked at and is not any more got worse, whatever it was: nobody knows how it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from callproof.conformance.verdict import Outcome
from callproof.errors import Misuse
from callproof.reports.json_read import ReadCheck, ReadReport

# From good to bad; what is put up with by a baseline is as bad as it was.
ORDER = (Outcome.PASSED, Outcome.NOTED, Outcome.WARNED, Outcome.KNOWN, Outcome.FAILED)


@dataclass(frozen=True)
class Change:
    """One row or scenario that is not as it was; ``told`` is all but its name."""

    name: str
    told: str


@dataclass
class Difference:
    """``same`` counts rows and scenarios alike; ``unlike`` are sentences on what makes the reports differ
    beside the side."""

    worse: list[Change] = field(default_factory=list)
    better: list[Change] = field(default_factory=list)
    same: int = 0
    unlike: list[str] = field(default_factory=list)


def compare(old: ReadReport, new: ReadReport) -> Difference:
    """Raises Misuse for reports on different sides."""
    if old.target is not new.target:
        sides = [
            f"the {one.target.upper()}" if one.target else "both of callproof's own ends"
            for one in (old, new)
        ]
        raise Misuse(f"The old report is about {sides[0]}, the new one about {sides[1]}.")
    found = Difference(unlike=list(_unlike(old, new)))
    _rows(found, old, new)
    _scenarios(found, old, new)
    return found


def _unlike(old: ReadReport, new: ReadReport) -> Iterator[str]:
    if old.ruleset != new.ruleset:
        yield f"The rulesets differ: {old.ruleset}, then {new.ruleset}."
    if old.callproof != new.callproof:
        yield f"The versions of callproof differ: {old.callproof}, then {new.callproof}."
    if old.strict != new.strict:
        yield f"Only the {'old' if old.strict else 'new'} run was strict."
    for which, report in (("old", old), ("new", new)):
        if report.stopped:
            yield f"The {which} run was stopped: {report.stopped}"


def _rows(found: Difference, old: ReadReport, new: ReadReport) -> None:
    before = {row.id: row.outcome for row in old.requirements}
    after = {row.id: row.outcome for row in new.requirements}
    failed_before, fails = _failing(old), _failing(new)
    for row in dict.fromkeys([*before, *after]):
        # A row that failed and fails may fail elsewhere.
        fresh = {
            name: check
            for name, check in fails.get(row, {}).items()
            if name not in failed_before.get(row, {})
        }
        mended = [name for name in failed_before.get(row, {}) if name not in fails.get(row, {})]
        if _note(found, row, before.get(row), after.get(row), _where(fresh)):
            continue
        if fresh:
            found.worse.append(Change(row, f"fails as before, now also{_where(fresh)}"))
        elif mended and row in after:
            found.better.append(Change(row, f"fails in fewer scenarios, no longer in {_listed(mended)}"))
        else:
            found.same += 1


def _scenarios(found: Difference, old: ReadReport, new: ReadReport) -> None:
    before, after = ({one.id: one for one in report.scenarios} for report in (old, new))
    absent = {left.scenario: f" ({left.absent} is absent)" for left in new.left_out}
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name), after.get(name)
        why = absent.get(name, "") if now is None else ""
        if now is not None and now.broken and not (was and was.broken):
            why = f", broken off by {now.broken_by}: {now.broken}"
        old_outcome, new_outcome = (one.outcome if one else None for one in (was, now))
        if not _note(found, name, old_outcome, new_outcome, why):
            found.same += 1


def _note(found: Difference, name: str, was: Outcome | None, now: Outcome | None, why: str) -> bool:
    """Whether it is another than it was."""
    if was is now:
        return False
    if now is None:
        found.worse.append(Change(name, f"{was} -> not looked at{why}"))
    elif was is None:
        kind = found.worse if now is Outcome.FAILED else found.better
        kind.append(Change(name, f"not looked at -> {now}{why}"))
    elif ORDER.index(now) > ORDER.index(was):
        found.worse.append(Change(name, f"{was} -> {now}{why}"))
    else:
        found.better.append(Change(name, f"{was} -> {now}"))
    return True


def _failing(report: ReadReport) -> Mapping[str, dict[str, ReadCheck]]:
    """By row, the scenarios in which it fails, with the first check that does."""
    found: dict[str, dict[str, ReadCheck]] = {}
    for scenario in report.scenarios:
        for check in scenario.checks:
            if check.outcome is Outcome.FAILED:
                found.setdefault(check.requirement, {}).setdefault(scenario.id, check)
    return found


def _where(failing: Mapping[str, ReadCheck]) -> str:
    if not failing:
        return ""
    first = next(iter(failing.values()))
    return f" in {_listed([*failing])}: {first.told}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"
