"""The names of a scenario while it is played, and what its steps say with the names filled in."""

import re
from collections.abc import Callable, Mapping

from callproof.conformance.scenario import BrokenScenario
from callproof.contract.jsontypes import Json, JsonObject, reached
from callproof.contract.operations import Side

# An address that a step named, with a query behind it.
_ADDRESS = re.compile(r"\$(\w+)\.([\w.]+)(?=\?)")
# A member that stands inside a text, as in a path.
_INSIDE = re.compile(r"\$([a-z]\w*)\.(\w+(?:\.\w+)*)")


class Names:
    """``$module``, ``$key`` and whatever the steps named until now.

    ``$module`` is what ``registered`` tells of the newest registration, else ``code`` and ``client_id``.
    """

    def __init__(
        self, code: str, client_id: str, key: str, registered: Callable[[], JsonObject] = dict
    ) -> None:
        self._module: JsonObject = {"code": code, "clientId": client_id}
        self._known: dict[str, Json] = {"key": key}
        self._registered = registered

    def learn(self, name: str, value: Json) -> None:
        self._known[name] = value

    def number(self, name: str, journal: Side) -> int:
        """The number that the named exchange has in its journal, or the last one that was in this
        ``journal`` when somebody did what is named; 0 for anything else.

        Raises BrokenScenario when nothing was found under the name.
        """
        found = self._known.get(name)
        if not isinstance(found, Mapping):
            raise BrokenScenario(f"after: {name}: nothing of that name was found")
        number = reached(found, "since", journal) if "since" in found else found.get("id")
        return number if isinstance(number, int) else 0

    def begun(self, name: str) -> tuple[float, float]:
        """When the named step began, on the ends' clock and on the machine's monotonic one.

        Raises BrokenScenario when it is no step that somebody did.
        """
        at, really = (_led_to(self._known.get(name), f"${name}", part) for part in ("at", "really"))
        if not isinstance(at, int | float) or not isinstance(really, int | float):
            raise BrokenScenario(f"since: {name}: nobody did anything of that name")
        return at, really

    def filled(self, value: Json, **more: Json) -> Json:
        """``$call.id`` becomes the member of what a step named, ``$settings.url?a=b`` the address with a
        query; ``$n`` in a text becomes the number.

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
        if (start := _ADDRESS.match(value)) and start[1] in names:
            return f"{_led_to(names[start[1]], start[0], start[2])}{value[start.end() :]}"
        head, _, path = value[1:].partition(".")
        if value.startswith("$") and head in names:
            return _led_to(names[head], value, path)
        value = _INSIDE.sub(lambda part: _within(part, names), value)
        return value.replace("$n", str(names["n"])) if "n" in names else value

    def patterns(self, about: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
        """The same of what each row is about."""
        return {row: self.members(pattern) for row, pattern in about.items()}

    def members(self, value: Mapping[str, Json], **more: Json) -> JsonObject:
        """The same of an object."""
        return {name: self.filled(inner, **more) for name, inner in value.items()}


def _within(part: re.Match[str], names: Mapping[str, Json]) -> str:
    name, path = part.groups()
    return str(_led_to(names[name], part[0], path)) if name in names else part[0]


def _led_to(found: Json, written: str, path: str) -> Json:
    for part in path.split(".") if path else ():
        if isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
            continue
        if not isinstance(found, Mapping) or part not in found:
            raise BrokenScenario(f"{written}: {written[1:].partition('.')[0]} has no {part}")
        found = found[part]
    return found
