"""Finds scenario files and reads them; every mistake in one is named by file and line."""

import glob
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from callproof.conformance.drivers import ACTIONS
from callproof.conformance.scenario import (
    ANYTHING,
    CDR,
    KEPT,
    Break,
    Do,
    Expect,
    Given,
    Repeat,
    Scenario,
    Send,
    Step,
    Verb,
    Wait,
)
from callproof.contract.files import by_chapter, shipped
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME, Side
from callproof.contract.requirements import all_requirements
from callproof.contract.schemas import load
from callproof.errors import UnknownName
from callproof.exchange.faults import catalogue
from callproof.files.typed import typed
from callproof.files.yamlfile import Document, Path_

KINDS = ("do", "send", "fault", "expect", "wait", "repeat")


class _ScenarioYaml(msgspec.Struct):
    title: str
    steps: list[JsonObject]
    rule: str = ""
    given: Given = Given()


class _Do(msgspec.Struct):
    do: str
    name: str = msgspec.field(name="as", default="")
    blames: str | tuple[str, ...] = ()


class _Send(msgspec.Struct, rename="kebab"):
    send: str
    path: JsonObject = {}
    query: JsonObject = {}
    form: JsonObject = {}
    entity: Json = None
    copies: int = 0
    api_key: str | None = None


class _Expect(msgspec.Struct, rename="kebab"):
    expect: str
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
    name: str = msgspec.field(name="as", default="")


class _Wait(msgspec.Struct):
    wait: float


class _Repeat(msgspec.Struct):
    repeat: int
    steps: list[JsonObject]


def find(wanted: Sequence[str] = ()) -> list[Scenario]:
    """The shipped scenarios, or those that the arguments name: a file, a folder, an id or its beginning.

    The word of a chapter counts, not its number: ``96-trouble`` is ``11-trouble``.

    Raises FileError for a broken file and UnknownName for an argument that names nothing.
    """
    root = shipped("scenarios")
    if not wanted:
        return [_load(path, root) for path in _sorted(root.rglob("*.yaml"))]
    found: dict[str, Scenario] = {}
    for name in wanted:
        for scenario in _named(name, root):
            found[scenario.file] = scenario
    return list(found.values())


def _named(name: str, root: Path) -> list[Scenario]:
    path = Path(name)
    if path.is_file():
        return [_load(path, root)]
    if not path.is_dir():
        name = _numbered(name, root)
    folder = path if path.is_dir() else root / name
    if folder.is_dir():
        files = _sorted(folder.rglob("*.yaml"))
    else:
        # A number is that of a chapter: 1 is not the beginning of 10 and 11.
        beginning = f"{name}-" if name.isdecimal() else name
        ids = {file: file.relative_to(root).with_suffix("").as_posix() for file in root.rglob("*.yaml")}
        files = _sorted(file for file in ids if ids[file].startswith(beginning))
    if not files:
        raise UnknownName(f"No scenario, file or folder is named {name!r}")
    return [_load(file, root) for file in files]


def _numbered(name: str, root: Path) -> str:
    """An id with the number that its chapter has now: what CI files name outlives a new numbering."""
    number, dash, rest = name.partition("-")
    if not (dash and number.isdecimal()):
        return name
    word, slash, scenario = rest.partition("/")
    chapter = next((folder.name for folder in root.glob(f"*-{glob.escape(word)}")), None)
    return f"{chapter}{slash}{scenario}" if chapter else name


def _sorted(files: Iterable[Path]) -> list[Path]:
    return sorted(files, key=lambda file: by_chapter(file.with_suffix("")))


def _load(path: Path, root: Path) -> Scenario:
    resolved = path.resolve()
    inside = resolved.is_relative_to(root)
    scenario_id = resolved.relative_to(root).with_suffix("").as_posix() if inside else path.stem
    document = Document(path, f"scenarios/{scenario_id}.yaml" if inside else str(path))
    return Reader(document).scenario(scenario_id)


class Reader:
    """Turns a document into a scenario; every error names file and line."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def scenario(self, scenario_id: str) -> Scenario:
        self._document.demand(load("scenario"), self._document.data)
        read = typed(self._document, _ScenarioYaml)
        return Scenario(
            id=scenario_id,
            file=self._document.name,
            title=read.title,
            rule=" ".join(read.rule.split()),
            given=read.given,
            steps=self._steps(read.steps, ("steps",)),
        )

    def _steps(self, steps: list[JsonObject], path: Path_) -> tuple[Step, ...]:
        return tuple(self._step(step, (*path, index)) for index, step in enumerate(steps))

    def _step(self, step: JsonObject, path: Path_) -> Step:
        kinds = [kind for kind in KINDS if kind in step]
        if len(kinds) != 1:
            raise self._document.error(path, f"a step has exactly one of {', '.join(KINDS)}")
        kind, line = kinds[0], self._document.line(path)
        definitions = load("scenario")["$defs"]
        self._document.demand({"$ref": f"#/$defs/{kind}", "$defs": definitions}, step, path)
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
            case _:
                again = typed(self._document, _Repeat, step, path)
                return Repeat(line, again.repeat, self._steps(again.steps, (*path, "steps")))

    def _do(self, step: JsonObject, path: Path_) -> Do:
        args = {name: value for name, value in step.items() if name not in ("do", "as", "blames")}
        named = typed(self._document, _Do, step, path)
        rows = (named.blames,) if isinstance(named.blames, str) else named.blames
        self._demand_rows(rows, ACTIONS[named.do].end, path)
        return Do(self._document.line(path), named.do, args, named.name, rows)

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
        self._demand_subject(side, verb, subject, path)
        rows = (step.proves,) if isinstance(step.proves, str) else step.proves
        self._demand_rows((*rows, *step.about), side, path)
        if not (rows or step.about):
            raise self._document.error(path, "an expectation names the rows that it proves or is about")
        least, most = self._times(step, path)
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
            name=step.name,
            about=step.about,
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

    def _demand_subject(self, side: Side, verb: Verb, subject: str, path: Path_) -> None:
        if verb is Verb.KEEPS:
            known: Iterable[str] = KEPT[side]
        elif verb is Verb.SENDS:
            known = [op.name for op in BY_NAME.values() if op.asked_by is side] + [ANYTHING]
            known += [CDR] if side is Side.PBX else []
        else:
            known = [op.name for op in BY_NAME.values() if op.answered_by is side] + [ANYTHING]
        if subject not in known:
            choices = ", ".join(known)
            raise self._document.error((*path, "expect"), f"the {side} {verb} one of: {choices}")

    def _demand_rows(self, rows: tuple[str, ...], side: Side, path: Path_) -> None:
        for row in rows:
            requirement = all_requirements().get(row)
            if requirement is None:
                raise self._document.error((*path, "proves"), f"there is no requirement {row}")
            if requirement.side is not side:
                raise self._document.error(
                    (*path, "proves"), f"{row} binds the {requirement.side}, this step judges the {side}"
                )
