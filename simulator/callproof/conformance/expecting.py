"""What a scenario expects: waited for as long as it may take, and judged row by row."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from callproof.clocks.machine import monotonic
from callproof.conformance.actions import ACTIONS
from callproof.conformance.events import Doing, Tell, nobody
from callproof.conformance.evidence import Seen
from callproof.conformance.filling import Names
from callproof.conformance.judge import UnderTest
from callproof.conformance.matching import Leeway, member_of
from callproof.conformance.patience import be_patient
from callproof.conformance.refused import Refusals
from callproof.conformance.scenario import BrokenScenario, Do, Expect, Step, Verb
from callproof.conformance.stimuli import Misconfigured
from callproof.conformance.undone import is_open, objects
from callproof.conformance.verdict import Check, Looked, Near
from callproof.conformance.watching import Candidate, Journals, Watch
from callproof.conformance.wording import named, words_of
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.control.client import Ends

# By how many seconds a time may be off where it is real, and how long one look into a journal lasts.
SLACK = 2.0
# How many of the messages that came instead are told of one that did not.
MOST_NEAR = 12


@dataclass(frozen=True)
class Wanted:
    """What a step asks for, with the names filled in."""

    matching: Json
    about: dict[str, JsonObject]


@dataclass(frozen=True)
class _Made:
    """A check, the step that made it, and how many messages had been seen by then."""

    check: Check
    step: Expect | None = None
    after: int = 0


class Expectations:
    """Those of one scenario; ``checks`` grow with each that was met or missed.

    ``where`` gives the ``file:line`` of a step, ``steps`` are all that the scenario expects.
    """

    def __init__(
        self,
        ends: Ends,
        journals: Journals,
        names: Names,
        judged: UnderTest,
        where: Callable[[Step], str],
        steps: Sequence[Expect] = (),
        tell: Tell = nobody,
    ) -> None:
        self._made: list[_Made] = []
        self._refusals = Refusals(steps)
        # Whether something of the side under test was missed that later steps name; its rows say so.
        self.crippled = False
        # The test clock of a PBX under test goes on by itself while the scenario is played.
        self._real = not ends.manual or judged.side is Side.PBX
        self._began = self._asked = monotonic()
        # From when to when, on the ends' clock, something was waited for that did not come, and the calls
        # that were over by then: they may have rung out meanwhile.
        self._vain: list[tuple[float, float]] = []
        self._gone: set[str] = set()
        self._watch = Watch(ends, journals, names, judged, self._slack_of)
        self._ends = ends
        self._journals = journals
        self._names = names
        self._judged = judged
        self._where = where
        self._tell = tell
        self._exact: list[tuple[Expect, Wanted]] = []

    @property
    def checks(self) -> list[Check]:
        """Every one so far; of several that a refusal answers for there is one."""
        found = [self._or_refusal(made) for made in self._made]
        turned: set[tuple[str, Sequence[str], str]] = set()
        kept: list[Check] = []
        for check, made in zip(found, self._made, strict=True):
            known = (check.requirement, check.exchanges, str(check.evidence))
            if check is made.check or known not in turned:
                kept.append(check)
            if check is not made.check:
                turned.add(known)
        return kept

    def _or_refusal(self, made: _Made) -> Check:
        if made.step is None:
            return made.check
        facing = self._judged.faces(made.step.side)
        before = [seen for seen in self._journals.seen[: made.after] if seen.seen_by is facing]
        return self._refusals.instead(made.check, made.step, before)

    def meet(self, step: Expect) -> None:
        """Raises BrokenScenario when what later steps need of the side that is not judged is not there."""
        try:
            wanted = Wanted(self._names.filled(step.matching), self._names.patterns(step.about))
        except BrokenScenario:
            # What the side that is judged left out cannot be looked for at our own end.
            if self._judged.side in (None, step.side) or step.name:
                raise
            return
        self._asked = monotonic()
        self._ends.settle()
        found = self._whole(step, wanted)
        if len(found) < step.least and step.within:
            found = self._let_time_pass(step, wanted)
        if self._ends.patience and not _settled(step, found):
            found = self._be_patient(step, wanted)
        meant = found if len(found) >= max(step.least, 1) else self._nearest(step, wanted)
        problem = self._problem(step, wanted.matching, meant) or self._late(step)
        looked = self._looked(step, wanted.matching, meant)
        self._check(step, problem, meant, looked)
        self._check_members(step, wanted, meant, looked)
        if not problem:
            self._refusals.met(step, [one.seen for one in found if one.seen])
        if step.name and meant:
            self._names.learn(step.name, meant[0].members)
        elif step.name and step.least:
            self.crippled = True
        met = step.least and step.most and found and not problem
        if met and step.verb is Verb.SENDS:
            self._exact.append((step, wanted))

    def blame(self, step: Do, problem: str) -> None:
        """Of a step that the side that acts refused."""
        checks = [Check(row, step.action, self._where(step), problem) for row in step.blames]
        self._made += [_Made(check) for check in checks]

    def ran_out(self, step: Do, args: JsonObject) -> bool:
        """Whether the call of the step was over when something had been waited for in vain."""
        return ACTIONS[step.action].end is Side.PBX and str(args.get("call")) in self._gone

    def hold(self) -> None:
        """Count again, at the end, what may not have come more often."""
        self._asked = monotonic()
        for step, wanted in self._exact:
            try:
                found = self._whole(step, wanted)
            except Misconfigured as error:
                raise Misconfigured(f"{self._where(step)}: {error}") from None
            if problem := self._problem(step, wanted.matching, found):
                looked = self._looked(step, wanted.matching, found)
                self._check(step, f"{problem}, by the end of the scenario", found, looked)

    def slack(self) -> Leeway:
        """What really passed counts on the clock of a side that goes on by itself: in a duration since the
        scenario began, which it makes longer, in a date since the ends were put opposite each other."""
        return self._slack_until(monotonic())

    def _slack_until(self, moment: float) -> Leeway:
        account = self._judged.account
        there = Leeway(zone=account.timezone, country=account.country)
        if not self._real:
            return there
        times, dates = (SLACK + moment - since for since in (self._began, self._ends.opened))
        return there._replace(times=times, dates=dates, less=SLACK)

    def _slack_of(self, seen: Seen | None) -> Leeway:
        """What is told of a call after something was waited for in vain may be longer by that wait. While a
        step waits for it, nothing that it tells of goes on."""
        at = seen.at if seen else math.inf
        vain = sum(max(0.0, min(ended, at) - began) for began, ended in self._vain)
        slack = self._slack_until(self._asked)
        return slack._replace(times=slack.times + vain)

    def _whole(self, step: Expect, wanted: "Wanted") -> list[Candidate]:
        """What is meant and in every member as it is to be."""
        meant = self._watch.matches(step, wanted.matching)
        return [found for found in meant if not self._watch.differing(wanted.about, found)]

    def _nearest(self, step: Expect, wanted: "Wanted") -> list[Candidate]:
        """Of what is meant as many as there are to be, those that differ least."""
        meant = self._watch.matches(step, wanted.matching)
        if not wanted.about:
            return meant
        by_likeness = sorted(meant, key=lambda found: len(self._watch.differing(wanted.about, found)))
        return by_likeness[: max(step.least, 1)]

    def _let_time_pass(self, step: Expect, wanted: "Wanted") -> list[Candidate]:
        deadline = (self._names.begun(step.since)[0] if step.since else self._ends.now()) + step.within
        left = 0.0 if self._ends.manual else deadline - self._ends.now()
        self._tell(Doing(f"waiting for {step}", left))
        begun, going_on = self._ends.now(), True
        while going_on and len(self._whole(step, wanted)) < step.least:
            going_on = self._ends.step(deadline)
        found = self._whole(step, wanted)
        if len(found) < step.least:
            self._vain.append((begun, self._ends.now()))
            calls = objects(self._ends.pbx.state().get("calls"))
            self._gone |= {str(call.get("id")) for call in calls if not is_open(call)}
        return found

    def _be_patient(self, step: Expect, wanted: "Wanted") -> list[Candidate]:
        facing = self._judged.faces(step.side)
        self._tell(Doing(f"waiting for {step}", self._ends.patience))
        be_patient(
            self._ends.patience, self._journals, facing, lambda: _settled(step, self._whole(step, wanted))
        )
        return self._whole(step, wanted)

    def _late(self, step: Expect) -> str:
        """What is wrong with what came when it had to be there by now, since a step."""
        if not step.since:
            return ""
        at, really = self._names.begun(step.since)
        passed = max(self._ends.now() - at, monotonic() - really if self._real else 0.0)
        if passed <= step.within + (SLACK if self._real else 0.0):
            return ""
        return f"{step} took {passed:.0f} s since {step.since}, expected {step.within:g} s"

    def _problem(self, step: Expect, matching: Json, found: Sequence[Candidate]) -> str:
        if _enough(step, found):
            return ""
        problem = f"expected {step.times} of {step}, found {len(found)}"
        candidates = self._watch.candidates(step)
        if found or not candidates:
            return problem if found or step.verb is Verb.KEEPS else f"{problem}; there was none at all"
        misses = (self._watch.misses(step, matching, other) for other in _in_question(step, candidates))
        nearest = min(misses, key=len)
        return f"{problem}; the nearest differs: {'; '.join(nearest)}"

    def _looked(self, step: Expect, matching: Json, found: Sequence[Candidate]) -> Looked:
        """What else came is told where too little did."""
        every = self._watch.candidates(step) if len(found) < step.least else list(found)
        others = [other for other in _in_question(step, every) if other not in found]
        near = [self._near(step, matching, other) for other in others]
        alike = tuple(sorted(near, key=lambda one: len(one.differs))[:MOST_NEAR])
        return Looked(
            words_of(matching, step.status),
            step.times,
            step.least,
            len(found),
            self._ends.now(),
            alike,
            bool(every),
            named(matching, step.status),
        )

    def _near(self, step: Expect, matching: Json, other: Candidate) -> Near:
        ref = other.seen.ref if other.seen else ""
        return Near(ref, tuple(self._watch.misses(step, matching, other)))

    def _check(self, step: Expect, problem: str, found: Sequence[Candidate], looked: Looked) -> None:
        if self._judged.side not in (None, step.side):
            # What our own end makes of a message is no evidence on whoever sent it.
            if problem and step.name and len(found) < step.least:
                raise BrokenScenario(f"{self._where(step)}: without the effect that was to be: {problem}")
            return
        for row in step.proves:
            self._add(step, row, problem, found, looked)

    def _check_members(
        self, step: Expect, wanted: "Wanted", meant: Sequence[Candidate], looked: Looked
    ) -> None:
        """Each row by its own members, of what is meant; where nothing is, nothing can be said of them, and
        the first row alone says that it is not there."""
        if self._judged.side not in (None, step.side):
            return
        if not meant and not step.proves and step.least:
            problem = self._problem(step, wanted.matching, meant)
            for row in list(wanted.about)[:1]:
                self._add(step, row, problem, meant, looked)
            return
        differing = [self._watch.differing(wanted.about, found) for found in meant]
        for row in wanted.about if meant else ():
            unlike = [text for rows in differing for text in rows.get(row, ())]
            members = tuple(dict.fromkeys(map(member_of, unlike)))
            self._add(step, row, "; ".join(unlike), meant, looked, members)

    def _add(
        self,
        step: Expect,
        row: str,
        problem: str,
        found: Sequence[Candidate],
        looked: Looked,
        members: tuple[str, ...] = (),
    ) -> None:
        refs = tuple(candidate.seen.ref for candidate in found if candidate.seen)
        check = Check(
            row,
            str(step),
            self._where(step),
            problem,
            exchanges=refs,
            evidence=step.evidence,
            because=step.because,
            case=step.case,
            members=members,
            looked=looked,
        )
        self._made.append(_Made(check, step, len(self._journals.seen)))


def _enough(step: Expect, found: Sequence[Candidate]) -> bool:
    return step.least <= len(found) and (step.most is None or len(found) <= step.most)


def _settled(step: Expect, found: Sequence[Candidate]) -> bool:
    """Whether more time would change nothing: what is kept may also go, what was sent stays sent."""
    too_many = step.verb is Verb.KEEPS and step.most is not None and len(found) > step.most
    return len(found) >= step.least and not too_many


def _in_question(step: Expect, every: Sequence[Candidate]) -> Sequence[Candidate]:
    """Of answers that are wrong alike the newest comes first: it is the one to what was asked just now."""
    return every[::-1] if step.verb is Verb.ANSWERS else every
