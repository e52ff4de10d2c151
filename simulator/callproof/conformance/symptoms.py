"""What went wrong at one look, and what it has in common with others: the ground for saying that both have
one cause.

Two symptoms belong together that are about the same member of the same message, that break the same row at
the same member, or that miss the same thing. What is missing is explained by what is wrong in the same
scenario, where a row is about both.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from callproof.conformance.evidence import Seen
from callproof.conformance.exhibits import Exhibit, exhibits
from callproof.conformance.judge import WHOLE
from callproof.conformance.matching import member_of
from callproof.conformance.scenario import Verb
from callproof.conformance.verdict import Check, Near, Outcome, ScenarioResult, Verdict
from callproof.contract.requirements import all_requirements

# A message that differs in more than so many members was another one.
ALIKE = 2
# By what messages of one kind are told from each other.
_KNOWN_BY = {
    "pbx sends call-event": ("type", "phone", "callExternalId"),
    "pbx sends cdr": ("phone", "externalId"),
    "crm keeps cards": ("callExternalId", "userId"),
    "crm keeps calls": ("externalId",),
    "pbx keeps calls": ("id",),
}
_COUNTED = re.compile(r"expected .+, found \d+")
_UPLOAD, _CDR, _ELEMENT = "pbx sends calls-upload", "pbx sends cdr", "[]."


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
                yield "missing", self.subject, row, where
            for ref in self.refs if member else ():
                number = self.exhibits[ref].number if ref in self.exhibits else ref
                yield "message", where, number, member
        if not self.members and self.check.looked is None:
            yield "said", all_requirements()[row].side, self.check.problem

    @property
    def _unlike(self) -> tuple[str, ...]:
        looked = self.check.looked
        return tuple(map(member_of, looked.near[0].differs)) if looked and looked.near else ()


@dataclass(frozen=True)
class _Scene:
    """A scenario with its messages by their entries in the journals.

    ``claimed`` are those that a step looked for and found, by number, with the members that it knew
    them by.
    """

    scenario: ScenarioResult
    exhibits: Mapping[str, Exhibit]
    claimed: Mapping[int, set[str]]

    def near(self, check: Check) -> tuple[Near, ...]:
        """What could be the missing one gone wrong."""
        near = check.looked.near if check.looked and _is_short(check) else ()
        alike = (one for one in near if len(one.differs) <= ALIKE and not _is_other(check.what, one))
        return tuple(one for one in alike if not self._is_claimed(one))

    def subject(self, check: Check) -> str:
        """What it is about, as scenarios name it, also of a message that was judged by itself."""
        if check.subject or check.looked:
            return check.subject or check.what
        seen = next((self.exhibits[ref].exchange for ref in check.exchanges if ref in self.exhibits), None)
        if seen is None:
            return check.what
        side = all_requirements()[check.requirement].side
        operation = seen.operation or seen.instead
        name = operation.name if operation else seen.path
        return f"{side} {'sends' if seen.asked_by is side else 'answers'} {name}"

    def _is_claimed(self, near: Near) -> bool:
        """Whether it is as it should be in all that keeps it from being meant here."""
        shown = self.exhibits.get(near.ref)
        by = self.claimed.get(shown.number, set()) if shown else set()
        return bool(by) and all(member_of(differs).partition(".")[0] in by for differs in near.differs)


def symptoms(verdict: Verdict) -> list[Symptom]:
    """Every check that did not hold, once."""
    ever = _ever(verdict.scenarios)
    found: list[Symptom] = []
    for scenario in verdict.scenarios:
        wrong = dict.fromkeys(check for check in scenario.checks if check.problem)
        if not wrong:
            continue
        scene = _scene(scenario)
        for check in wrong:
            found.append(_symptom(scene, check, len(found), verdict.outcome(check), ever))
    return found


def broken_text(scenario: ScenarioResult) -> str:
    """Why it broke off, without its own place."""
    return re.sub(rf"^{re.escape(scenario.file)}:\d+: ", "", scenario.broken)


def _symptom(scene: _Scene, check: Check, place: int, outcome: Outcome, ever: set[str]) -> Symptom:
    near, subject = scene.near(check), scene.subject(check)
    members = tuple(map(member_of, near[0].differs)) if near else check.members
    if Verb.ANSWERS in subject.split():
        members = tuple(member or WHOLE for member in members)
    if subject == _UPLOAD and members and all(member.startswith(_ELEMENT) for member in members):
        subject, members = _CDR, tuple(member.removeprefix(_ELEMENT) for member in members)
    absent = _is_short(check) and not near
    return Symptom(
        place,
        scene.scenario,
        check,
        outcome,
        subject,
        members,
        near,
        absent=absent,
        never=absent and subject not in ever,
        exhibits=scene.exhibits,
    )


def _scene(scenario: ScenarioResult) -> _Scene:
    shown = {ref: exhibit for exhibit in exhibits(scenario.exchanges) for ref in exhibit.refs}
    claimed: dict[int, set[str]] = {}
    for check in scenario.checks:
        looked = check.looked
        for ref in check.exchanges if looked and looked.least and not check.problem else ():
            if looked and ref in shown:
                claimed.setdefault(shown[ref].number, set()).update(looked.by)
    return _Scene(scenario, shown, claimed)


def _is_short(check: Check) -> bool:
    """Whether it is about there being too few alone."""
    return check.looked is not None and check.looked.too_few and not check.members


def _is_other(subject: str, near: Near) -> bool:
    """Whether it is about another call, or another moment of it: a beginning is no wrong end."""
    told = [member_of(differs) for differs in near.differs if "missing" not in differs]
    # What differs as a whole is an answer of another form, and otherwise another thing.
    whole = "" in told and Verb.ANSWERS not in subject.split()
    return whole or any(member in _KNOWN_BY.get(subject, ()) for member in told)


def _ever(scenarios: Iterable[ScenarioResult]) -> set[str]:
    """What was there at all, at some time."""
    every = (check for scenario in scenarios for check in scenario.checks)
    return {check.what for check in every if check.looked and check.looked.there}
