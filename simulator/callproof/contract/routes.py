"""Which method of the contract a request line means."""

import re
from collections.abc import Iterable

from callproof.contract.beyond import WORDS
from callproof.contract.operations import OPERATIONS, Operation

# What may stand for a ``{name}`` of a path; words such as ``create`` are methods, not customers.
A_PART = rf"(?!(?:{'|'.join(WORDS)})/?\Z)[^/]+"

Verbs = dict[str, Operation]


class Routes:
    """The methods of one receiver by path, literal paths before templates. One slash may end a path."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._literal: dict[str, Verbs] = {}
        templates: dict[str, Verbs] = {}
        for operation in operations:
            for path in operation.paths if operation.path else ():
                kind = templates if "{" in path else self._literal
                kind.setdefault(path, {})[operation.method] = operation
        self._templates = [
            (re.compile(re.sub(r"\{(\w+)\}", _part, path)), verbs)
            for path, verbs in sorted(templates.items(), key=lambda found: found[0].count("{"))
        ]

    def match(self, verb: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The method and the parts of the path."""
        for verbs, parts in self._at(path):
            if verb in verbs:
                return verbs[verb], parts
        return None

    def verbs(self, path: str) -> list[str]:
        """What may be done at a path, in the order of the alphabet; empty for an unknown one."""
        known = {verb for verbs, _ in self._at(path) for verb in verbs}
        return sorted(known | ({"HEAD"} if "GET" in known else set()))

    def _at(self, path: str) -> Iterable[tuple[Verbs, dict[str, str]]]:
        path = path[:-1] if path.endswith("/") else path
        if path in self._literal:
            yield self._literal[path], {}
        for pattern, verbs in self._templates:
            if found := pattern.fullmatch(path):
                yield verbs, found.groupdict()


def _part(found: "re.Match[str]") -> str:
    """A module may have any code."""
    return f"(?P<{found[1]}>{'[^/]+' if found[1] == 'code' else A_PART})"


OF_CRM = Routes(OPERATIONS)


def find(verb: str, path: str) -> Operation | None:
    """The CRM's method that answers this request line."""
    found = OF_CRM.match(verb, path)
    return found[0] if found else None
