"""The findings of a verdict: one for each root cause, the worst first.

A finding gathers every check that did not hold for the same reason, the scenarios that broke off because of
it and the rows that were left undecided, and says what to do. What a configuration says wrongly is one too.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from callproof.conformance.evidence import Seen
from callproof.conformance.headlines import LONGEST, headline, of_configuration
from callproof.conformance.remedies import LOOK_AT_BENCH, MEND_FILE, remedy
from callproof.conformance.scenario import CDR
from callproof.conformance.symptoms import Symptom, broken_text, symptoms
from callproof.conformance.verdict import Near, Outcome, ScenarioResult, Verdict, Whose, worst
from callproof.conformance.wording import bounded, parts_of, sentence
from callproof.contract.jsontypes import reached
from callproof.contract.requirements import Requirement, all_requirements

GRAVEST = (Outcome.FAILED, Outcome.WARNED, Outcome.NOTED, Outcome.KNOWN, Outcome.PASSED)
# How many different problems of one cause are told, and messages that came instead of a missing one.
MOST_PROBLEMS = 3
MOST_NEAR = 3
# What shows it where nothing of the kind came: the message after which it was to be there.
_BEFORE = {
    "crm keeps cards": "call-event",
    "crm keeps calls": "calls-upload",
    "crm keeps initiations": "make-call",
    "pbx keeps calls": "make-call",
}


@dataclass(frozen=True)
class Touched:
    """A row that did not hold, and what that counts for."""

    row: Requirement
    outcome: Outcome


@dataclass(frozen=True)
class RootCause:
    """One root cause. ``rows`` are what it touches, the one that it is about first; there is none where a
    file keeps scenarios from being played.

    ``problems`` are what was seen, in the words of the checks; of what is missing ``missed`` says how often
    it came, and ``near`` what came instead. ``scenarios`` are where it happened, ``where`` is the file:line
    of the first, and ``exchange`` the message there that shows it, or, where it ``came``, a right one of
    which there were too few. ``broke`` are the scenarios that it ended, and ``undecided`` the rows that
    nobody looked at because of that. ``times`` counts the checks that did not hold. ``because`` says why it
    counts for less than its row does.
    """

    headline: str
    outcome: Outcome
    remedy: str
    rows: Sequence[Touched] = ()
    problems: Sequence[str] = ()
    missed: str = ""
    near: Sequence[str] = ()
    scenarios: Sequence[str] = ()
    where: str = ""
    exchange: Seen | None = None
    came: bool = False
    broke: Sequence[str] = ()
    undecided: Sequence[str] = ()
    times: int = 0
    because: str = ""

    @property
    def row(self) -> Requirement | None:
        """The one that it is about."""
        return self.rows[0].row if self.rows else None

    def touches(self, scenario: str, row: str) -> bool:
        """Whether it is what this row missed in this scenario."""
        return scenario in self.scenarios and any(touched.row.id == row for touched in self.rows)

    @property
    def elsewhere(self) -> int:
        """In how many other scenarios it happened."""
        return max(len(self.scenarios) - 1, 0)


@dataclass
class _Cause:
    """Symptoms of one cause, and what they broke off."""

    symptoms: list[Symptom] = field(default_factory=list)
    broke: list[ScenarioResult] = field(default_factory=list)


def findings(verdict: Verdict) -> list[RootCause]:
    """The worst first; of those that are as bad the one that touches most, then the earliest."""
    causes = _grouped(symptoms(verdict))
    alone = _attached(verdict, causes)
    found = [_finding(cause, verdict) for cause in causes]
    found += [_unplayable(text, results, verdict) for text, results in alone.items()]
    order = {scenario.id: place for place, scenario in enumerate(verdict.scenarios)}
    return sorted(found, key=lambda one: _weight(one, order))


def _weight(found: RootCause, order: dict[str, int]) -> tuple[int, ...]:
    grave = sum(touched.outcome is found.outcome for touched in found.rows) + len(found.undecided)
    earliest = min((order[scenario] for scenario in found.scenarios), default=0)
    much = (grave, len(found.rows), len(found.scenarios), found.times)
    return GRAVEST.index(found.outcome), *(-number for number in much), earliest


def _grouped(every: Sequence[Symptom]) -> list[_Cause]:
    """Those that share a key, directly or through others, in the order of their first."""
    parent = list(range(len(every)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    def join(one: int, other: int) -> None:
        first, second = sorted((root(one), root(other)))
        parent[second] = first

    holders: dict[tuple[object, ...], int] = {}
    for symptom in every:
        for key in symptom.keys:
            join(symptom.place, holders.setdefault(key, symptom.place))
    for missing, shown in _explained(every):
        join(missing.place, shown.place)
    causes: dict[int, _Cause] = {}
    for symptom in every:
        causes.setdefault(root(symptom.place), _Cause()).symptoms.append(symptom)
    return list(causes.values())


def _explained(every: Sequence[Symptom]) -> Iterable[tuple[Symptom, Symptom]]:
    """What is missing, or too much, where something else is wrong that the same row is about."""
    shown: dict[tuple[str, str], Symptom] = {}
    for symptom in every:
        if not symptom.counted and not symptom.check.breaks:
            shown.setdefault((symptom.scenario.id, symptom.check.requirement), symptom)
    for symptom in every:
        found = shown.get((symptom.scenario.id, symptom.check.requirement)) if symptom.counted else None
        if found:
            yield symptom, found


def _attached(verdict: Verdict, causes: Sequence[_Cause]) -> dict[str, list[ScenarioResult]]:
    """Give each broken scenario to the cause that is gravest in it; left are those with none, by why."""
    by_scenario: dict[str, list[tuple[Symptom, _Cause]]] = {}
    for cause in causes:
        for symptom in cause.symptoms:
            by_scenario.setdefault(symptom.scenario.id, []).append((symptom, cause))
    alone: dict[str, list[ScenarioResult]] = {}
    for scenario in verdict.broken:
        held = by_scenario.get(scenario.id, []) if scenario.by is Whose.SIDE else []
        if held:
            _, cause = min(held, key=lambda pair: (*_shows_best(pair[0]), pair[0].place))
            cause.broke.append(scenario)
        elif scenario.by is not Whose.BENCH:
            alone.setdefault(broken_text(scenario), []).append(scenario)
    return alone


def _best(cause: _Cause) -> Symptom:
    """Of those that show it as well, one of the row that has most of them, and the earliest of these."""
    often = Counter(symptom.check.requirement for symptom in cause.symptoms)
    return min(
        cause.symptoms,
        key=lambda one: (*_shows_best(one), -often[one.check.requirement], one.place),
    )


def _shows_best(symptom: Symptom) -> tuple[int, int]:
    """The gravest, and what is there before what is not."""
    kind = 0 if symptom.check.problem.startswith("/") else 1 if symptom.members else 2
    if symptom.counted or symptom.check.breaks:
        kind = 3
    return GRAVEST.index(symptom.outcome), kind


def _finding(cause: _Cause, verdict: Verdict) -> RootCause:
    best = _best(cause)
    rows: dict[str, list[Outcome]] = {best.check.requirement: []}
    for symptom in cause.symptoms:
        rows.setdefault(symptom.check.requirement, []).append(symptom.outcome)
    first, *more = [Touched(all_requirements()[row], worst(found)) for row, found in rows.items()]
    more.sort(key=lambda touched: GRAVEST.index(touched.outcome))
    inner = [symptom.scenario.id for symptom in cause.symptoms]
    scenarios = dict.fromkeys([best.scenario.id, *inner, *(broke.id for broke in cause.broke)])
    left = {row for broke in cause.broke for row in broke.undecided}
    shown = _shown(best, cause.symptoms)
    return RootCause(
        headline(best, [symptom.subject for symptom in cause.symptoms]),
        worst(symptom.outcome for symptom in cause.symptoms),
        remedy(best, cause.symptoms, shown, verdict),
        [first, *more],
        _problems(best, cause.symptoms),
        _missed(best),
        [f"{one.ref}: {'; '.join(one.differs)}".removeprefix(": ") for one in _near(best)],
        list(scenarios),
        best.check.where,
        shown,
        best.absent and best.seen is not None,
        [broke.id for broke in cause.broke],
        [row for row in verdict.undecided if row in left],
        len(cause.symptoms),
        _because(best),
    )


def _because(best: Symptom) -> str:
    """``noted and not failed: which zone an account has, nobody says (I)``."""
    why = best.check.lessened
    whole = structs.replace(best.check, evidence=None, forgiven=False).outcome()
    return f"{best.outcome} and not {whole}: {why}" if why and whole is not best.outcome else ""


def _missed(best: Symptom) -> str:
    looked = best.check.looked
    if looked is None or not looked.too_few:
        return ""
    meant = ", single calls of uploads" if parts_of(best.check.what)[2] == CDR else ""
    return f"expected {looked.times} of {best.check.what}{meant}, found {looked.found}"


def _near(best: Symptom) -> Sequence[Near]:
    """Those first that nothing else was about."""
    looked = best.check.looked
    if looked is None or not looked.too_few:
        return ()
    return list(dict.fromkeys([*best.near, *looked.near]))[:MOST_NEAR]


def _problems(best: Symptom, others: Sequence[Symptom]) -> list[str]:
    every = dict.fromkeys(symptom.check.problem for symptom in [best, *others])
    return list(every)[:MOST_PROBLEMS]


def _shown(best: Symptom, others: Sequence[Symptom]) -> Seen | None:
    """The message that shows it best: its own, or what came before it was missed, or any other."""
    if best.seen:
        return best.seen
    before = _BEFORE.get(best.subject)
    after = [one for one in best.scenario.exchanges if before and one.is_of(before)]
    wanted = best.check.looked.wanted if best.check.looked else ""
    meant = [one for one in after if any(name in wanted for name in _ids(one))]
    nearest = (best.exhibits[one.ref].exchange for one in _near(best) if one.ref in best.exhibits)
    shown = next(iter(meant or after), None) or next(nearest, None)
    return shown or next((other.seen for other in others if other.seen), None)


def _ids(seen: Seen) -> list[str]:
    """Of the calls that a message tells of."""
    told = seen.params if isinstance(seen.params, list) else [seen.params]
    found = (reached(one, "callExternalId") or reached(one, "externalId") for one in told)
    return [str(name) for name in found if name]


def _unplayable(text: str, results: Sequence[ScenarioResult], verdict: Verdict) -> RootCause:
    """What no row answers for."""
    first, by_file = results[0], results[0].by is Whose.CONFIGURATION
    by_side = sentence(bounded(f"Your side broke the scenario off: {text}", LONGEST))
    known = all(result.known for result in results)
    return RootCause(
        of_configuration(text) if by_file else by_side,
        Outcome.KNOWN if known else Outcome.FAILED,
        MEND_FILE if by_file else LOOK_AT_BENCH,
        problems=[text],
        scenarios=[result.id for result in results],
        where=first.file,
        broke=[result.id for result in results],
    )
