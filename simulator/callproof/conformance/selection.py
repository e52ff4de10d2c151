"""Which scenarios a side under test is asked to play, and why the others are left out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from callproof.conformance.actions import ACTIONS
from callproof.conformance.scenario import (
    Break,
    Do,
    Repeat,
    Scenario,
    Send,
    Step,
    Together,
    Verb,
)
from callproof.conformance.target import PASS_TIME, UPLOAD_EVERY, Target
from callproof.contract.jsontypes import Json, reached
from callproof.contract.operations import BY_NAME, Side
from callproof.contract.routes import find
from callproof.errors import did_you_mean
from callproof.exchange.faults import catalogue

# No scenario needs it: a side that forgets nothing is told so, and is judged like any other.
SET_UP = "set-up"
CUSTOMERS = "customers"
BUDGETS = "set budgets"
REGISTER = "register"
_CUSTOMERS_PATH = "/api/v5/customers"
# A CRM without these has no telephony, so they cannot be absent.
OF_TELEPHONY = frozenset({"module-edit", "call-event", "calls-upload", "manager-lookup"})

# The parameter that has the key where no header does, and what stands there where none is to be had.
_KEY, _NO_KEYS = "apiKey", ("", "wrong")
# What a CRM answers that does not let a key in.
KEY_REFUSED = (401, 403)
# What a CRM answers that has no such method.
MISSING = (404, 405, 501)


@dataclass(frozen=True)
class LeftOut:
    """``why`` names what the side does not have; empty when nothing is asked of it, or
    when the scenario breaks this very side to see what the other one does."""

    scenario: str
    why: str


def choose(scenarios: Iterable[Scenario], target: Target) -> tuple[list[Scenario], list[LeftOut]]:
    """What is played, and what is not."""
    played, left_out = [], []
    for scenario in scenarios:
        broken = {catalogue()[step.fault].side for step in scenario.steps if isinstance(step, Break)}
        if not _asks_of(scenario, target.side) or target.side in broken:
            left_out.append(LeftOut(scenario.id, ""))
        elif absent := _absent(scenario, target.lacks):
            left_out.append(LeftOut(scenario.id, absent))
        else:
            played.append(scenario)
    return played, left_out


def needing(scenarios: Iterable[Scenario], name: str, side: Side) -> list[Scenario]:
    """Those that judge this side and are left out when it has nothing of this name."""
    return [
        scenario
        for scenario in scenarios
        if name in _needs(scenario) and any(step.side is side for step in scenario.expectations)
    ]


def _asks_of(scenario: Scenario, side: Side) -> bool:
    """Whether something is asked of the side. Where steps only give names to what ends keep, of both sides
    is asked what holds in every scenario."""
    steps = list(scenario.expectations)
    named = [step for step in steps if step.verb is Verb.KEEPS and step.name]
    return len(named) == len(steps) or any(step.side is side for step in steps)


def misnamed(absent: Iterable[str], scenarios: Iterable[Scenario]) -> str:
    """What is wrong with the first of these names that no scenario knows, most likely a slip of the pen;
    "" where all are known."""
    known = _words(scenarios)
    wrong = next((name for name in absent if name not in known), None)
    return "" if wrong is None else f"no scenario needs {wrong!r}{did_you_mean(wrong, known)}"


def _words(scenarios: Iterable[Scenario]) -> set[str]:
    return {SET_UP} | {name for scenario in scenarios for name in _needs(scenario)}


def _absent(scenario: Scenario, absent: Sequence[str]) -> str:
    needs = set(_needs(scenario))
    return next((name for name in absent if name in needs), "")


def _needs(scenario: Scenario) -> Iterator[str]:
    """Everything about a scenario that can be absent."""
    yield scenario.id
    yield scenario.id.partition("/")[0]
    if scenario.given.upload_every:
        yield UPLOAD_EVERY
    if scenario.given.customers or _asks_for_customers(scenario):
        yield CUSTOMERS
    if scenario.given.registered:
        yield REGISTER
    yield from methods(scenario)
    yield from _of_preparation(scenario)
    yield from _of(scenario.steps)
    if BUDGETS in _of(scenario.steps):
        # They are of one second, and what a burst of requests gets depends on where in it they fall.
        yield PASS_TIME
    for step in scenario.expectations:
        if step.verb is Verb.KEEPS:
            yield f"{step.side} keeps {step.subject}"


def methods(scenario: Scenario) -> Iterator[str]:
    """What of the CRM's API it cannot do without, by its name, but for what every telephony has.

    Who is asked with a wrong key, or with none, refuses that before it looks at the path; and what may be
    answered once at most may be missing.
    """
    spared = {name for name in BY_NAME if _may_lack(scenario, name)}
    for step in _flat(scenario.steps):
        if not isinstance(step, Send):
            continue
        found = find(step.method, step.path)
        if found is None or found.name in OF_TELEPHONY | spared:
            continue
        given = (step.query.get(_KEY), step.form.get(_KEY))
        if step.api_key not in _NO_KEYS or "$key" in given or found.scope is None:
            yield found.name


def _may_lack(scenario: Scenario, name: str) -> bool:
    about = [step for step in scenario.expectations if step.verb is Verb.ANSWERS and step.subject == name]
    return any(step.most for step in about) and not any(step.least for step in about)


def lacks_method(status: int, answer: Json) -> bool:
    """Whether an answer says that there is no such method, and not that nobody has such an id."""
    said = reached(answer, "errorMsg") if reached(answer, "success") is False else None
    return status in MISSING and (status != 404 or not isinstance(said, str) or "method" in said.lower())


def foreign_needs(scenario: Scenario, side: Side) -> Iterator[str]:
    """What a scenario needs of a side beyond HTTP: actions done there and looks into it."""
    done = (*_of_preparation(scenario), *_of(scenario.steps))
    yield from (name for name in done if ACTIONS[name].end is side)
    for step in scenario.expectations:
        if step.verb is Verb.KEEPS and step.side is side:
            yield f"{step.side} keeps {step.subject}"


def _asks_for_customers(scenario: Scenario) -> bool:
    """Whether it makes, reads or looks for customers by the CRM's API, companies among them."""
    sent = (step.path for step in _flat(scenario.steps) if isinstance(step, Send))
    told = (BY_NAME[step.subject].path for step in scenario.expectations if step.subject in BY_NAME)
    return any(path.startswith(_CUSTOMERS_PATH) for path in (*sent, *told))


def _of_preparation(scenario: Scenario) -> Iterator[str]:
    """What somebody does at either end before the first step."""
    if scenario.given.users:
        yield "set user"
    yield from (action for action, _ in scenario.given.settings)


def _of(steps: Iterable[Step]) -> Iterator[str]:
    yield from (step.action for step in _flat(steps) if isinstance(step, Do))


def _flat(steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, Repeat | Together):
            yield from _flat(step.steps)
        else:
            yield step
