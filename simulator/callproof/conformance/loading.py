"""Reads scenario files; every mistake in one is named by file and line."""

from collections.abc import Sequence
from functools import cache

import msgspec

from callproof.conformance.actions import ACTIONS
from callproof.conformance.mistakes import OF_EXPECTED, OF_KEPT, Names
from callproof.conformance.scenario import (
    Break,
    Do,
    Expect,
    Given,
    Leap,
    Period,
    Repeat,
    Scenario,
    Send,
    Step,
    Together,
    Verb,
    Wait,
)
from callproof.conformance.scenario_files import ScenarioFile, scenario_files
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME, Side
from callproof.contract.requirements import Evidence, all_requirements
from callproof.contract.schemas import load
from callproof.exchange.faults import catalogue
from callproof.files.typed import typed
from callproof.files.yamlfile import Document, Path_

KINDS = ("do", "send", "fault", "expect", "wait", "leap", "repeat", "together")


class _ScenarioYaml(msgspec.Struct):
    title: str
    steps: list[JsonObject]
    rule: str = ""
    given: Given = Given()


class _Do(msgspec.Struct):
    action: str = msgspec.field(name="do")
    name: str = msgspec.field(name="as", default="")
    given: str | tuple[str, ...] = msgspec.field(name="if", default=())
    blames: str | tuple[str, ...] = ()


class _Send(msgspec.Struct, rename="kebab"):
    send: str
    given: str | tuple[str, ...] = msgspec.field(name="if", default=())
    path: JsonObject = {}
    query: JsonObject = {}
    form: JsonObject = {}
    entity: Json = None
    change: JsonObject = {}
    copies: int = 0
    api_key: str | None = None
    multipart: bool = False


class _Expect(msgspec.Struct, rename="kebab"):
    expect: str
    unless: str = ""
    proves: str | tuple[str, ...] = ()
    about: dict[str, JsonObject] = {}
    matching: Json = msgspec.field(name="with", default=None)
    status: Json = None
    headers: JsonObject = {}
    times: int | None = None
    at_least: int | None = None
    at_most: int | None = None
    after: str = ""
    within: float = 0.0
    since: str = ""
    evidence: Evidence | None = None
    because: str = ""
    case: str = ""
    name: str = msgspec.field(name="as", default="")
    given: str | tuple[str, ...] = msgspec.field(name="if", default=())


class _Wait(msgspec.Struct):
    wait: float | Period


class _Leap(msgspec.Struct):
    leap: float


class _Together(msgspec.Struct):
    together: list[JsonObject]


class _Repeat(msgspec.Struct):
    repeat: int
    steps: list[JsonObject]


def find(wanted: Sequence[str] = ()) -> list[Scenario]:
    """The shipped scenarios, or those that the arguments name: a file, a folder, an id or its beginning.

    Raises FileError for a broken file and UnknownName for an argument that names nothing.
    """
    return [_load(found) for found in scenario_files(wanted)]


def _load(found: ScenarioFile) -> Scenario:
    return Reader(Document(found.path, found.shown_as)).scenario(found.id)


class Reader:
    """Turns a document into a scenario; every error names file and line."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._names = Names(document)

    def scenario(self, scenario_id: str) -> Scenario:
        self._document.demand(load("scenario"), self._document.data)
        read = typed(self._document, _ScenarioYaml)
        self._names.demand_given(msgspec.json.decode(msgspec.json.encode(read.given)))
        return Scenario(
            id=scenario_id,
            file=self._document.name,
            title=read.title,
            rule=" ".join(read.rule.split()),
            given=read.given,
            steps=self._steps(read.steps, ("steps",)),
        )

    def step(self, written: JsonObject) -> Step:
        """One more step of a scenario that is made up while it is played."""
        return self._step(written, ("steps",))

    def _steps(self, steps: list[JsonObject], path: Path_) -> tuple[Step, ...]:
        return tuple(self._step(step, (*path, index)) for index, step in enumerate(steps))

    def _step(self, step: JsonObject, path: Path_) -> Step:
        kinds = [kind for kind in KINDS if kind in step]
        if len(kinds) != 1:
            raise self._document.error(path, f"a step has exactly one of {', '.join(KINDS)}")
        kind, line = kinds[0], self._document.line(path)
        self._document.demand(_schema_of(kind), step, path)
        self._names.demand(step, kind, path)
        match kind:
            case "do":
                return self._do(step, path)
            case "send":
                return self._send(typed(self._document, _Send, step, path), path)
            case "expect":
                return self._expect(typed(self._document, _Expect, step, path), path)
            case "fault":
                return self._break(step, path)
            case "wait":
                return Wait(line, typed(self._document, _Wait, step, path).wait)
            case "together":
                inner = typed(self._document, _Together, step, path)
                return Together(line, self._steps(inner.together, (*path, "together")))
            case "leap":
                return Leap(line, typed(self._document, _Leap, step, path).leap)
            case _:
                again = typed(self._document, _Repeat, step, path)
                self._names.learn("n", ())
                return Repeat(line, again.repeat, self._steps(again.steps, (*path, "steps")))

    def _do(self, step: JsonObject, path: Path_) -> Do:
        args = {name: value for name, value in step.items() if name not in ("do", "as", "if", "blames")}
        known = typed(self._document, _Do, step, path)
        rows = _all(known.blames)
        self._demand_rows(rows, ACTIONS[known.action].end, path)
        if known.name:
            self._names.learn(known.name)
        line = self._document.line(path)
        return Do(line, known.action, args, name=known.name, given=_all(known.given), blames=rows)

    def _send(self, step: _Send, path: Path_) -> Send:
        method, _, address = step.send.partition(" ")
        operation = BY_NAME.get(step.send)
        if operation is None and (method not in ("GET", "POST") or not address.startswith("/")):
            raise self._document.error(
                (*path, "send"),
                f"{step.send!r} is neither a method of the contract nor GET or POST and a path",
            )
        if operation is not None:
            try:
                method, address = operation.method, operation.path.format(**step.path)
            except KeyError as missing:
                raise self._document.error(path, f"path.{missing.args[0]} is missing") from None
        if step.change and (step.send != "module-edit" or step.entity is not None):
            said = "module-edit alone has a change, in place of an entity"
            raise self._document.error((*path, "change"), said)
        return Send(
            line=self._document.line(path),
            method=method,
            path=address,
            query=step.query,
            form=step.form,
            entity=operation.entity if operation else "",
            value=step.entity,
            copies=step.copies,
            api_key=step.api_key,
            change=step.change,
            multipart=step.multipart,
            given=_all(step.given),
        )

    def _break(self, step: JsonObject, path: Path_) -> Break:
        name = str(step["fault"])
        if name not in catalogue():
            raise self._document.error(
                (*path, "fault"), f"there is no fault {name!r}; callproof faults lists them"
            )
        limits = {limit: value for limit, value in step.items() if limit != "fault"}
        return Break(self._document.line(path), name, limits)

    def _expect(self, step: _Expect, path: Path_) -> Expect:
        words = step.expect.split(" ")
        try:
            side, verb, subject = Side(words[0]), Verb(words[1]), words[2]
        except (ValueError, IndexError):
            raise self._document.error(
                (*path, "expect"), "an expectation reads: crm or pbx, sends, answers or keeps, and what"
            ) from None
        self._names.demand_subject(side, verb, subject, path)
        rows = (step.proves,) if isinstance(step.proves, str) else step.proves
        self._demand_rows((*rows, *step.about), side, path)
        if not (rows or step.about):
            raise self._document.error(path, "an expectation names the rows that it proves or is about")
        least, most = self._times(step, path)
        if step.name:
            self._names.learn(step.name, OF_KEPT if verb is Verb.KEEPS else OF_EXPECTED)
        return Expect(
            line=self._document.line(path),
            side=side,
            verb=verb,
            subject=subject,
            proves=rows,
            matching=step.matching,
            status=step.status,
            headers=step.headers,
            least=least,
            most=most,
            after=step.after,
            within=step.within,
            since=step.since,
            evidence=step.evidence,
            because=step.because,
            case=step.case,
            name=step.name,
            about=step.about,
            unless=step.unless,
            given=_all(step.given),
        )

    def _times(self, step: _Expect, path: Path_) -> tuple[int, int | None]:
        """How often it has to be: exactly once unless said otherwise."""
        if step.at_least is None and step.at_most is None:
            exactly = 1 if step.times is None else step.times
            return exactly, exactly
        if step.times is not None:
            raise self._document.error(path, "times excludes at-least and at-most")
        least, most = step.at_least or 0, step.at_most
        if most is not None and least > most:
            raise self._document.error(path, f"at least {least} is more than at most {most}")
        return least, most

    def _demand_rows(self, rows: tuple[str, ...], side: Side, path: Path_) -> None:
        for row in rows:
            requirement = all_requirements().get(row)
            if requirement is None:
                raise self._document.error((*path, "proves"), f"there is no requirement {row}")
            if requirement.side is not side:
                raise self._document.error(
                    (*path, "proves"), f"{row} binds the {requirement.side}, this step judges the {side}"
                )


@cache
def _schema_of(kind: str) -> JsonObject:
    """That of a step of this kind."""
    return {"$ref": f"#/$defs/{kind}", "$defs": load("scenario")["$defs"]}


def _all(given: str | tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given
