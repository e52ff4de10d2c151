"""The names of a scenario while it is played, and what its steps say with the names filled in."""

import re
from collections.abc import Mapping

from callproof.conformance.scenario import BrokenScenario
from callproof.contract.jsontypes import Json, JsonObject

# An address that a step named, with a query behind it.
_ADDRESS = re.compile(r"\$(\w+)\.([\w.]+)(?=\?)")


class Names:
    """``$module``, ``$key`` and whatever the steps named until now."""

    def __init__(self, code: str, client_id: str, key: str) -> None:
        self._code = code
        self._known: dict[str, Json] = {"module": {"code": code, "clientId": client_id}, "key": key}

    def learn(self, name: str, value: Json) -> None:
        self._known[name] = value

    def number(self, name: str) -> int:
        """The number that the named exchange has in its journal, 0 for what is no exchange.

        Raises BrokenScenario when nothing was found under the name.
        """
        found = self._known.get(name)
        if not isinstance(found, Mapping):
            raise BrokenScenario(f"after: {name}: nothing of that name was found")
        number = found.get("id")
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
        if (start := _ADDRESS.match(value)) and start[1] in names:
            return f"{_led_to(names[start[1]], start[0], start[2])}{value[start.end() :]}"
        head, _, path = value[1:].partition(".")
        if value.startswith("$") and head in names:
            return _led_to(names[head], value, path)
        value = value.replace("$module.code", self._code)
        return value.replace("$n", str(names["n"])) if "n" in names else value

    def patterns(self, about: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
        """The same of what each row is about."""
        return {row: self.members(pattern) for row, pattern in about.items()}

    def members(self, value: Mapping[str, Json], **more: Json) -> JsonObject:
        """The same of an object."""
        return {name: self.filled(inner, **more) for name, inner in value.items()}


def _led_to(found: Json, written: str, path: str) -> Json:
    for part in path.split(".") if path else ():
        if not isinstance(found, Mapping) or part not in found:
            raise BrokenScenario(f"{written}: {written[1:].partition('.')[0]} has no {part}")
        found = found[part]
    return found
