"""What a run tells while it goes on. Everything that is written about a run hears these events, in this
order: one RunStarted, for each scenario a ScenarioStarted, any number of Doing and a ScenarioPlayed, one
RunEnded. Of a run that was stopped the last one says why, in ``verdict.stopped``."""

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
class ScenarioStarted:
    """One scenario begins, the ``number``-th ``of`` so many."""

    id: str
    number: int
    of: int


@dataclass(frozen=True)
class Doing:
    """What is done or waited for from now on; ``seconds`` is how long at most, in real time, 0 where nobody
    can say."""

    what: str
    seconds: float = 0.0


@dataclass(frozen=True)
class ScenarioPlayed:
    """One scenario is over; ``result`` has its checks and its exchanges. ``cause`` says whose doing it is
    that it was broken off, if it was."""

    result: ScenarioResult
    outcome: Outcome
    cause: str = ""


@dataclass(frozen=True)
class RunEnded:
    verdict: Verdict


Event: TypeAlias = RunStarted | ScenarioStarted | Doing | ScenarioPlayed | RunEnded
Tell: TypeAlias = Callable[[Event], None]


def nobody(event: Event) -> None:
    """For a run that nobody watches."""


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
        self.tell(RunStarted(__version__, found.ruleset, found.seed, found.strict, found.target))

    def played(self, result: ScenarioResult) -> None:
        result = self._clean(result)
        self.verdict.scenarios.append(result)
        cause = self.verdict.cause(result) if result.broken else ""
        self.tell(ScenarioPlayed(result, self.verdict.outcome_of(result), cause))

    def in_order(self, ids: Sequence[str]) -> None:
        """What was played side by side stands in the verdict in this order."""
        place = {name: at for at, name in enumerate(ids)}
        self.verdict.scenarios.sort(key=lambda found: place[found.id])

    def ended(self) -> None:
        self.tell(RunEnded(self.verdict))

    def tell(self, event: Event) -> None:
        """Raises the first error of a listener, once all of them have heard."""
        errors: list[Exception] = []
        for listener in self._listeners:
            try:
                listener.hear(event)
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]
