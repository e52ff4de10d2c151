"""Comparing what was expected with what was seen, member by member, in words for a reader.

A pattern is plain data. An object asks for the members that it names and lets others be; a list has to
match element by element; one of these operators may stand for any value::

    {$any: true}       something is there          {$absent: true}     nothing is there
    {$phone: "8 912 ..."}  the same number         {$matches: "^a"}    a text that fits the pattern
    {$length: 50}      so many elements            {$contains: x}      a list with such an element
    {$json: {a: 1}}    JSON text that matches   {$not: x}          anything that does not match
    {$if-present: x}   what matches, or nothing {$one-of: [x, y]}  what matches one of several
    {$set: [x, y]}     a list of these, in any order
    {$as-text: 100}    what reads the same, 100 or "100"
    {$date: 1714564800}  the contract's date of this moment, in seconds since 1970, in the account's zone
    {$date: {at: 1714564800, zone: any}}  in whatever zone, or that of another date: {at: ..., date: ...};
      UTC is not whatever where the account is in another zone
    {$audio: {seconds: 61}}  the body of an answer that is sound of about this length
    {$part: {of: $whole.body, from: 20, to: 99}}  these bytes of that body; without ``to`` all the rest
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

import orjson

from callproof.conformance import bodies, dated
from callproof.conformance.patterns import fits
from callproof.contract.jsontypes import Json
from callproof.contract.phones import same_phone

OPERATORS = (
    *("$any", "$absent", "$phone", "$matches", "$length", "$contains", "$json", "$not"),
    *("$if-present", "$one-of", "$set", "$as-text", "$date", "$audio", "$part"),
)

# What is measured in whole seconds; where time is real, neither end can tell them exactly.
TIMES = ("duration", "durationWaiting")
# How much of a value a problem shows.
LONGEST = 200

# How every difference begins; patterns name the members, and none has a blank but for "the status".
_WHERE = re.compile(r"((?:the )?\S+) (?:is|has) ")
_PLACE = re.compile(r"\[\d+\]")


class Leeway(NamedTuple):
    """By how many seconds a duration may be longer, and the date of a call off; what really passes can
    shorten a duration by ``less`` alone. ``zone`` is the account's, in which dates are written, ``country``
    the one whose numbering plan reads national numbers."""

    times: float = 0.0
    dates: float = 0.0
    less: float = 0.0
    zone: str = "UTC"
    country: str = "RU"

    @property
    def exact(self) -> "Leeway":
        return Leeway(zone=self.zone, country=self.country)


EXACT = Leeway()


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()


def differences(
    expected: Json, actual: "Json | _Missing", path: str = "", *, slack: Leeway = EXACT
) -> list[str]:
    """What keeps ``actual`` from matching; empty when it does. ``slack`` is what may be off."""
    operator = _operator(expected)
    if operator:
        return _apply(*operator, actual, path, slack)
    if isinstance(actual, _Missing):
        return [f"{path or 'it'} is missing, expected {_brief(_plain(expected))}"]
    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping):
            return [f"{path or 'it'} is {actual!r}, expected an object"]
        return [
            difference
            for name, inner in expected.items()
            for difference in differences(
                inner, actual.get(name, MISSING), f"{path}.{name}" if path else name, slack=slack
            )
        ]
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return [f"{path or 'it'} has {len(actual)} elements, expected {len(expected)}"]
        return [
            difference
            for index, inner in enumerate(expected)
            for difference in differences(inner, actual[index], f"{path}[{index}]", slack=slack)
        ]
    if _equal(expected, actual) or _near(expected, actual, path, slack):
        return []
    return [f"{path or 'it'} is {_brief(actual)}, expected {_brief(expected)}"]


def member_of(difference: str) -> str:
    """Where the two differ, from the text of a difference: a path with ``[]`` for any element, "" for the
    whole."""
    where = _WHERE.match(difference)
    return _PLACE.sub("[]", where[1]) if where and where[1] != "it" else ""


def _operator(expected: Json) -> tuple[str, Json] | None:
    if isinstance(expected, Mapping) and len(expected) == 1:
        name, operand = next(iter(expected.items()))
        if name in OPERATORS:
            return name, operand
    return None


def _apply(name: str, operand: Json, actual: "Json | _Missing", path: str, slack: Leeway) -> list[str]:
    where = path or "it"
    if name == "$if-present":
        return [] if isinstance(actual, _Missing) else differences(operand, actual, path, slack=slack)
    if name == "$one-of":
        return _one_of(operand, actual, path, slack)
    if name == "$absent":
        return [] if isinstance(actual, _Missing) else [f"{where} is {actual!r}, expected nothing"]
    if isinstance(actual, _Missing):
        return [f"{where} is missing"]
    match name:
        case "$any":
            return []
        case "$not":
            unlike = differences(operand, actual, slack=slack.exact)
            return [] if unlike else [f"{where} is {actual!r}, which it must not be"]
        case "$phone":
            good = isinstance(actual, str) and _same_number(str(operand), actual, slack.country)
            return [] if good else [f"{where} is {actual!r}, expected the number {operand}"]
        case "$matches":
            good = isinstance(actual, str) and fits(str(operand), actual)
            return [] if good else [f"{where} is {actual!r}, expected text like {operand}"]
        case "$as-text":
            good = isinstance(actual, int | str) and str(operand) == str(actual)
            return [] if good else [f"{where} is {_brief(actual)}, expected {_brief(operand)}"]
        case "$length":
            good = isinstance(actual, list | Mapping | str) and len(actual) == operand
            return [] if good else [f"{where} is {_brief(actual)}, expected {operand} elements"]
        case "$set":
            return _as_set(operand, actual, where, slack)
        case "$date":
            return dated.unlike_date(operand, actual, where, slack.dates, slack.zone)
        case "$audio":
            misnamed = bodies.misnamed(actual, where)
            return misnamed or bodies.unlike_sound(operand, actual, where, slack.times)
        case "$part":
            return bodies.unlike_part(operand, actual, where)
        case "$json":
            try:
                inner = orjson.loads(actual) if isinstance(actual, str) else MISSING
            except orjson.JSONDecodeError:
                inner = MISSING
            if inner is MISSING:
                return [f"{where} is {_brief(actual)}, expected JSON text"]
            return differences(operand, inner, path, slack=slack.exact)
        case _:
            elements = actual if isinstance(actual, list) else []
            good = any(not differences(operand, element, slack=slack.exact) for element in elements)
            return [] if good else [f"{where} is {_brief(actual)}, expected to contain {operand!r}"]


def _same_number(expected: str, actual: str, country: str) -> bool:
    """Scenarios write national numbers as Russia does, an account of another country its own way. What
    stands in the place of a hidden number is the same only as text."""
    return actual == expected or any(same_phone(expected, actual, known) for known in ("RU", country))


def _one_of(operand: Json, actual: "Json | _Missing", path: str, slack: Leeway) -> list[str]:
    choices: list[Json] = operand if isinstance(operand, list) else [operand]
    found = [differences(choice, actual, path, slack=slack) for choice in choices]
    if not all(found):
        return []
    if all(one == found[0] for one in found):
        return found[0]
    if any(isinstance(choice, Mapping) for choice in choices):
        # Patterns are no words for a reader; what each of them misses is.
        return ["; or ".join(dict.fromkeys("; ".join(one) for one in found))]
    return [f"{path or 'it'} is {_brief(actual)}, expected one of {_brief_all(choices)}"]


def _as_set(operand: Json, actual: "Json | _Missing", where: str, slack: Leeway) -> list[str]:
    wanted = list(operand) if isinstance(operand, list) else []
    left = list(actual) if isinstance(actual, list) else None
    for element in wanted if left is not None else ():
        met = next((one for one in left or () if not differences(element, one, slack=slack)), MISSING)
        if isinstance(met, _Missing) or left is None:
            break
        left.remove(met)
    else:
        if left == []:
            return []
    return [f"{where} is {actual!r}, expected {_brief_all(wanted)} in any order"]


def _plain(pattern: Json) -> Json:
    """The value that a pattern asks for, without its operators and without what may be left out."""
    operator = _operator(pattern)
    if operator:
        name, operand = operator
        return [_plain(operand)] if name == "$contains" else _plain(operand)
    if isinstance(pattern, Mapping):
        demanded = {name: inner for name, inner in pattern.items() if not _may_be_absent(inner)}
        return {name: _plain(inner) for name, inner in demanded.items()}
    return [_plain(inner) for inner in pattern] if isinstance(pattern, list) else pattern


def _may_be_absent(pattern: Json) -> bool:
    operator = _operator(pattern)
    return operator is not None and operator[0] in ("$if-present", "$absent")


def _brief_all(values: "list[Json]") -> str:
    return ", ".join(_brief(value) for value in values)


def _equal(expected: Json, actual: Json) -> bool:
    """1 is neither True nor "1", but it is 1.0."""
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    return expected == actual


def _near(expected: Json, actual: "Json | _Missing", path: str, slack: Leeway) -> bool:
    if not slack.times or not path.endswith(TIMES):
        return False
    return (
        isinstance(expected, int | float)
        and isinstance(actual, int | float)
        and -slack.less <= actual - expected <= slack.times
    )


def _brief(value: "Json | _Missing") -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
