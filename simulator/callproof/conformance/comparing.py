"""Which members of a message are compared with what happened: by the pattern of a step, or by code.

That something is there, or has some form or length, compares nothing. Neither does an earlier message
of the same kind, which may be wrong in the same way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from callproof.conformance.matching import OPERATORS
from callproof.conformance.scenario import BESIDE, BODY, PATH, STATUS, Expect
from callproof.contract.jsontypes import Json

# Where in a message: names, ``[]`` for each element of a list and ``*`` for each member of a map.
Place = tuple[str, ...]

THE_STATUS: Place = ("the status",)
THE_BODY: Place = ("the body",)
# Operators that ask for what stands in them, those that ask for a value of their own, and those for none.
THROUGH = ("$if-present", "$contains", "$json", "$one-of", "$set")
VALUES = ("$phone", "$as-text", "$date", "$audio", "$part")
FORMS = ("$any", "$absent", "$matches", "$length", "$not")


@dataclass(frozen=True)
class Compares:
    """What code compares of every message beside the steps of scenarios, and the ``row`` that it reddens;
    said next to that code.

    ``message`` is written as a scenario expects it, ``pbx sends cdr``, a member as its path,
    ``additionalCodes[].userId``.
    """

    row: str
    message: str
    members: tuple[str, ...]
    where: str = "every scenario"


@dataclass(frozen=True)
class Asked:
    """A value that a step asks for at a place; what differs reddens the ``row``."""

    row: str
    place: Place
    value: Json

    @property
    def named(self) -> tuple[str, Place]:
        """The step and the place in its message that the value is taken from: ``$created.value.id``."""
        if not (isinstance(self.value, str) and self.value.startswith("$")):
            return "", ()
        name, _, path = self.value[1:].partition(".")
        found = tuple(path.removeprefix("value").strip(".").split(".")) if path else ()
        return name, tuple("[]" if part.isdecimal() else part for part in found)


def asked(step: Expect) -> Iterator[Asked]:
    """Every value that the step asks for."""
    if step.most == 0:
        # That something never comes says nothing of what does.
        return
    for row in step.proves or step.about:
        yield from (Asked(row, place, value) for place, value in _values(step.matching, ()))
        if step.status is not None:
            yield Asked(row, THE_STATUS, step.status)
    for row, pattern in step.about.items():
        yield from (Asked(row, place, value) for place, value in _about(pattern))


def covers(place: Place, member: Place) -> bool:
    """Whether a value at the place says something of the member: they are one, or one is in the other."""
    return all(one in (name, "*") for name, one in zip(place, member, strict=False))


def _about(pattern: Mapping[str, Json]) -> Iterator[tuple[Place, Json]]:
    for name, inner in pattern.items():
        if name == STATUS:
            yield THE_STATUS, inner
        elif name == BODY:
            yield from ((THE_BODY, value) for _, value in _values(inner, ()))
        elif name == PATH:
            yield from _values(inner, ())
        elif name not in BESIDE:
            yield from _values({name: inner}, ())


def _values(pattern: Json, place: Place) -> Iterator[tuple[Place, Json]]:
    if isinstance(pattern, Mapping):
        for name, inner in pattern.items():
            if name in VALUES:
                yield place, inner
            elif name in THROUGH:
                choices = inner if name in ("$one-of", "$set") and isinstance(inner, list) else [inner]
                below = (*place, "[]") if name in ("$contains", "$set") else place
                for choice in choices:
                    yield from _values(choice, below)
            elif name not in OPERATORS:
                yield from _values(inner, (*place, name))
    elif isinstance(pattern, list) and pattern:
        for element in pattern:
            yield from _values(element, (*place, "[]"))
    elif pattern is not None:
        yield place, pattern
