"""What runs are played on, and what counts as a find there."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from callproof.conformance import runner
from callproof.conformance.judge import UnderTest
from callproof.conformance.scenario import Scenario
from callproof.conformance.verdict import Check, Outcome, ScenarioResult
from callproof.control.client import Ends
from callproof.errors import OutOfReach
from callproof.exchange.faults import Fault
from callproof.explore.board import Bench
from callproof.explore.run import Run

_DIFFERING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
# Of a reason that is no row's this much tells it from others.
_TELLING = 60


@dataclass(frozen=True)
class Table:
    """``laid`` gives the ends: fresh ones of our own, or those that there are.

    Where both ends are ours (``judged.side`` None), every problem of every row is a find, and so is what
    could not be played; of a side under test what fails it, ``strict`` or not.
    """

    bench: Bench
    judged: UnderTest
    laid: Callable[[], AbstractContextManager[Ends]]
    faults: Sequence[Fault] = ()
    strict: bool = False

    def problems(self, result: ScenarioResult) -> dict[str, str]:
        """The first problem of each row that failed; what could not be played to its end stands under its
        reason."""
        own = self.judged.side is None
        found = {
            check.requirement: check.problem
            for check in reversed(result.checks)
            if check.problem and (own or self._fails(check))
        }
        if own and result.broken:
            found[_DIFFERING.sub("#", result.broken)[:_TELLING]] = result.broken
        return found

    def _fails(self, check: Check) -> bool:
        return check.outcome(strict=self.strict) is Outcome.FAILED

    def played(self, scenario: Scenario) -> ScenarioResult:
        """Raises OutOfReach when a side under test does not answer; of an end of ours that is a find."""
        with self.laid() as ends, self._seen() as seen:
            runner.run([scenario], ends, seen.append, self.judged, self.faults)
        return seen[0]

    def improvised(self, scenario: Scenario, run: Run) -> ScenarioResult:
        """The same of steps that are made up on the way."""
        with self.laid() as ends, self._seen() as seen:
            run.begin(ends)
            seen.append(runner.improvise(scenario, run, ends, self.judged, self.faults, seen.append))
        return seen[0]

    @contextmanager
    def _seen(self) -> Iterator[list[ScenarioResult]]:
        """What was played, also of what an end stopped."""
        seen: list[ScenarioResult] = []
        try:
            yield seen
        except OutOfReach:
            if self.judged.side or not seen:
                raise
