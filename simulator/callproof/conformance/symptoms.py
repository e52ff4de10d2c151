"""What went wrong at one look, and what it has in common with others: the ground for saying that both have
one cause.

Two symptoms belong together that are about the same member of the same message, that break the same row at
the same member, or that miss the same thing. What is missing is explained by what is wrong in the same
scenario, where a row is about both.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from callproof.conformance.evidence import Seen
from callproof.conformance.exhibits import Exhibit, exhibits
from callproof.conformance.matching import member_of
from callproof.conformance.verdict import Check, Near, Outcome, ScenarioResult, Verdict
from callproof.contract.operations import Side
from callproof.contract.requirements import all_requirements

# A message that differs in more than so many members was another one.
ALIKE = 2
_COUNTED = re.compile(r"expected .+, found \d+")
_EVENT, _UPLOAD, _CDR, _ELEMENT = "pbx sends call-event", "pbx sends calls-upload", "pbx sends cdr", "[]."


@dataclass(frozen=True)
class Symptom:
    """One check that did not hold, in the order of the story.

    ``near`` are the messages that nothing else was about, ``absent`` says that one did not come, ``never``
    that none of its kind did in the whole run.
    """

    place: int
    scenario: ScenarioResult
    check: Check
    outcome: Outcome
    subject: str
    members: tuple[str, ...]
    near: tuple[Near, ...]
    absent: bool
    never: bool
    exhibits: Mapping[str, Exhibit]

    @property
    def counted(self) -> bool:
        """Whether it is about how many there were alone."""
        return (
            self.check.looked is not None
            and not self.members
            and _COUNTED.match(self.check.problem) is not None
        )

    @property
    def refs(self) -> tuple[str, ...]:
        return tuple(one.ref for one in self.near[:1] if one.ref) or self.check.exchanges

    @property
    def seen(self) -> Seen | None:
        """The message that shows it."""
        shown = (self.exhibits[ref].exchange for ref in self.refs if ref in self.exhibits)
        return next(shown, None)

    @property
    def keys(self) -> Iterator[tuple[object, ...]]:
        """What it shares with others of the same cause."""
        row, where = self.check.requirement, self.scenario.id
        if self.check.breaks and not self.members:
            yield "broken", broken_text(self.scenario)
            return
        if self.absent:
            yield "absent", row
            yield ("never", self.subject) if self.never else ("absent", where, self.subject, self._unlike)
            return
        for member in self.members or ("",):
            yield "row", row, member
            if "missing" in self.check.problem and member:
                yield "missing", self.subject, member
            for ref in self.refs if member else ():
                number = self.exhibits[ref].number if ref in self.exhibits else ref
                yield "message", where, number, member
        if not self.members and self.check.looked is None:
            yield "said", all_requirements()[row].side, self.check.problem

    @property
    def _unlike(self) -> tuple[str, ...]:
        looked = self.check.looked
        return tuple(map(member_of, looked.near[0].differs)) if looked and looked.near else ()


def symptoms(verdict: Verdict) -> list[Symptom]:
    """Every check that did not hold, once."""
    ever = _ever(verdict.scenarios)
    found: list[Symptom] = []
    for scenario in verdict.scenarios:
        wrong = [check for check in scenario.checks if check.problem]
        shown = _by_ref(scenario) if wrong else {}
        claimed = _claimed(scenario.checks, shown)
        for check in dict.fromkeys(wrong):
            found.append(_symptom(len(found), scenario, check, verdict, shown, claimed, ever))
    return found


def broken_text(scenario: ScenarioResult) -> str:
    """Why it broke off, without its own place."""
    return re.sub(rf"^{re.escape(scenario.file)}:\d+: ", "", scenario.broken)


def _symptom(
    place: int,
    scenario: ScenarioResult,
    check: Check,
    verdict: Verdict,
    shown: Mapping[str, Exhibit],
    claimed: Mapping[int, set[str]],
    ever: set[str],
) -> Symptom:
    looked = check.looked
    missed = looked is not None and looked.too_few and not check.members
    near: tuple[Near, ...] = ()
    if looked and missed:
        near = tuple(one for one in looked.near if not _is_claimed(one, shown, claimed))
        near = tuple(one for one in near if len(one.differs) <= ALIKE and not _is_other(check.what, one))
    subject = check.subject or (check.what if looked else _subject(check, shown))
    members = tuple(map(member_of, near[0].differs)) if near else check.members
    if subject == _UPLOAD and all(member.startswith(_ELEMENT) for member in members):
        subject, members = _CDR, tuple(member.removeprefix(_ELEMENT) for member in members)
    return Symptom(
        place,
        scenario,
        check,
        verdict.outcome(check),
        subject,
        members,
        near,
        absent=missed and not near,
        never=missed and not near and subject not in ever,
        exhibits=shown,
    )


def _is_other(subject: str, near: Near) -> bool:
    """A beginning of a call is no wrong end of it."""
    return subject == _EVENT and "type" in map(member_of, near.differs)


def _ever(scenarios: Iterable[ScenarioResult]) -> set[str]:
    """What was there at all, at some time."""
    every = (check for scenario in scenarios for check in scenario.checks)
    return {check.what for check in every if check.looked and check.looked.there}


def _by_ref(scenario: ScenarioResult) -> dict[str, Exhibit]:
    return {ref: exhibit for exhibit in exhibits(scenario.exchanges) for ref in exhibit.refs}


def _claimed(checks: Sequence[Check], shown: Mapping[str, Exhibit]) -> dict[int, set[str]]:
    """The messages that a step looked for and found, each with the members that it knew it by."""
    found: dict[int, set[str]] = {}
    for check in checks:
        if check.looked and check.looked.least and not check.problem:
            for ref in check.exchanges:
                if ref in shown:
                    found.setdefault(shown[ref].number, set()).update(check.looked.by)
    return found


def _is_claimed(near: Near, shown: Mapping[str, Exhibit], claimed: Mapping[int, set[str]]) -> bool:
    """Whether it is as it should be in all that keeps it from being meant here."""
    by = claimed.get(shown[near.ref].number, set()) if near.ref in shown else set()
    return bool(by) and all(member_of(differs).partition(".")[0] in by for differs in near.differs)


def _subject(check: Check, shown: Mapping[str, Exhibit]) -> str:
    """What a message is that was judged by itself, as scenarios name it."""
    seen = next((shown[ref].exchange for ref in check.exchanges if ref in shown), None)
    if seen is None:
        return check.what
    side = all_requirements()[check.requirement].side
    operation = seen.operation or seen.instead
    name = operation.name if operation else seen.path
    return f"{Side(side)} {'sends' if seen.asked_by is side else 'answers'} {name}"
