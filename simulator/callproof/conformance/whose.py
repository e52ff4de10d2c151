"""Whose doing it is that a scenario could not be played to its end, and which row answers for it.

Only what is certain is taken from the side that is judged: what a bench could not do is nobody's fault, and
what a file says wrongly is its author's. All else a row of the side answers for.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from callproof.conformance.evidence import Seen
from callproof.conformance.judge import UnderTest
from callproof.conformance.scenario import Expect, Scenario
from callproof.conformance.stimuli import Misconfigured, StimulusFailed
from callproof.conformance.verdict import Check, Whose
from callproof.contract import schemas
from callproof.contract.jsontypes import Json
from callproof.contract.operations import Side
from callproof.contract.requirements import Severity, all_requirements

REGISTRATION, CUSTOMERS = "the registration", "the customers"
# Which row answers when a scenario cannot even be prepared.
PREPARED = {
    (REGISTRATION, Side.PBX): "PBX-MODULE-01",
    (REGISTRATION, Side.CRM): "CRM-MODULE-01",
    (CUSTOMERS, Side.CRM): "CRM-CUSTOMER-01",
}
_REFUSED = (
    "Look at why your side refused that. What scenarios before have left there, such as calls, statuses or "
    "a zone, set-up has to make it forget."
)
# ``calls[0][date]`` in parts.
_NAME = re.compile(r"[^\[\]]+")


def whose(error: BaseException, judged: UnderTest, *, faulty: bool, wrong: bool) -> Whose:
    """``error`` is what broke the scenario off, or was caused by it. ``faulty`` says that an end of ours
    has a fault on purpose, ``wrong`` that the judged side did something wrong or was refused something."""
    cause = _first(error)
    if isinstance(cause, Misconfigured):
        return Whose.CONFIGURATION
    if isinstance(cause, StimulusFailed):
        return Whose.SIDE if wrong or cause.worked or cause.failed else Whose.CONFIGURATION
    if judged.side is None and not (faulty or wrong):
        # Both ends are right, so the scenario is not.
        return Whose.CONFIGURATION
    return Whose.SIDE


def _first(error: BaseException) -> BaseException:
    """What all began with."""
    return _first(error.__cause__) if error.__cause__ else error


@dataclass(frozen=True)
class BrokenOff:
    """How a scenario broke off: at the ``file:line`` of a step, ``preparing`` it or not, and why."""

    where: str
    why: BaseException
    preparing: str = ""

    @property
    def remedy(self) -> str:
        """Where a side did not do as it was told, what its row says is of no use."""
        cause = _first(self.why)
        return _REFUSED if isinstance(cause, StimulusFailed) and not cause.failed else ""


def answering(
    scenario: Scenario,
    judged: UnderTest,
    taken: Iterable[Expect],
    refused: Sequence[Seen],
    broke: BrokenOff,
) -> Check | None:
    """The check that answers for a scenario which a side broke off, where no other one failed.

    It is about the member for which the side was refused, or else about what was being prepared, or else
    about the next row that the scenario was to look at, of those that can fail; where there is none, about
    the last one that it did look at.
    """
    problem = f"the scenario broke off: {broke.why}"
    for seen in reversed(refused):
        for row, said in _of_refusal(seen):
            if judged.binds(row):
                return Check(row, str(seen), broke.where, f"{said}; {problem}", breaks=True)
    prepared = PREPARED.get((broke.preparing, judged.side)) if judged.side else None
    if prepared:
        return Check(prepared, broke.preparing, broke.where, problem, breaks=True)
    done = {step.line for step in taken}
    steps = [(step, row) for step in scenario.expectations for row in step.rows if judged.binds(row)]
    later = [(step, row) for step, row in steps if step.line not in done]
    earlier = [(step, row) for step, row in reversed(steps) if step.line in done]
    in_turn = [*later, *earlier]
    grave = [(step, row) for step, row in in_turn if _severity(row) is Severity.FAIL]
    for step, row in grave or in_turn:
        return Check(row, str(step), broke.where, problem, breaks=True, remedy=broke.remedy)
    return None


def _of_refusal(seen: Seen) -> Iterator[tuple[str, str]]:
    """The rows of the members that a refusal names, each with what it says."""
    operation, answer = seen.operation, seen.answer
    errors = answer.get("errors") if isinstance(answer, Mapping) else None
    if operation is None or not operation.entity_schema or not isinstance(errors, Mapping):
        return
    for member, said in errors.items():
        names = _NAME.findall(member)
        if names[:1] == [operation.entity]:
            names = names[1:]
        if row := _row_at(schemas.load(operation.entity_schema), names):
            yield row, f"{member}: {said}"


def _row_at(schema: Mapping[str, Json], names: Sequence[str]) -> str:
    """The row of the member to which the names lead, or of the nearest part around it that has one."""
    schema = schemas.resolve(schema)
    row = str(schema.get("x-requirement", ""))
    for name in names[:1]:
        inner = schema.get("items")
        if not name.isdecimal():
            members = schema.get("properties")
            inner = members.get(name) if isinstance(members, Mapping) else None
        return (_row_at(inner, names[1:]) if isinstance(inner, Mapping) else "") or row
    return row


def _severity(row: str) -> Severity:
    return all_requirements()[row].severity(strict=False)
