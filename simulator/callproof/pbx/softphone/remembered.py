"""What a browser has chosen and done at the softphone, kept in its signed cookie."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import session

from callproof.clocks.machine import monotonic
from callproof.pbx.rules.plan import NumberingPlan

_TELEPHONES, _DIALLED, _SAID = "telephones", "dialled", "said"
# A cookie holds 4 kB.
MOST_TELEPHONES = 8
MOST_DIALLED = 8
AT_FIRST = 2
LONGEST_TEXT = 400
# Seconds for which an answer to what somebody did is shown.
SHOWN = 10.0


@dataclass(frozen=True)
class Said:
    """The answer to the last act of this browser."""

    text: str
    good: bool


def telephones(plan: NumberingPlan) -> tuple[str, ...]:
    """The extensions that this browser is; the plan's first two until somebody chooses."""
    chosen = session.get(_TELEPHONES)
    known = tuple(code for code in chosen if code in plan.extensions) if isinstance(chosen, list) else ()
    return known or tuple(plan.extensions)[:AT_FIRST]


def keep_telephones(codes: Sequence[str]) -> None:
    session[_TELEPHONES] = list(codes)[-MOST_TELEPHONES:]


def dialled() -> frozenset[str]:
    """The calls that somebody made here as a customer."""
    kept = session.get(_DIALLED)
    return frozenset(map(str, kept)) if isinstance(kept, list) else frozenset()


def keep_dialled(call_id: str, going_on: Iterable[str]) -> None:
    """Calls that are over are forgotten."""
    kept = dialled() & frozenset(going_on)
    session[_DIALLED] = [*sorted(kept - {call_id})[: MOST_DIALLED - 1], call_id]


def say(text: str, *, good: bool) -> None:
    session[_SAID] = [text[:LONGEST_TEXT], good, monotonic()]


def said() -> Said | None:
    """Every open page of the browser shows it for a while."""
    match session.get(_SAID):
        case [str(text), bool(good), float(at)] if 0 <= monotonic() - at < SHOWN:
            return Said(text, good)
        case _:
            return None


def say_nothing() -> None:
    session.pop(_SAID, None)
