"""The names of a scenario while it is played, and what its steps say with the names filled in."""

from collections.abc import Mapping

from callproof.conformance.judge import UnderTest
from callproof.conformance.scenario import BrokenScenario
from callproof.conformance.stimuli import Misconfigured
from callproof.contract.jsontypes import Json, JsonObject


class Names:
    """``$module``, ``$key``, ``$run``, the names of the account and whatever the steps named until now."""

    def __init__(self, judged: UnderTest, key: str) -> None:
        self._code = judged.code
        self._run = judged.run
        self._told: set[str] = set()
        self._known: dict[str, Json] = {
            **judged.account.names(),
            "module": {"code": judged.code, "clientId": judged.client_id},
            "key": key,
            "run": judged.run,
        }

    def learn(self, name: str, value: Json, *, told: bool = False) -> None:
        """``told`` by an end that was made to act, in the form of its control API or its stimuli."""
        self._known[name] = value
        self._told |= {name} if told else set()

    def number(self, name: str) -> int:
        """The number that the named exchange has in its journal, 0 for what is no exchange.

        Raises BrokenScenario when nothing was found under the name.
        """
        found = self._known.get(name)
        if not isinstance(found, Mapping):
            raise BrokenScenario(f"after: {name}: nothing of that name was found")
        number = found.get("id")
        return number if isinstance(number, int) else 0

    def filled(self, value: Json, **more: Json) -> Json:
        """``$call.id`` becomes the member of what a step named; ``$n`` in a text becomes the number
        and ``$run`` the word of the run.

        Raises BrokenScenario when there is no such member.
        """
        if isinstance(value, Mapping):
            return self.members(value, **more)
        if isinstance(value, list):
            return [self.filled(inner, **more) for inner in value]
        if not isinstance(value, str) or "$" not in value:
            return value
        names = self._known | more
        head, _, path = value[1:].partition(".")
        if value.startswith("$") and head in names:
            return self._led_to(names[head], value, path)
        value = value.replace("$module.code", self._code).replace("$run", self._run)
        return value.replace("$n", str(names["n"])) if "n" in names else value

    def patterns(self, about: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
        """The same of what each row is about."""
        return {row: self.members(pattern) for row, pattern in about.items()}

    def members(self, value: Mapping[str, Json], **more: Json) -> JsonObject:
        """The same of an object."""
        return {name: self.filled(inner, **more) for name, inner in value.items()}

    def _led_to(self, found: Json, written: str, path: str) -> Json:
        name = written[1:].partition(".")[0]
        for part in path.split(".") if path else ():
            if not isinstance(found, Mapping) or part not in found:
                said = f"{written}: {name} has no {part}"
                raise BrokenScenario(said) from (Misconfigured(said) if name in self._told else None)
            found = found[part]
        return found
