"""Finds scenario files and reads them; every mistake in one is named by file and line."""

import glob
from collections.abc import Iterable, Sequence
from os.path import commonpath
from pathlib import Path

import msgspec

from callproof.conformance.actions import ACTIONS
from callproof.conformance.mistakes import OF_EXPECTED, OF_KEPT, Names
from callproof.conformance.scenario import (
    Break,
    Do,
    Expect,
    Given,
    Leap,
    Repeat,
    Scenario,
    Send,
    Step,
    Together,
    Verb,
    Wait,
)
from callproof.contract.files import by_chapter, shipped
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME, Side
from callproof.contract.requirements import Evidence, all_requirements
from callproof.contract.schemas import load
from callproof.errors import UnknownName
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
    name: str = msgspec.field(name="as", default="")
    given: str | tuple[str, ...] = msgspec.field(name="if", default=())


class _Wait(msgspec.Struct):
    wait: float


class _Leap(msgspec.Struct):
    leap: float


class _Together(msgspec.Struct):
    together: list[JsonObject]


class _Repeat(msgspec.Struct):
    repeat: int
    steps: list[JsonObject]


def find(wanted: Sequence[str] = ()) -> list[Scenario]:
    """The shipped scenarios, or those that the arguments name: a file, a folder, an id or its beginning.

    The word of a chapter counts, not its number: ``96-trouble`` is ``11-trouble``.

    Raises FileError for a broken file and UnknownName for an argument that names nothing.
    """
    root = shipped("scenarios")
    files: dict[Path, Path] = {}
    for name in wanted:
        for file in _named(name, root):
            files.setdefault(file.resolve(), file)
    if not wanted:
        files = {file: file for file in _sorted(root.rglob("*.yaml"))}
    ids = scenario_ids(list(files), root, _common(wanted))
    return [_load(file, ids[resolved], root) for resolved, file in files.items()]


def _named(name: str, root: Path) -> list[Path]:
    path = Path(name)
    if path.is_file():
        return [path]
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
    return files


def scenario_ids(files: Sequence[Path], root: Path, common: Path) -> dict[Path, str]:
    """An id for each file, no two alike: below ``root`` its path there, elsewhere its path below
    ``common``, or below the nearest folder above that keeps them apart. Paths are resolved."""
    inside = {file: _id(file, root) for file in files if file.is_relative_to(root)}
    outside = [file for file in files if file not in inside]
    found = inside | {file: _id(file, common) for file in outside}
    while len(set(found.values())) < len(found) and common != common.parent:
        common = common.parent
        found = inside | {file: _id(file, common) for file in outside}
    if len(set(found.values())) < len(found):
        # Nothing but the ending tells them apart.
        return inside | {file: file.as_posix() for file in outside}
    return found


def _common(wanted: Sequence[str]) -> Path:
    """The folder that has everything of the user's own that was named."""
    named = [Path(name).resolve() for name in wanted if Path(name).exists()]
    return Path(commonpath([path if path.is_dir() else path.parent for path in named] or [Path.cwd()]))


def _id(file: Path, root: Path) -> str:
    return file.relative_to(root).with_suffix("").as_posix()


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


def _load(path: Path, scenario_id: str, root: Path) -> Scenario:
    inside = path.resolve().is_relative_to(root)
    document = Document(path, f"scenarios/{scenario_id}.yaml" if inside else str(path))
    return Reader(document).scenario(scenario_id)


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

    def _steps(self, steps: list[JsonObject], path: Path_) -> tuple[Step, ...]:
        return tuple(self._step(step, (*path, index)) for index, step in enumerate(steps))

    def _step(self, step: JsonObject, path: Path_) -> Step:
        kinds = [kind for kind in KINDS if kind in step]
        if len(kinds) != 1:
            raise self._document.error(path, f"a step has exactly one of {', '.join(KINDS)}")
        kind, line = kinds[0], self._document.line(path)
        definitions = load("scenario")["$defs"]
        self._document.demand({"$ref": f"#/$defs/{kind}", "$defs": definitions}, step, path)
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


def _all(given: str | tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given
