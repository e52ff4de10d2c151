"""The names of a scenario while it is played, and what its steps say with the names filled in."""

import re
from collections.abc import Callable, Mapping

import orjson

from callproof.conformance import fresh
from callproof.conformance.judge import UnderTest
from callproof.conformance.scenario import BrokenScenario, Do, Expect, Send
from callproof.conformance.stimuli import Misconfigured
from callproof.contract.jsontypes import Json, JsonObject, reached
from callproof.contract.operations import Side

# A member that stands inside a text, as in a path or before a query.
_INSIDE = re.compile(r"\$([a-z]\w*)\.(\w+(?:\.\w+)*)")
_WORD = re.compile(r"\$([a-z]\w*)")
# What a path or a query begins with that stands behind an address.
_BEHIND = ("/", "?")


class Names:
    """``$module``, ``$key``, the names of the account, what is fresh in this run (``fresh.names``) and
    whatever the steps named until now.

    ``$module`` is what ``registered`` tells of the newest registration, else what the side says of itself.
    """

    def __init__(self, judged: UnderTest, key: str, registered: Callable[[], JsonObject] = dict) -> None:
        self._module: JsonObject = {"code": judged.code, "clientId": judged.client_id}
        self._told: set[str] = set()
        self._left_out: set[str] = set()
        self._registered = registered
        self._given = {**judged.account.names(), **fresh.names(judged.account, judged.run)}
        self._known: dict[str, Json] = {**self._given, "key": key}

    def learn(self, name: str, value: Json, *, told: bool = False) -> None:
        """``told`` by an end that was made to act, in the form of its control API or its stimuli."""
        self._known[name] = value
        self._told |= {name} if told else set()

    def number(self, name: str, journal: Side) -> int:
        """The number that the named exchange has in its journal, or the last one that was in this
        ``journal`` when somebody did what is named; 0 for anything else, and for a step that was left out.

        Raises BrokenScenario when nothing was found under the name.
        """
        found = self._known.get(name)
        if found is None and name in self._left_out:
            return 0
        if not isinstance(found, Mapping):
            raise BrokenScenario(f"after: {name}: nothing of that name was found")
        number = reached(found, "since", journal) if "since" in found else found.get("id")
        return number if isinstance(number, int) else 0

    def leaves_out(self, step: Do | Send | Expect) -> bool:
        """Whether a condition of its own does. What is to come after such a step comes after nothing."""
        without = isinstance(step, Expect) and bool(step.unless) and self.has(step.unless)
        left_out = without or not all(map(self.has, step.given))
        if left_out and not isinstance(step, Send):
            self._left_out.add(step.name)
        return left_out

    def begun(self, name: str) -> tuple[float, float]:
        """When the named step began, on the ends' clock and on the machine's monotonic one.

        Raises BrokenScenario when it is no step that somebody did.
        """
        at, really = (self._led_to(self._known.get(name), f"${name}", part) for part in ("at", "really"))
        if not isinstance(at, int | float) or not isinstance(really, int | float):
            raise BrokenScenario(f"since: {name}: nobody did anything of that name")
        return at, really

    def has(self, written: str) -> bool:
        """Whether there is what ``$row.value.recordUrl`` names, and it is not empty."""
        if written[1:].partition(".")[0] not in {*self._known, "module"}:
            return False
        try:
            return self.filled(written) not in (None, "")
        except BrokenScenario:
            return False

    def filled(self, value: Json, **more: Json) -> Json:
        """``$call.id`` becomes the member of what a step named, ``$settings.url/a?b=c`` the address with a
        path and a query; within a text ``$n``, ``$run`` and the other words of ``fresh.INSIDE`` are filled
        in.

        Raises BrokenScenario when there is no such member.
        """
        if isinstance(value, Mapping):
            return self.members(value, **more)
        if isinstance(value, list):
            return [self.filled(inner, **more) for inner in value]
        if not isinstance(value, str) or "$" not in value:
            return value
        names = self._known | more
        if "$module" in value:
            names = {**names, "module": {**self._module, **self._registered()}}
        head, _, path = value[1:].partition(".")
        if value.startswith("$") and head in names and not any(mark in path for mark in _BEHIND):
            return self._led_to(names[head], value, path)
        value = _INSIDE.sub(lambda part: self._within(part, names), value)
        return _WORD.sub(lambda part: _worded(part, names), value)

    def patterns(self, about: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
        """The same of what each row is about."""
        return {row: self.members(pattern) for row, pattern in about.items()}

    def members(self, value: Mapping[str, Json], **more: Json) -> JsonObject:
        """The same of an object; a name may also stand for one of its members, as in ``{$shop1: 2}``."""
        return {self._key(name): self.filled(inner, **more) for name, inner in value.items()}

    def texts(self, members: JsonObject) -> dict[str, str]:
        """The same of the parameters of a request: what is no text is JSON."""
        filled = self.members(members)
        return {
            name: value if isinstance(value, str) else orjson.dumps(value).decode()
            for name, value in filled.items()
        }

    def _key(self, name: str) -> str:
        return str(self._given.get(name[1:], name)) if name.startswith("$") else name

    def _within(self, part: re.Match[str], names: Mapping[str, Json]) -> str:
        name, path = part.groups()
        return str(self._led_to(names[name], part[0], path)) if name in names else part[0]

    def _led_to(self, found: Json, written: str, path: str) -> Json:
        name = written[1:].partition(".")[0]
        for part in path.split(".") if path else ():
            if isinstance(found, list) and part.isdecimal() and int(part) < len(found):
                found = found[int(part)]
                continue
            if not isinstance(found, Mapping) or part not in found:
                said = f"{written}: {name} has no {part}"
                raise BrokenScenario(said) from (Misconfigured(said) if name in self._told else None)
            found = found[part]
        return found


def _worded(part: re.Match[str], names: Mapping[str, Json]) -> str:
    return str(names[part[1]]) if part[1] in fresh.INSIDE and part[1] in names else part[0]
