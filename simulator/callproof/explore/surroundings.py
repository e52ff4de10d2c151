"""What happens around calls: the account's users and module, the history, the clock, and faults."""

from collections.abc import Iterator

from callproof.conformance import arrival
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import Side
from callproof.exchange.faults import Fault, Seam, catalogue
from callproof.explore.board import NUMBERED, Moment
from callproof.explore.people import Rule, do

STATUSES = ("free", "free", "busy", "dinner", "break")
WAITS = (0.5, 1, 1, 2, 5, 10, 20, 30, 60)
LEAPS = (60, 600, 3600)
# Where time is real it is short.
REAL_WAITS = (0.2, 0.5, 1)
UPLOADED = 3


def wait(now: Moment) -> Iterator[JsonObject]:
    yield {"wait": now.dice.choice(WAITS if now.bench.moved else REAL_WAITS)}


def leap(now: Moment) -> Iterator[JsonObject]:
    if now.bench.moved:
        yield {"leap": now.dice.choice(LEAPS)}


def set_user(now: Moment) -> Iterator[JsonObject]:
    user, known = now.dice.choice(list(now.board.users.items()))
    known.online, known.status = now.dice.random() < 0.8, now.dice.choice(STATUSES)
    yield do("set user", user=user, online=known.online, status=known.status)


def user_sets(now: Moment) -> Iterator[JsonObject]:
    """The same by the API, as a module may do it."""
    user, known = now.dice.choice(list(now.board.users.items()))
    known.status = now.dice.choice(STATUSES)
    yield {"send": "user-status", "path": {"id": user}, "form": {"status": known.status}}


def switch_module(now: Moment) -> Iterator[JsonObject]:
    if now.gentle:
        return
    if now.dice.random() < 0.7:
        now.board.active = not now.board.active
        yield do("switch module", code="$module.code", active=now.board.active)
    else:
        now.board.frozen = not now.board.frozen
        yield do("switch module", code="$module.code", freeze=now.board.frozen)


def register(now: Moment) -> Iterator[JsonObject]:
    now.board.active = True
    yield do("register")


def flush(now: Moment) -> Iterator[JsonObject]:
    yield do("flush")


def set_budgets(now: Moment) -> Iterator[JsonObject]:
    """The CRM has time for few requests a second, and then again for all."""
    if Side.CRM in now.bench.own and Side.PBX not in now.board.faulty:
        now.board.budgeted = not now.board.budgeted
        # What a faulty PBX sends twice is never within a small budget.
        now.board.faultless.add(Side.PBX)
        most = now.dice.choice((1, 2, 5)) if now.board.budgeted else None
        yield {"do": "set budgets", "telephony": most, "status": now.dice.choice((429, 503))}


def open_account(now: Moment) -> Iterator[JsonObject]:
    yield do("open account", code="$module.code")


def looked_up(now: Moment) -> Iterator[JsonObject]:
    yield {"send": "manager-lookup", "query": {"phone": now.dice.choice(NUMBERED), "details": "1"}}


def uploaded(now: Moment) -> Iterator[JsonObject]:
    """A call of the bench's own, most likely not for the first time."""
    number = now.dice.randrange(UPLOADED) + 1
    call: JsonObject = {
        "date": "2024-05-01 11:00:00",
        "type": "in",
        "phone": NUMBERED[number],
        "result": "answered",
        "duration": 10 * number,
        "externalId": f"u-{number}-$run",
    }
    yield {"send": "calls-upload", "entity": [call]}


def told(now: Moment) -> Iterator[JsonObject]:
    """An event of the bench's own."""
    number = now.dice.randrange(UPLOADED) + 1
    event: JsonObject = {
        "phone": NUMBERED[number],
        "type": now.dice.choice(("in", "hangup")),
        "codes": ["$extension1"],
        "callExternalId": f"e-{number}-$run",
    }
    if event["type"] == "hangup":
        event["hangupStatus"] = now.dice.choice(("answered", "busy", "cancel", "failed", "no answered"))
    yield {"send": "call-event", "entity": event}


def fault(now: Moment) -> Iterator[JsonObject]:
    """One of an end of ours; the other side's messages are judged all the same."""
    known = [fault for fault in catalogue().values() if _may(now, fault)]
    if not known:
        return
    chosen = now.dice.choice(known)
    limits: JsonObject = {}
    if len(chosen.on) > 1 and now.dice.random() < 0.6:
        limits["on"] = [now.dice.choice(chosen.on)]
    if now.dice.random() < 0.3:
        limits["after"] = now.dice.choice((1, 2))
    if chosen.seam is not Seam.ASKS or now.gentle:
        limits["first"] = now.dice.choice((1, 1, 2, 3, 5))
    now.board.faulty.add(chosen.side)
    yield {"fault": chosen.name, **limits}


def _may(now: Moment, fault: Fault) -> bool:
    if not fault.challenges or fault.side not in now.bench.own - now.board.faultless:
        return False
    if now.gentle:
        # After these a message is sent again, so that whatever is due has to arrive in the end.
        return not set(arrival.ROWS).isdisjoint(fault.challenges)
    # A run breaks one end, so that the other one can be judged.
    return now.board.faulty <= {fault.side}


SURROUNDINGS: dict[str, tuple[float, Rule]] = {
    "wait": (12, wait),
    "leap": (1, leap),
    "set user": (3, set_user),
    "user-status": (1, user_sets),
    "switch module": (1, switch_module),
    "register": (0.5, register),
    "flush": (1, flush),
    "open account": (0.3, open_account),
    "set budgets": (0.5, set_budgets),
    "manager-lookup": (0.5, looked_up),
    "calls-upload": (0.5, uploaded),
    "call-event": (1, told),
    "fault": (2, fault),
}
