"""Plays scenarios one after the other."""

from collections.abc import Callable, Iterable, Sequence

from callproof.conformance.judge import BOTH, UnderTest
from callproof.conformance.playing import Play
from callproof.conformance.scenario import Scenario
from callproof.conformance.verdict import ScenarioResult
from callproof.control.client import Ends
from callproof.exchange.faults import Fault


def run(
    scenarios: Iterable[Scenario],
    ends: Ends,
    done: Callable[[ScenarioResult], None] | None = None,
    judged: UnderTest = BOTH,
    faults: Sequence[Fault] = (),
) -> list[ScenarioResult]:
    """Play them, each from a reset; ``done`` hears of each as it ends. ``faults`` act all the time.

    Raises Unreachable when an end does not answer.
    """
    results = []
    for scenario in scenarios:
        result = Play(scenario, ends, judged, faults).result()
        results.append(result)
        if done:
            done(result)
    return results
