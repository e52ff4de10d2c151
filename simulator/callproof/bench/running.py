"""A run of scenarios that somebody watches from a page: one at a time, in a thread of its own."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from threading import Lock, Thread
from typing import TYPE_CHECKING

from callproof.conformance.events import (
    Doing,
    Event,
    RunEnded,
    ScenarioPlayed,
    ScenarioStarted,
    Telling,
)
from callproof.conformance.verdict import ScenarioResult, Verdict
from callproof.control.client import Ends, Halted
from callproof.errors import CallproofError, Misuse
from callproof.reports.redact import Redactor

if TYPE_CHECKING:
    from callproof.conformance.judge import UnderTest
    from callproof.conformance.scenario import Scenario

# How many problems of a scenario stand on the page; the report has all.
PROBLEMS = 3
CANCELLED = "The run was cancelled."
# Opens the ends that are played on, which are closed by whoever opened them.
Opens = Callable[[], AbstractContextManager[Ends]]


@dataclass(frozen=True)
class JudgedRow:
    """One scenario that was judged."""

    id: str
    outcome: str
    problems: Sequence[tuple[str, str]]
    more: int


@dataclass(frozen=True)
class RunProgress:
    """Where a run is; ``doing`` is empty where it is over."""

    total: int = 0
    place: str = ""
    doing: str = ""
    rows: tuple[JudgedRow, ...] = ()
    going: bool = False
    stopped: str = ""
    verdict: Verdict | None = None


class WatchedRun:
    """The run of one page's end, past or present. ``changed`` hears of every step."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.progress = RunProgress()
        self._changed = changed
        self._ends: Ends | None = None
        self._cancelled = False
        self._turn = Lock()

    def start(
        self,
        scenarios: "Sequence[Scenario]",
        opens: Opens,
        judged: "UnderTest",
        secrets: Sequence[str],
    ) -> None:
        """Raises Misuse while another run goes on, or where there is nothing to play."""
        if not scenarios:
            raise Misuse("No scenario was chosen.")
        with self._turn:
            if self.progress.going:
                raise Misuse("A run is going on.")
            self._cancelled = False
            self.progress = RunProgress(len(scenarios), doing="getting ready", going=True)
        work = (scenarios, opens, judged, Redactor(secrets))
        Thread(target=self._play, args=work, name="callproof-run", daemon=True).start()

    def cancel(self) -> None:
        """The run ends at the next moment at which it waits."""
        self._cancelled = True
        if ends := self._ends:
            ends.halt()

    def hear(self, event: Event) -> None:
        now = self.progress
        match event:
            case ScenarioStarted():
                self.progress = replace(now, place=f"{event.number} of {event.of}: {event.id}", doing="")
            case Doing():
                self.progress = replace(now, doing=event.what)
            case ScenarioPlayed():
                self.progress = replace(now, rows=(*now.rows, _row(event)))
            case RunEnded():
                self.progress = replace(now, place="", doing="", verdict=event.verdict)
        self._changed()

    def _play(
        self, scenarios: "Sequence[Scenario]", opens: Opens, judged: "UnderTest", redactor: Redactor
    ) -> None:
        # Only here: an end that nobody plays on begins without what plays.
        from callproof.conformance import runner

        verdict = Verdict([], 1, strict=False)
        telling = Telling(verdict, [self], redactor.scenario)
        try:
            telling.started()
            with opens() as self._ends:
                runner.run(scenarios, self._ends, self._going_on(telling), judged, tell=telling.tell)
        except Halted:
            verdict.stopped = CANCELLED
        except CallproofError as error:
            verdict.stopped = redactor.text(str(error))
        finally:
            self._ends = None
            telling.ended()
            self.progress = replace(self.progress, going=False, stopped=verdict.stopped)
            self._changed()

    def _going_on(self, telling: Telling) -> Callable[[ScenarioResult], None]:
        def done(result: ScenarioResult) -> None:
            telling.played(result)
            if self._cancelled:
                raise Halted(CANCELLED)

        return done


def _row(played: ScenarioPlayed) -> JudgedRow:
    result = played.result
    problems = [(check.requirement, check.problem) for check in result.checks if check.problem]
    broken = [("", result.broken)] if result.broken else []
    shown = tuple(dict.fromkeys([*broken, *problems]))
    return JudgedRow(result.id, played.outcome, shown[:PROBLEMS], max(0, len(shown) - PROBLEMS))
