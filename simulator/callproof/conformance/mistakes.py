"""Mistakes that a scenario's form does not show: names that no step gives, operators that do not exist,
patterns that are none, arguments that an action does not know. All are found before anything is played.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from callproof.conformance import fresh
from callproof.conformance.actions import ACTIONS
from callproof.conformance.matching import OPERATORS
from callproof.conformance.patterns import compiled
from callproof.conformance.scenario import ANYTHING, BESIDE, CDR, KEPT, Verb
from callproof.contract.guide import GUIDES
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME, Side
from callproof.files.yamlfile import Document, Path_

# What plays in every scenario; these names may stand for members of an object as well.
PLAYING: Mapping[str, tuple[str, ...]] = dict.fromkeys([*GUIDES.names(), *sorted(fresh.NAMES)], ())
# What there is before the first step, with its members.
GIVEN: Mapping[str, tuple[str, ...]] = {
    **PLAYING,
    "module": ("code", "clientId"),
    "key": (),
    "period": (),
}
# What a later step can name of an exchange, and of what an end keeps.
OF_EXPECTED = ("id", "value", "status", "headers", "size", "body", "ref", "path", "unanswered")
OF_KEPT = ("value",)

_NAME = re.compile(r"\$([a-z]\w*)((?:\.\w+)*)")


class Names:
    """The names that a scenario has given until now; ``document`` says where a mistake stands."""

    def __init__(self, document: Document) -> None:
        self._document = document
        # None for what an end answers, whose members nobody knows beforehand.
        self._known: dict[str, tuple[str, ...] | None] = dict(GIVEN)

    def learn(self, name: str, members: tuple[str, ...] | None = None) -> None:
        self._known[name] = members

    def demand(self, step: JsonObject, kind: str, path: Path_) -> None:
        """Raises FileError for what a step of this kind says wrongly."""
        if kind == "do":
            self._arguments(step, path)
        elif kind == "expect":
            for member in ("after", "since"):
                step_before = step.get(member)
                if isinstance(step_before, str) and step_before not in self._known:
                    raise self._document.error((*path, member), self._unknown(step_before))
        counted: dict[str, tuple[str, ...] | None] = {"n": ()} if "copies" in step else {}
        for value, place in _parts(step, path):
            if isinstance(value, str):
                self._text(value, place, self._known | counted)
            elif kind == "expect":
                self._operators(value, place, BESIDE if place[len(path) : -1] == ("about",) else ())

    def demand_given(self, given: JsonObject) -> None:
        """The same of what is so before the first step."""
        for value, place in _parts(given, ("given",)):
            if isinstance(value, str):
                self._text(value, place, self._known)
                continue
            for name in value:
                self._text(name, (*place, name), self._known)

    def demand_subject(self, side: Side, verb: Verb, subject: str, path: Path_) -> None:
        """Raises FileError for what the side does not send, answer or keep."""
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

    def _arguments(self, step: JsonObject, path: Path_) -> None:
        action = str(step["do"])
        rule = ACTIONS[action]
        in_path = set(re.findall(r"{(\w+)}", rule.path))
        for name in step:
            if name not in in_path | set(rule.args) | {"do", "as", "if", "blames"}:
                raise self._document.error((*path, name), f"{action!r} has no argument {name!r}")
        for name in sorted(in_path - set(step)):
            raise self._document.error(path, f"{action!r} needs {name}")

    def _text(self, value: str, place: Path_, known: Mapping[str, tuple[str, ...] | None]) -> None:
        """``$name.member`` anywhere; within a text no name without a member but those of ``INSIDE``."""
        for found in _NAME.finditer(value):
            name, path = found[1], found[2].removeprefix(".")
            if found.start() == 0 or (name in known and path):
                self._named(name, path, place, known)
            elif name in known and name not in fresh.INSIDE:
                raise self._document.error(place, f"{found[0]} is filled in only where it stands alone")

    def _named(
        self, name: str, path: str, place: Path_, known: Mapping[str, tuple[str, ...] | None]
    ) -> None:
        if name not in known:
            raise self._document.error(place, self._unknown(name))
        members, first = known[name], path.partition(".")[0]
        if first and members is not None and first not in members:
            choices = f"; it has {', '.join(members)}" if members else ""
            raise self._document.error(place, f"${name} has no member {first!r}{choices}")

    def _operators(self, value: Mapping[str, Json], place: Path_, beside: tuple[str, ...]) -> None:
        for name in value:
            if not name.startswith("$") or name in beside or name[1:] in PLAYING:
                continue
            if name not in OPERATORS:
                raise self._document.error(
                    (*place, name), f"there is no operator {name!r}; there are {', '.join(OPERATORS)}"
                )
            if len(value) > 1:
                raise self._document.error((*place, name), f"{name} stands alone")
        if "$matches" in value:
            self._pattern(value["$matches"], (*place, "$matches"))

    def _pattern(self, pattern: Json, place: Path_) -> None:
        if not isinstance(pattern, str):
            raise self._document.error(place, f"$matches: {pattern!r} is no text")
        try:
            compiled(pattern)
        except ValueError as error:
            raise self._document.error(place, f"$matches: {pattern!r} is no pattern: {error}") from None

    def _unknown(self, name: str) -> str:
        known = ", ".join(sorted(self._known))
        return f"no step before this one gives the name {name!r}; known are {known}"


def _parts(value: Json, path: Path_) -> Iterator[tuple[str | Mapping[str, Json], Path_]]:
    """Every text and every object of a step, with its place; a regular expression is no text."""
    if isinstance(value, str):
        yield value, path
    elif isinstance(value, Mapping):
        yield value, path
        for name, inner in value.items():
            # Steps within a step are looked at one by one.
            if name not in ("$matches", "steps", "together"):
                yield from _parts(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _parts(inner, (*path, index))
