"""What customers and managers can do at a moment: begin calls, and act in those that go on."""

from collections.abc import Callable, Iterator
from functools import partial

from callproof.contract.jsontypes import Json, JsonObject
from callproof.explore.board import LINES, NUMBERED, SHOPS, USERS, Moment
from callproof.explore.look import IN, OUT, CallSeen

# What could be done next, as it stands in a scenario's file; nothing where it cannot be done.
Rule = Callable[[Moment], Iterator[JsonObject]]

MOST_CALLS = 6
HIDDEN = "anonymous"
# One caller in so many hides the number.
RARELY = 20


def do(action: str, name: str = "", **args: Json) -> JsonObject:
    """A step with those arguments that are given; of ``from_`` the file has no underscore."""
    known: JsonObject = {key.rstrip("_"): value for key, value in args.items() if value is not None}
    return {"do": action, **known, **({"as": name} if name else {})}


def customer_calls(now: Moment) -> Iterator[JsonObject]:
    if len(now.look.calls) < MOST_CALLS:
        hides = now.dice.randrange(RARELY) == 0
        phone = HIDDEN if hides else now.dice.choice(NUMBERED)
        now.board.used.add(phone)
        yield do("customer calls", now.board.name(), from_=phone, to=now.dice.choice(LINES))


def manager_dials(now: Moment) -> Iterator[JsonObject]:
    if now.free:
        phone, line = now.dice.choice(NUMBERED), now.dice.choice((None, *LINES))
        now.board.used.add(phone)
        yield do("dial", now.board.name(), extension=now.dice.choice(now.free), to=phone, line=line)


def manager_clicks(now: Moment) -> Iterator[JsonObject]:
    """By a number that no other call has, so that the call can be known by it."""
    if unused := [phone for phone in NUMBERED if phone not in now.board.used]:
        phone = now.dice.choice(unused)
        now.board.used.add(phone)
        shop = now.dice.choice((None, *SHOPS))
        yield do("manager clicks", now.board.name(), user=now.dice.choice(USERS), phone=phone, site=shop)


def _in_call(action: str, *states: str, direction: str = "") -> Rule:
    def rule(now: Moment) -> Iterator[JsonObject]:
        if calls := now.calls(*states, direction=direction):
            yield do(action, call=now.reference(now.dice.choice(calls)))

    return rule


def _by_extension(action: str, now: Moment) -> Iterator[JsonObject]:
    """Somebody who rings picks up or says no; of an outgoing call it is clear who that is."""
    if not (calls := now.calls("calling manager", "ringing", "transferring")):
        return
    call = now.dice.choice(calls)
    if call.direction == OUT and call.state != "transferring":
        yield do(action, call=now.reference(call))
        return
    rings = [name for code in call.ringing if (name := now.bench.extension(code))]
    if rings:
        yield do(action, call=now.reference(call), extension=now.dice.choice(rings))


def hang_up(now: Moment) -> Iterator[JsonObject]:
    talking = now.calls("talking", "held", "transferring")
    waiting = now.calls("dialled", "queued", "calling manager", "ringing", "voicemail")
    if calls := [*talking, *talking, *waiting]:
        call = now.dice.choice(calls)
        yield do("hang up", call=now.reference(call), by=_who_may(call, now))


def how_it_ends(now: Moment) -> Iterator[JsonObject]:
    """Whoever may hang up does, in every call that a step can speak of."""
    for call in now.calls(*LASTING):
        yield do("hang up", call=now.reference(call), by=_who_may(call, now))


def _who_may(call: CallSeen, now: Moment) -> str:
    """Before the answer only who called can hang up."""
    if call.state in ("talking", "held", "transferring"):
        return now.dice.choice(("customer", "manager"))
    return "customer" if call.direction == IN else "manager"


def two_call(now: Moment) -> Iterator[JsonObject]:
    """At the same moment, it may be by one number."""
    if len(now.look.calls) < MOST_CALLS - 1:
        calls = [
            do(
                "customer calls",
                now.board.name(),
                from_=now.dice.choice(NUMBERED),
                to=now.dice.choice(LINES),
            )
            for _ in range(2)
        ]
        now.board.used |= {str(call["from"]) for call in calls}
        yield {"together": list[Json](calls)}


def play(now: Moment) -> Iterator[JsonObject]:
    """A manager listens to a call that is over, if there is something to hear."""
    recorded = now.recorded()
    if heard := [written for known, written in now.board.ids.items() if known in recorded]:
        yield do("play", call=now.dice.choice(heard), range=now.dice.choice((None, "bytes=0-99")))


def transfer(now: Moment) -> Iterator[JsonObject]:
    if now.free and (calls := now.calls("talking", "held")):
        yield do("transfer", call=now.reference(now.dice.choice(calls)), to=now.dice.choice(now.free))


LASTING = (
    "dialled",
    "queued",
    "calling manager",
    "ringing",
    "talking",
    "held",
    "transferring",
    "voicemail",
)
PEOPLE: dict[str, tuple[float, Rule]] = {
    "customer calls": (10, customer_calls),
    "two call": (1, two_call),
    "dial": (3, manager_dials),
    "manager clicks": (3, manager_clicks),
    "answer": (9, partial(_by_extension, "answer")),
    "refuse": (3, partial(_by_extension, "refuse")),
    "hang up": (7, hang_up),
    "drop": (1, _in_call("drop", *LASTING)),
    "engaged": (2, _in_call("engaged", "ringing", direction=OUT)),
    "hold": (3, _in_call("hold", "talking")),
    "take back": (3, _in_call("take back", "held")),
    "transfer": (3, transfer),
    "play": (1, play),
}
