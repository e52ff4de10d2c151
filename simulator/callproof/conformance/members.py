"""Every member of every message of the contract: who compares its value with what happened, or why nobody.

The members come from the schemas; what compares them from the scenarios and from what code says of itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import msgspec

from callproof.conformance import coherence, judge, keeping, loading, statuses, story
from callproof.conformance.comparing import THE_BODY, THE_STATUS, Asked, Compares, Place, asked, covers
from callproof.conformance.scenario import (
    ANYTHING,
    CDR,
    Expect,
    Repeat,
    Scenario,
    Send,
    Step,
    Together,
    Verb,
)
from callproof.contract import routes, schemas
from callproof.contract.files import shipped
from callproof.contract.jsontypes import Json
from callproof.contract.operations import OPERATIONS, Operation, Side
from callproof.files.typed import typed
from callproof.files.yamlfile import Document

REFUSES = "crm refuses"
KEEPS_CALLS = "crm keeps calls"
# Stands for every member of a message that nothing compares.
THE_REST = "the rest"
SCHEMA = "schema"
# In the place of a row, for what the CRM hears.
HEARD = "heard"

IN_CODE: tuple[Compares, ...] = (
    *judge.COMPARES,
    *story.COMPARES,
    *coherence.COMPARES,
    *keeping.COMPARES,
    *statuses.COMPARES,
)


@dataclass(frozen=True)
class Member:
    """``message`` is written as a scenario expects it, or ``crm hears`` and the name of a method."""

    message: str
    place: Place

    @property
    def path(self) -> str:
        return ".".join(self.place).replace(".[]", "[]")


@dataclass
class Fate:
    """What becomes of a member: the ``rows`` that a wrong value reddens, each with what compares it, which
    is the id of a scenario, ``schema``, ``every message`` or
    ``every scenario``; or the ``reason`` why nothing does. For what
    the CRM hears there are the scenarios, under HEARD."""

    rows: dict[str, list[str]] = field(default_factory=dict)
    reason: str = ""

    def add(self, row: str, by: str) -> None:
        found = self.rows.setdefault(row, [])
        if by not in found:
            found.append(by)


class _Unjudged(msgspec.Struct, forbid_unknown_fields=True):
    reason: str
    members: dict[str, list[str]]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    reasons: list[_Unjudged]


@cache
def fates() -> dict[Member, Fate]:
    """Every member of what the sides say to each other, in the order of the contract, and then of what the
    CRM hears from a PBX: there the scenarios in which it does.

    Raises FileError for a reason that is given without need, or for what is not there.
    """
    found = _compared() | _heard()
    path = shipped("schemas") / "unjudged.yaml"
    explain(found, Document(path, f"schemas/{path.name}"))
    return found


def explain(found: Mapping[Member, Fate], document: Document) -> None:
    """Give each member that nothing compares the reason that the file has for it. Raises FileError."""
    for index, group in enumerate(typed(document, _File).reasons):
        for message, names in group.members.items():
            where = ("reasons", index, "members", message)
            for name in names:
                meant = _meant(found, message, name)
                if not meant:
                    raise document.error(where, f"there is no member {name} of {message}")
                for member in meant:
                    if found[member].rows:
                        raise document.error(where, f"{message}: {member.path} is compared after all")
                    found[member].reason = " ".join(group.reason.split())


def _meant(found: Mapping[Member, Fate], message: str, name: str) -> list[Member]:
    if name == THE_REST:
        return [one for one, fate in found.items() if one.message == message and not fate.rows]
    return [one for one in (_member(message, name),) if one in found]


def _compared() -> dict[Member, Fate]:
    found = {member: Fate() for operation in OPERATIONS for member in _said(operation)}
    for place in (THE_STATUS, *_places(schemas.load("answers/error"))):
        found[Member(REFUSES, place)] = Fate()
    for place in _places(_each(schemas.load("payloads/calls-upload"))):
        found[Member(KEEPS_CALLS, place)] = Fate()
    for member, fate in found.items():
        if member.place == ("success",):
            fate.add("CRM-API-01", SCHEMA)
    for one in IN_CODE:
        for path in one.members:
            found[_member(one.message, path)].add(one.row, one.where)
    for scenario in loading.find():
        _by_steps(scenario, found)
    return found


def _said(operation: Operation) -> Iterator[Member]:
    """The members of a request, beginning with those of its path, and of its answer."""
    sends = f"{operation.asked_by} sends {CDR if operation.name == 'calls-upload' else operation.name}"
    for place in _asked_with(operation):
        yield Member(sends, place)
    answers = f"{operation.answered_by} answers {operation.name}"
    yield Member(answers, THE_STATUS)
    if operation.name == "record":
        yield Member(answers, THE_BODY)
    if operation.answer_schema:
        yield from (Member(answers, place) for place in _places(schemas.load(operation.answer_schema)))


def _asked_with(operation: Operation) -> list[Place]:
    parts = [(part.partition("}")[0],) for part in operation.path.split("{")[1:]]
    known = [schema for schema in (operation.entity_schema, operation.query_schema) if schema]
    inside = [place for schema in known for place in _places(_each(schemas.load(schema)))]
    return list(dict.fromkeys([*parts, *inside]))


def _each(schema: Mapping[str, Json]) -> Json:
    """Of a list that is a message as a whole: what each element is."""
    return schema["items"] if schema.get("type") == "array" else schema


def _places(schema: Json, place: Place = ()) -> Iterator[Place]:
    """Where the schema lets a value stand that has no members of its own."""
    if not isinstance(schema, Mapping):
        return
    schema = schemas.resolve(schema)
    choices, members = schema.get("anyOf"), schema.get("properties")
    if isinstance(choices, list):
        # The first is the one that says something.
        yield from _places(choices[0], place)
    elif isinstance(members, Mapping):
        for name, inner in members.items():
            yield from _places(inner, (*place, name))
    elif isinstance(inner := schema.get("additionalProperties"), Mapping):
        yield from _places(inner, (*place, "*"))
    elif isinstance(inner := schema.get("items"), Mapping):
        yield from _places(inner, (*place, "[]"))
    else:
        yield place


def _member(message: str, path: str) -> Member:
    return Member(message, tuple(path.replace("[]", ".[]").split(".")))


def _by_steps(scenario: Scenario, found: Mapping[Member, Fate]) -> None:
    """Add what the steps of a scenario compare."""
    messages: dict[str, str] = {}
    for step in scenario.expectations:
        message = _message(step)
        for value in asked(step):
            name, place = value.named
            earlier = messages.get(name, "")
            if earlier == message:
                continue
            _add(found, message, value, scenario.id)
            if earlier.partition(" ")[0] == str(step.side) and place:
                # Two messages of one side are held against each other.
                _add(found, earlier, Asked(value.row, place, None), scenario.id)
        if step.name:
            messages[step.name] = message


def _add(found: Mapping[Member, Fate], message: str, value: Asked, by: str) -> None:
    for member, fate in found.items():
        if member.message == message and covers(value.place, member.place):
            fate.add(value.row, by)


def _message(step: Expect) -> str:
    """Which message the step is about; a refusal is one, whatever was asked for."""
    refused = step.subject == ANYTHING or any(map(_refuses, (step.matching, *step.about.values())))
    if step.verb is Verb.ANSWERS and step.side is Side.CRM and refused:
        return REFUSES
    if step.verb is Verb.SENDS and step.subject == "calls-upload":
        return f"{step.side} sends {CDR}"
    return str(step)


def _refuses(pattern: Json) -> bool:
    return isinstance(pattern, Mapping) and ("errorMsg" in pattern or pattern.get("success") is False)


def _heard() -> dict[Member, Fate]:
    """What a PBX asks of the CRM, and the scenarios in which it does so at the bench's bidding."""
    asked_of_crm = [operation for operation in OPERATIONS if operation.asked_by is Side.PBX]
    found = {
        Member(f"crm hears {operation.name}", place): Fate()
        for operation in asked_of_crm
        for place in _asked_with(operation)
    }
    for scenario in loading.find():
        sent = [one for step in _sends(scenario.steps) for one in _sent(step)]
        sent += [("customer-create", place) for made in scenario.given.customers for place in _leaves(made)]
        for name, place in dict.fromkeys(sent):
            for member, fate in found.items():
                if member.message == f"crm hears {name}" and covers(place, member.place):
                    fate.add(HEARD, scenario.id)
    return found


def _sends(steps: tuple[Step, ...]) -> Iterator[Send]:
    for step in steps:
        if isinstance(step, Send):
            yield step
        elif isinstance(step, Repeat | Together):
            yield from _sends(step.steps)


def _sent(step: Send) -> Iterator[tuple[str, Place]]:
    """The method that is asked, with each member that it is asked with."""
    found = routes.OF_CRM.match(step.method, step.path)
    if found is None:
        return
    operation, parts = found
    for name in (*step.query, *step.form):
        yield operation.name, tuple(part.rstrip("]") or "[]" for part in name.split("["))
    yield from ((operation.name, (name,)) for name in parts)
    for value in (*(step.value if isinstance(step.value, list) else [step.value]), step.change):
        yield from ((operation.name, place) for place in _leaves(value))


def _leaves(value: Json, place: Place = ()) -> Iterator[Place]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, (*place, name))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, (*place, "[]"))
    elif value is not None:
        yield place
