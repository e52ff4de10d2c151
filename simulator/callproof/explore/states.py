"""Which states the runs reached, and in how many steps: what was never reached was never tried."""

from collections import Counter
from collections.abc import Callable, Mapping

from callproof.contract.operations import Side
from callproof.explore.board import Moment
from callproof.explore.look import IN, OUT, CallSeen
from callproof.explore.people import LASTING

Holds = Callable[[Moment], bool]


def _with(state: str) -> Holds:
    return lambda now: _any(now, state)


def _any(now: Moment, *states: str) -> bool:
    return any(call.state in states for call in now.look.calls)


def _retried(now: Moment) -> bool:
    return any(report.attempts for report in now.look.reports)


def _waiting(now: Moment) -> int:
    return sum(report.kind == "history" and not report.attempts for report in now.look.reports)


def _rings_at_busy(now: Moment) -> bool:
    busy = [
        user
        for user, known in zip(now.bench.account.extensions, now.board.users.values(), strict=True)
        if not known.free
    ]
    return any(code in call.ringing for call in _ringing(now) for code in busy)


def _ringing(now: Moment) -> list[CallSeen]:
    return [call for call in now.look.calls if call.state == "ringing" and call.direction == IN]


def _one_caller_twice(now: Moment) -> bool:
    phones = Counter(call.phone for call in now.look.calls)
    return any(count > 1 for count in phones.values())


STATES: Mapping[str, Holds] = {
    **{f"a call is {state}": _with(state) for state in LASTING},
    "two calls at once": lambda now: len(now.look.calls) == 2,
    "three calls or more at once": lambda now: len(now.look.calls) > 2,
    "a call in and a call out at once": lambda now: (
        {IN, OUT} <= {call.direction for call in now.look.calls}
    ),
    "one number in two calls": _one_caller_twice,
    "no extension is free": lambda now: not now.free,
    "a call rings while another is held": lambda now: bool(_ringing(now)) and _any(now, "held"),
    "a call waits while another is passed on": lambda now: (
        _any(now, "queued") and _any(now, "transferring")
    ),
    "a user is not free": lambda now: any(not user.free for user in now.board.users.values()),
    "no user is free": lambda now: not any(user.free for user in now.board.users.values()),
    "a call rings at a user who is not free": _rings_at_busy,
    "the module is off": lambda now: not now.board.active,
    "the module is off in a call": lambda now: not now.board.active and bool(now.look.calls),
    "the module is frozen": lambda now: now.board.frozen,
}
# What shows who sees everything of the end that is named.
OF_OWN: Mapping[Side, Mapping[str, Holds]] = {
    Side.PBX: {
        "a report is to go again": _retried,
        "a report is to go again in a call": lambda now: _retried(now) and bool(now.look.calls),
        "history waits for its time": lambda now: _waiting(now) > 0,
        "a batch waits for its time": lambda now: _waiting(now) > 1,
        "the PBX has a fault": lambda now: Side.PBX in now.board.faulty,
    },
    Side.CRM: {"the CRM has a fault": lambda now: Side.CRM in now.board.faulty},
}


class Reached:
    """``steps`` says of each state in how many steps it was seen."""

    def __init__(self, own: frozenset[Side]) -> None:
        self._states = {
            **STATES,
            **{name: holds for side in Side if side in own for name, holds in OF_OWN[side].items()},
        }
        self.steps: Counter[str] = Counter()

    def count(self, now: Moment) -> None:
        self.steps.update(name for name, holds in self._states.items() if holds(now))

    @property
    def every(self) -> list[tuple[str, int]]:
        return [(name, self.steps[name]) for name in self._states]

    @property
    def never(self) -> list[str]:
        return [name for name in self._states if not self.steps[name]]
