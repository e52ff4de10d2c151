"""Plays scenarios side by side, on several instances of the side under test."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Lock

from callproof.conformance import runner
from callproof.conformance.estimating import estimate
from callproof.conformance.events import ScenarioStarted, Tell
from callproof.conformance.judge import UnderTest
from callproof.conformance.scenario import Scenario
from callproof.conformance.verdict import ScenarioResult
from callproof.control.client import Ends
from callproof.errors import CallproofError
from callproof.exchange.faults import Fault


def run(
    scenarios: Sequence[Scenario],
    pairs: Sequence[Ends],
    done: Callable[[ScenarioResult], None],
    judged: UnderTest,
    faults: Sequence[Fault],
    tell: Tell,
) -> None:
    """Each pair of ends plays the next scenario that is left, the longest ones first; ``done`` hears of
    each as it ends, one after the other.

    Raises what ``runner.run`` raises. Then, and when the run is interrupted, nothing more is begun, and
    ``done`` has heard what was seen of the others until then.
    """
    if len(pairs) == 1:
        runner.run(scenarios, pairs[0], done, judged, faults, tell)
        return
    left = deque(sorted(scenarios, key=lambda scenario: -estimate(scenario).least))
    telling = Lock()
    # In the order in which they were begun.
    going_on: list[str] = []

    def said() -> None:
        others = f" beside {len(going_on) - 1} others" if len(going_on) > 1 else ""
        tell(ScenarioStarted(f"{going_on[0]}{others}", len(scenarios) - len(left), len(scenarios)))

    def began(scenario: Scenario) -> None:
        with telling:
            going_on.append(scenario.id)
            said()

    def told(result: ScenarioResult) -> None:
        with telling:
            going_on.remove(result.id)
            done(result)
            if going_on:
                said()

    def play(ends: Ends) -> None:
        while True:
            try:
                scenario = left.popleft()
            except IndexError:
                return
            began(scenario)
            runner.run([scenario], ends, told, judged, faults)

    with ThreadPoolExecutor(len(pairs)) as pool:
        playing = [pool.submit(play, ends) for ends in pairs]
        try:
            for ended in as_completed(playing):
                ended.result()
        except (CallproofError, KeyboardInterrupt):
            left.clear()
            for ends in pairs:
                ends.halt()
            raise
