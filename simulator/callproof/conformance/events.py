"""What a run tells while it goes on. Everything that is written about a run hears these events, in this
order: one RunStarted, a ScenarioPlayed for each scenario, one RunEnded. A run that could not be finished
has no end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from callproof import __version__
from callproof.conformance.verdict import Outcome, ScenarioResult, Verdict
from callproof.contract.operations import Side


@dataclass(frozen=True)
class RunStarted:
    """What will be judged, and by what."""

    version: str
    ruleset: str
    seed: int
    strict: bool
    target: Side | None


@dataclass(frozen=True)
class ScenarioPlayed:
    """One scenario is over; ``result`` has its checks and its exchanges."""

    result: ScenarioResult
    outcome: Outcome


@dataclass(frozen=True)
class RunEnded:
    verdict: Verdict


Event: TypeAlias = RunStarted | ScenarioPlayed | RunEnded


class Listener(Protocol):
    """Whoever writes about a run: on a terminal, into a file, line by line."""

    def hear(self, event: Event) -> None: ...


class Telling:
    """Builds the verdict of a run and tells ``listeners`` about it.

    Every result passes ``clean`` before anybody hears of it, so that no writer can give away a secret.
    """

    def __init__(
        self,
        verdict: Verdict,
        listeners: Sequence[Listener],
        clean: Callable[[ScenarioResult], ScenarioResult] = lambda result: result,
    ) -> None:
        self.verdict = verdict
        self._listeners = listeners
        self._clean = clean

    def started(self) -> None:
        found = self.verdict
        self._tell(RunStarted(__version__, found.ruleset, found.seed, found.strict, found.target))

    def played(self, result: ScenarioResult) -> None:
        result = self._clean(result)
        self.verdict.scenarios.append(result)
        self._tell(ScenarioPlayed(result, self.verdict.outcome_of(result)))

    def ended(self) -> None:
        self._tell(RunEnded(self.verdict))

    def _tell(self, event: Event) -> None:
        for listener in self._listeners:
            listener.hear(event)
