"""Makes a failing run smaller as long as it fails in the same row: fewer calls, fewer steps, plainer words.

What is tried is a scenario file each time, so that a step which others name goes together with them.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from callproof.contract.jsontypes import Json, JsonObject
from callproof.explore.writing import Written, names_given

Fails = Callable[[Written], bool]

_NAMED = re.compile(r"\$(c\d+)\b")
_NUMBERED = re.compile(r"\$number[2-9]")
# Arguments that an action can do without, and limits of faults that can be one.
SPARE = ("site", "line")
# Times that are tried in place of longer ones, in seconds.
PLAIN_TIMES = (1, 5, 30, 60)


def shrunk(run: Written, fails: Fails, going_on: Callable[[], bool]) -> Written:
    """The smallest that was found; ``going_on`` says whether there is time for another try."""
    before: Written | None = None
    while run != before and going_on():
        before = run
        # Without a call and all that is done in it no call stays open, so that goes first.
        run = _fewer(run, _naming, fails, going_on)
        run = _fewer(run, lambda left: left.steps, fails, going_on)
        run = _first(run, _without_givens, fails, going_on)
        run = _first(run, _plainer, fails, going_on)
    return run


def _naming(run: Written) -> Sequence[JsonObject]:
    return [step for step in run.steps if names_given(step)]


def _fewer(
    run: Written,
    units: Callable[[Written], Sequence[JsonObject]],
    fails: Fails,
    going_on: Callable[[], bool],
) -> Written:
    """Without halves of the steps that ``units`` names, quarters and so on, down to single ones."""
    size = max(len(units(run)) // 2, 1)
    while size:
        begin = 0
        while begin < len(left := units(run)) and going_on():
            attempt = without(run, left[begin : begin + size])
            if attempt.steps and fails(attempt):
                run = attempt
            else:
                begin += size
        size //= 2
    return run


def _first(
    run: Written,
    attempts: Callable[[Written], Iterator[Written]],
    fails: Fails,
    going_on: Callable[[], bool],
) -> Written:
    """Goes on from each attempt that fails, until none of them does."""
    tried: set[str] = set()
    found: Written | None = run
    while found is not None:
        run, found = found, None
        for attempt in attempts(run):
            if not going_on():
                return run
            text = attempt.text()
            if text not in tried and attempt.steps:
                tried.add(text)
                if fails(attempt):
                    found = attempt
                    break
    return run


def _without_givens(run: Written) -> Iterator[Written]:
    for name, value in run.given.items():
        yield replace(run, given={key: kept for key, kept in run.given.items() if key != name})
        if isinstance(value, list):
            for place in range(len(value)):
                yield replace(run, given={**run.given, name: [*value[:place], *value[place + 1 :]]})


def _plainer(run: Written) -> Iterator[Written]:
    for place, step in enumerate(run.steps):
        before, after = run.steps[:place], run.steps[place + 1 :]
        if isinstance(inner := step.get("together"), list):
            alone = [dict(one) for one in inner if isinstance(one, Mapping)]
            yield replace(run, steps=[*before, *alone, *after])
        for other in _plainer_steps(step):
            yield replace(run, steps=[*before, other, *after])


def _plainer_steps(step: JsonObject) -> Iterator[JsonObject]:
    for name in ("wait", "leap"):
        if name in step:
            for time in PLAIN_TIMES:
                if time < _number(step[name]):
                    yield {name: time}
    for name in SPARE:
        if name in step and "do" in step:
            yield {key: value for key, value in step.items() if key != name}
    if "fault" in step:
        yield from ({**step, name: 1} for name in ("first", "after") if _number(step.get(name)) > 1)
    for name, value in step.items():
        if isinstance(value, str) and _NUMBERED.fullmatch(value):
            yield {**step, name: "$number1"}
        elif value in ("$line2", "$user2", "$shop2"):
            yield {**step, name: f"{str(value)[:-1]}1"}


def without(run: Written, steps: Sequence[JsonObject]) -> Written:
    """The run without these steps, and without those that speak of what they named."""
    gone = {id(step) for step in steps}
    names = {name for step in steps for name in names_given(step)}
    left: list[JsonObject] = []
    for step in run.steps:
        if id(step) in gone or names & set(_spoken_of(step)):
            names.update(names_given(step))
        else:
            left.append(step)
    return replace(run, steps=left)


def _spoken_of(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield from _NAMED.findall(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _spoken_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _spoken_of(inner)


def _number(value: Json) -> float:
    return value if isinstance(value, int | float) else 0
