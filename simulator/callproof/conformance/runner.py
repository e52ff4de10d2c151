"""Plays scenarios one after the other."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from callproof.conformance.events import ScenarioStarted, Tell, nobody
from callproof.conformance.improvising import Improviser
from callproof.conformance.judge import BOTH, UnderTest
from callproof.conformance.playing import Play
from callproof.conformance.process import SideEnded
from callproof.conformance.scenario import Scenario
from callproof.conformance.stimuli import Unanswered
from callproof.conformance.stumbles import no_stumble
from callproof.conformance.verdict import ScenarioResult, Whose
from callproof.control.client import Ends, Halted
from callproof.errors import InternalError, OutOfReach
from callproof.exchange.faults import Fault

INTERRUPTED = "the run was interrupted"


def run(
    scenarios: Sequence[Scenario],
    ends: Ends,
    done: Callable[[ScenarioResult], None] | None = None,
    judged: UnderTest = BOTH,
    faults: Sequence[Fault] = (),
    tell: Tell = nobody,
) -> list[ScenarioResult]:
    """Play them, each from a reset; ``done`` hears of each as it ends. ``faults`` act all the time,
    ``tell`` hears what is being done.

    Raises Unreachable when an end does not answer, and InternalError when callproof itself fails. Then, and
    when the run is interrupted, ``done`` has heard what was seen of the scenario until then.
    """
    results = []
    for number, scenario in enumerate(scenarios, 1):
        tell(ScenarioStarted(scenario.id, number, len(scenarios)))
        result = _played(Play(scenario, ends, judged, faults, tell=tell), ends, done)
        results.append(result)
        if done:
            done(result)
    return results


def improvise(
    scenario: Scenario,
    improviser: Improviser,
    ends: Ends,
    judged: UnderTest = BOTH,
    faults: Sequence[Fault] = (),
    done: Callable[[ScenarioResult], None] | None = None,
) -> ScenarioResult:
    """Play what somebody makes up on the way, from what ``scenario`` is given. Raises as ``run`` does, and
    ``done`` has heard what was seen until then."""
    return _played(Play(scenario, ends, judged, faults, improviser), ends, done)


def _played(play: Play, ends: Ends, done: Callable[[ScenarioResult], None] | None) -> ScenarioResult:
    try:
        with no_stumble():
            return _result(play, ends)
    except (OutOfReach, KeyboardInterrupt) as error:
        if done and isinstance(error, SideEnded):
            # That it ended is its own doing; what did not come after that breaks no row beside.
            done(_unblamed(play.so_far(str(error), Whose.SIDE)))
        elif done:
            done(play.so_far(str(error) or INTERRUPTED))
        raise
    except InternalError as error:
        if done:
            # What failed once may fail again, and is told by whoever hears of the first time.
            with suppress(Exception):
                done(_unblamed(play.so_far(str(error))))
        raise


def _unblamed(result: ScenarioResult) -> ScenarioResult:
    """Without the problems, which may come of what failed or ended."""
    return replace(result, checks=[check for check in result.checks if not check.problem])


def _result(play: Play, ends: Ends) -> ScenarioResult:
    try:
        result = play.result()
        if result.broken or any(check.problem for check in result.checks):
            # A side that is gone has broken no row.
            ends.demand_answer()
    except Halted:
        raise
    except OutOfReach as error:
        # The side itself may have more to say than whoever missed it.
        try:
            ends.demand_answer()
        except SideEnded as ended:
            if isinstance(error, Unanswered):
                raise SideEnded(ended.how, ended.printed, error.asked) from None
            raise
        raise
    return result
