"""What a scenario expects: waited for as long as it may take, and judged row by row."""

from collections.abc import Callable, Sequence
from time import monotonic

from callproof.conformance.filling import Names
from callproof.conformance.judge import UnderTest
from callproof.conformance.scenario import BrokenScenario, Expect, Step, Verb
from callproof.conformance.verdict import Check
from callproof.conformance.watching import Candidate, Journals, Watch
from callproof.contract.jsontypes import Json
from callproof.contract.operations import Side
from callproof.control.client import Ends

# By how many seconds a time may be off where it is real, and how long one look into a journal lasts.
SLACK, LOOK = 2.0, 0.25


class Expectations:
    """Those of one scenario; ``checks`` grow with each that was met or missed.

    ``where`` gives the ``file:line`` of a step.
    """

    def __init__(
        self,
        ends: Ends,
        journals: Journals,
        names: Names,
        judged: UnderTest,
        where: Callable[[Step], str],
    ) -> None:
        self.checks: list[Check] = []
        # The test clock of a PBX under test goes on by itself while the scenario is played.
        slack = 0.0 if ends.manual and judged.side is not Side.PBX else SLACK
        self._watch = Watch(ends, journals, names, judged, slack)
        self._ends = ends
        self._journals = journals
        self._names = names
        self._judged = judged
        self._where = where
        self._exact: list[tuple[Expect, Json]] = []

    def meet(self, step: Expect) -> None:
        """Raises BrokenScenario when what is missing is an effect that only the judged side could have."""
        matching = self._names.filled(step.matching)
        self._ends.settle()
        found = self._watch.matches(step, matching)
        if len(found) < step.least and step.within:
            found = self._let_time_pass(step, matching)
        if len(found) < step.least and self._ends.patience:
            found = self._be_patient(step, matching)
        problem = self._problem(step, matching, found)
        self._check(step, problem, found)
        if step.name and found:
            self._names.learn(step.name, found[0].members)
        if step.least and step.most and step.verb is Verb.SENDS and not problem:
            self._exact.append((step, matching))

    def hold(self) -> None:
        """Count again, at the end, what may not have come more often."""
        for step, matching in self._exact:
            found = self._watch.matches(step, matching)
            if problem := self._problem(step, matching, found):
                self._check(step, f"{problem}, by the end of the scenario", found)

    def _let_time_pass(self, step: Expect, matching: Json) -> list[Candidate]:
        deadline = self._ends.now() + step.within
        going_on = True
        while going_on and len(self._watch.matches(step, matching)) < step.least:
            going_on = self._ends.step(deadline)
        return self._watch.matches(step, matching)

    def _be_patient(self, step: Expect, matching: Json) -> list[Candidate]:
        """Real time for a side that does things by itself, without its clock going on."""
        until = monotonic() + self._ends.patience
        facing = self._judged.faces(step.side)
        while (left := until - monotonic()) > 0 and len(self._watch.matches(step, matching)) < step.least:
            self._journals.wait(facing, min(left, LOOK))
        return self._watch.matches(step, matching)

    def _problem(self, step: Expect, matching: Json, found: Sequence[Candidate]) -> str:
        if step.least <= len(found) and (step.most is None or len(found) <= step.most):
            return ""
        problem = f"expected {step.times} of {step}, found {len(found)}"
        candidates = self._watch.candidates(step)
        if found or not candidates:
            return problem if found or step.verb is Verb.KEEPS else f"{problem}; there was none at all"
        nearest = min((self._watch.misses(step, matching, other) for other in candidates), key=len)
        return f"{problem}; the nearest differs: {'; '.join(nearest)}"

    def _check(self, step: Expect, problem: str, found: Sequence[Candidate]) -> None:
        if problem and self._judged.side not in (None, step.side):
            raise BrokenScenario(f"{self._where(step)}: without the effect that was to be: {problem}")
        refs = tuple(candidate.seen.ref for candidate in found if candidate.seen)
        for row in step.proves:
            self.checks.append(Check(row, str(step), self._where(step), problem, exchanges=refs))
