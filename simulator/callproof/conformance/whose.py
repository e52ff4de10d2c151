"""Whose doing it is that a scenario could not be played to its end, and which row answers for it.

Only what is certain is taken from the side that is judged: what a bench could not do is nobody's fault, and
what a file says wrongly is its author's. All else a row of the side answers for.
"""

from collections.abc import Iterable, Sequence

from callproof.conformance.judge import UnderTest
from callproof.conformance.scenario import Expect, Scenario
from callproof.conformance.stimuli import Misconfigured, StimulusFailed
from callproof.conformance.verdict import Check, Outcome, Whose
from callproof.contract.requirements import Severity, all_requirements


def whose(error: BaseException, judged: UnderTest, *, faulty: bool, wrong: bool) -> Whose:
    """``error`` is what broke the scenario off, or was caused by it. ``faulty`` says that an end of ours
    has a fault on purpose, ``wrong`` that the judged side did something wrong or was refused something."""
    cause = error
    while cause.__cause__:
        cause = cause.__cause__
    if isinstance(cause, Misconfigured):
        return Whose.CONFIGURATION
    if isinstance(cause, StimulusFailed):
        return Whose.SIDE if wrong or cause.worked else Whose.CONFIGURATION
    if judged.side is None and not (faulty or wrong):
        # Both ends are right, so the scenario is not.
        return Whose.CONFIGURATION
    return Whose.SIDE


def answering(
    scenario: Scenario,
    judged: UnderTest,
    checks: Sequence[Check],
    taken: Iterable[Expect],
    broken: str,
    where: str,
) -> Check | None:
    """The check that answers for a scenario which a side broke off, None when one of ``checks`` does.

    It is about the next row that the scenario was to look at, of those that can fail; where there is none,
    about the last one that it did look at. ``where`` is the ``file:line`` of the step that broke.
    """
    if any(check.outcome() is Outcome.FAILED for check in checks):
        return None
    done = {step.line for step in taken}
    steps = [(step, row) for step in scenario.expectations for row in step.rows if judged.binds(row)]
    later = [(step, row) for step, row in steps if step.line not in done]
    earlier = [(step, row) for step, row in reversed(steps) if step.line in done]
    in_turn = [*later, *earlier]
    grave = [(step, row) for step, row in in_turn if _severity(row) is Severity.FAIL]
    for step, row in grave or in_turn:
        return Check(row, str(step), where, f"the scenario broke off: {broken}", breaks=True)
    return None


def _severity(row: str) -> Severity:
    return all_requirements()[row].severity(strict=False)
