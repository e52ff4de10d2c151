"""What was to follow from a request that the CRM refused: not its absence is the fault, but the refusal.

A CRM that does not take a change of status has none to tell of, and one that does not take an empty
address goes on asking there. Such a check is turned to the row that says that the request is to be taken,
and weighs no more there than it did.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from callproof.conformance.evidence import Seen
from callproof.conformance.scenario import STATUS, Expect, Verb
from callproof.conformance.selection import OF_TELEPHONY, lacks_method
from callproof.conformance.verdict import Check, Outcome
from callproof.contract.jsontypes import Json
from callproof.contract.operations import Side
from callproof.contract.requirements import Evidence

# Which row says that a request of the method is taken.
TAKEN = {
    "call-event": "CRM-EVENT-01",
    "calls-upload": "CRM-HISTORY-01",
    "customer-create": "CRM-CUSTOMER-01",
    "customer-edit": "CRM-CUSTOMER-02",
    "module-edit": "CRM-MODULE-02",
    "user-status": "CRM-USER-02",
}
# What a CRM does, keeps or answers, and which requests that may rest on.
RESTS_ON = {
    "crm keeps calls": ("calls-upload",),
    "crm keeps cards": ("call-event", "module-edit"),
    "crm keeps initiations": ("module-edit",),
    "crm keeps users": ("user-status",),
    "crm sends make-call": ("module-edit",),
    "crm sends record": ("calls-upload",),
    "crm sends status-notice": ("user-status", "module-edit"),
    "crm answers calls": ("calls-upload",),
    "crm answers customer": ("customer-create", "customer-edit"),
    "crm answers customers": ("customer-create", "customer-edit"),
    "crm answers customer-edit": ("customer-create",),
    "crm answers manager-lookup": ("customer-create", "module-edit", "user-status"),
    "crm answers module": ("module-edit",),
    "crm answers user": ("user-status",),
    "crm answers users": ("user-status",),
}
# What can end something by being taken.
SETTINGS = "module-edit"
# Evidence that gives a must the weight of another outcome.
_AS_GRAVE = {Outcome.WARNED: Evidence.PARAPHRASE, Outcome.NOTED: Evidence.INFERRED}
_REFUSED = 400


@dataclass
class Refusals:
    """Those of one scenario, as they are met; ``steps`` are all that it expects."""

    steps: Sequence[Expect]
    # By their ``ref``: the refusals that a step looked for and found.
    _wanted: set[str] = field(default_factory=set)
    _met: set[int] = field(default_factory=set)

    def met(self, step: Expect, found: Sequence[Seen]) -> None:
        """The step was met by these, oldest first."""
        if _wants_refusal(step):
            self._met.add(step.line)
            self._wanted.update(seen.ref for seen in found[-max(step.least, 1) :])

    def instead(self, check: Check, step: Expect, before: Sequence[Seen]) -> Check:
        """The check, or the one that a refusal among the messages ``before`` it answers for."""
        if not (check.problem and _may_follow(check, step)):
            return check
        names = [name for name in _rests_on(step) if not self._in_doubt(name)]
        for seen in before:
            name = seen.operation.name if seen.operation else ""
            if name in names and _is_refused(seen) and seen.ref not in self._wanted:
                return _turned(check, seen, TAKEN[name])
        return check

    def _in_doubt(self, name: str) -> bool:
        """Whether it may have been right to refuse one: what looks for that was not met."""
        steps = (step for step in self.steps if step.subject == name and _wants_refusal(step))
        return any(step.line not in self._met for step in steps)


def _rests_on(step: Expect) -> Sequence[str]:
    names = RESTS_ON.get(str(step), ())
    return names if step.least else [name for name in names if name == SETTINGS]


def _may_follow(check: Check, step: Expect) -> bool:
    """Whether it is about something that is not there, is there still, or not yet as it was to become."""
    if not step.least:
        return step.most == 0
    changes = step.verb is Verb.ANSWERS or step.subject == "users"
    return changes or (check.looked is not None and check.looked.too_few)


def _is_refused(seen: Seen) -> bool:
    return seen.asked_by is Side.PBX and seen.status is not None and seen.status >= _REFUSED


def _wants_refusal(step: Expect) -> bool:
    if step.verb is not Verb.ANSWERS or not step.least:
        return False
    every = [step.matching, *step.about.values()]
    patterns = [pattern for pattern in every if isinstance(pattern, Mapping)]
    said = any(pattern.get("success") is False for pattern in patterns)
    statuses = [step.status, *(pattern.get(STATUS) for pattern in patterns)]
    return said or any(number >= _REFUSED for status in statuses for number in _numbers(status))


def _numbers(pattern: Json) -> Iterator[int]:
    if isinstance(pattern, Mapping):
        for name, inner in pattern.items():
            yield from _numbers(inner) if name != "$not" else ()
    elif isinstance(pattern, list):
        for inner in pattern:
            yield from _numbers(inner)
    elif isinstance(pattern, int):
        yield pattern


def _turned(check: Check, seen: Seen, row: str) -> Check:
    said = seen.answer.get("errorMsg") if isinstance(seen.answer, Mapping) else None
    told = f"{seen.status} {said}" if isinstance(said, str) else str(seen.status)
    name = seen.operation.name if seen.operation else ""
    none = f"; a CRM that has no {name} names it under absent" if _has_none(seen, name) else ""
    return Check(
        row,
        str(seen),
        check.where,
        f"the request is refused with {told}, so what was to follow from it cannot be judged{none}",
        exchanges=(seen.ref,),
        evidence=_AS_GRAVE.get(check.outcome()),
    )


def _has_none(seen: Seen, name: str) -> bool:
    """Whether the CRM may have no such method at all, and need not."""
    return name not in OF_TELEPHONY and lacks_method(seen.status or 0, seen.answer)
