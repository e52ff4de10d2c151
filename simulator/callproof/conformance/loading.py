"""Finds scenario files and reads them; every mistake in one is named by file and line."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

from callproof.conformance.scenario import (
    ANYTHING,
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
from callproof.contract.files import shipped
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import BY_NAME, Side
from callproof.contract.requirements import all_requirements
from callproof.contract.schemas import load
from callproof.errors import UnknownName
from callproof.exchange.faults import catalogue
from callproof.files.yamlfile import Document, Path_

KINDS = ("do", "send", "fault", "expect", "wait", "repeat")


def find(wanted: Sequence[str] = ()) -> list[Scenario]:
    """The shipped scenarios, or those that the arguments name: a file, a folder, an id or its beginning.

    Raises FileError for a broken file and UnknownName for an argument that names nothing.
    """
    root = shipped("scenarios")
    if not wanted:
        return [_load(path, root) for path in sorted(root.rglob("*.yaml"), key=lambda p: p.with_suffix(""))]
    found: dict[str, Scenario] = {}
    for name in wanted:
        for scenario in _named(name, root):
            found[scenario.file] = scenario
    return list(found.values())


def _named(name: str, root: Path) -> list[Scenario]:
    path = Path(name)
    if path.is_file():
        return [_load(path, root)]
    folder = path if path.is_dir() else root / name
    if folder.is_dir():
        files = sorted(folder.rglob("*.yaml"))
    else:
        ids = {file.relative_to(root).with_suffix("").as_posix(): file for file in root.rglob("*.yaml")}
        files = [ids[known] for known in sorted(ids) if known == name or known.startswith(name)]
    if not files:
        raise UnknownName(f"No scenario, file or folder is named {name!r}")
    return [_load(file, root) for file in files]


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
        self._demand("", self._document.data, ())
        data = cast(JsonObject, self._document.data)
        given = cast(JsonObject, data.get("given") or {})
        return Scenario(
            id=scenario_id,
            file=self._document.name,
            title=str(data["title"]),
            rule=" ".join(str(data.get("rule") or "").split()),
            given=Given(
                registered=bool(given.get("registered", True)),
                customers=tuple(cast(list[JsonObject], given.get("customers") or ())),
                users=cast(dict[str, JsonObject], given.get("users") or {}),
                upload_every=cast(float, given.get("upload_every") or 0),
            ),
            steps=self._steps(cast(list[JsonObject], data["steps"]), ("steps",)),
        )

    def _steps(self, steps: list[JsonObject], path: Path_) -> tuple[Step, ...]:
        return tuple(self._step(step, (*path, index)) for index, step in enumerate(steps))

    def _step(self, step: JsonObject, path: Path_) -> Step:
        kinds = [kind for kind in KINDS if kind in step]
        if len(kinds) != 1:
            raise self._document.error(path, f"a step has exactly one of {', '.join(KINDS)}")
        kind, line = kinds[0], self._document.line(path)
        self._demand(kind, step, path)
        match kind:
            case "do":
                return self._do(step, path)
            case "send":
                return self._send(step, path)
            case "expect":
                return self._expect(step, path)
            case "fault":
                return self._break(step, path)
            case "wait":
                return Wait(line, cast(float, step["wait"]))
            case _:
                inner = self._steps(cast(list[JsonObject], step["steps"]), (*path, "steps"))
                return Repeat(line, cast(int, step["repeat"]), inner)

    def _do(self, step: JsonObject, path: Path_) -> Do:
        args = {name: value for name, value in step.items() if name not in ("do", "as")}
        return Do(self._document.line(path), str(step["do"]), args, str(step.get("as") or ""))

    def _send(self, step: JsonObject, path: Path_) -> Send:
        line = self._document.line(path)
        name = str(step["send"])
        method, _, address = name.partition(" ")
        operation = BY_NAME.get(name)
        if operation is None and (method not in ("GET", "POST") or not address.startswith("/")):
            raise self._document.error(
                (*path, "send"), f"{name!r} is neither a method of the contract nor GET or POST and a path"
            )
        if operation is not None:
            parts = cast(JsonObject, step.get("path") or {})
            try:
                method, address = operation.method, operation.path.format(**parts)
            except KeyError as missing:
                raise self._document.error(path, f"path.{missing.args[0]} is missing") from None
        key = step.get("api_key")
        return Send(
            line=line,
            method=method,
            path=address,
            query=cast(JsonObject, step.get("query") or {}),
            form=cast(JsonObject, step.get("form") or {}),
            entity=operation.entity if operation else "",
            value=step.get("entity"),
            copies=cast(int, step.get("copies") or 0),
            api_key=str(key) if key is not None else None,
        )

    def _break(self, step: JsonObject, path: Path_) -> Break:
        name = str(step["fault"])
        if name not in catalogue():
            raise self._document.error(
                (*path, "fault"), f"there is no fault {name!r}; callproof faults lists them"
            )
        limits = {limit: value for limit, value in step.items() if limit != "fault"}
        return Break(self._document.line(path), name, limits)

    def _expect(self, step: JsonObject, path: Path_) -> Expect:
        words = str(step["expect"]).split(" ")
        try:
            side, verb, subject = Side(words[0]), Verb(words[1]), words[2]
        except (ValueError, IndexError):
            raise self._document.error(
                (*path, "expect"), "an expectation reads: crm or pbx, sends, answers or keeps, and what"
            ) from None
        self._demand_subject(side, verb, subject, path)
        proves = step["proves"]
        rows = (str(proves),) if isinstance(proves, str) else tuple(cast(list[str], proves))
        self._demand_rows(rows, side, path)
        least, most = self._times(step, path)
        return Expect(
            line=self._document.line(path),
            side=side,
            verb=verb,
            subject=subject,
            proves=rows,
            matching=step.get("with"),
            status=cast("int | None", step.get("status")),
            headers=cast(JsonObject, step.get("headers") or {}),
            least=least,
            most=most,
            after=str(step.get("after") or ""),
            within=cast(float, step.get("within") or 0.0),
            name=str(step.get("as") or ""),
        )

    def _times(self, step: JsonObject, path: Path_) -> tuple[int, int | None]:
        """How often it has to be: exactly once unless said otherwise."""
        bounds = "at least" in step or "at most" in step
        if bounds and "times" in step:
            raise self._document.error(path, "times excludes at least and at most")
        if not bounds:
            exactly = cast(int, step.get("times", 1))
            return exactly, exactly
        least, most = cast(int, step.get("at least", 0)), cast("int | None", step.get("at most"))
        if most is not None and least > most:
            raise self._document.error(path, f"at least {least} is more than at most {most}")
        return least, most

    def _demand_subject(self, side: Side, verb: Verb, subject: str, path: Path_) -> None:
        if verb is Verb.KEEPS:
            known: Iterable[str] = KEPT[side]
        elif verb is Verb.SENDS:
            known = [op.name for op in BY_NAME.values() if op.asked_by is side] + [ANYTHING]
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

    def _demand(self, part: str, value: object, path: Path_) -> None:
        """Check a part against its definition in the schema."""
        schema = load("scenario")
        if part:
            schema = {**cast(JsonObject, cast(JsonObject, schema["$defs"])[part])}
            schema["$defs"] = load("scenario")["$defs"]
        self._document.demand(schema, value, path)
