"""What was done by hand, as the steps of a scenario: from what the virtual PBX keeps of its calls, and from
what both ends wrote down. Who hung up and how long a hold was, no end keeps: the customer, for a moment.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from callproof.conformance.evidence import Seen
from callproof.contract.guide import GUIDES, Account
from callproof.contract.jsontypes import Json, JsonObject, reached
from callproof.contract.phones import digits, phone_key, same_phone

# Numbers that a scenario has names for.
NUMBERS = 6
# Within how many seconds a call begins that was asked for.
_SOON = 5.0
_RANG = 0.5


class LegKept(Struct, rename="camel", frozen=True):
    """One device that was rung, as the control API shows it."""

    extension: str
    rang_at: float
    answered_at: float | None = None
    ended_at: float | None = None
    outcome: str = ""


class CallKept(Struct, rename="camel", frozen=True):
    """One call of the virtual PBX, as far as it matters here."""

    id: str
    direction: str
    phone: str
    line: str
    legs: tuple[LegKept, ...]
    started_at: float
    holds: int = 0
    transfers: int = 0
    ended_at: float | None = None
    cause: str | None = None
    duration: int = 0
    waiting: int = 0
    recorded: int = 0


@dataclass(frozen=True)
class Deed:
    """Something that somebody did; without a ``step`` a moment at which something happened by itself."""

    at: float
    step: JsonObject = field(default_factory=dict)


class SessionNames:
    """The account's people, lines and numbers by the names that scenarios have for them."""

    def __init__(self, phones: Iterable[str], account: Account = GUIDES) -> None:
        keys = dict.fromkeys(key for phone in phones if (key := phone_key(phone)))
        self._numbers = {key: f"$number{place}" for place, key in enumerate(keys, 1) if place <= NUMBERS}
        self._account = {str(value): f"${name}" for name, value in account.names().items()}
        self._users = {str(user): f"$user{place}" for place, user in enumerate(account.users, 1)}
        self._lines = {phone_key(line): f"$line{place}" for place, line in enumerate(account.lines, 1)}

    def number(self, phone: str) -> str:
        return self._numbers.get(phone_key(phone), phone)

    def is_named(self, phone: str) -> bool:
        return phone_key(phone) in self._numbers

    def line(self, phone: str) -> str:
        return self._lines.get(phone_key(phone), phone)

    def extension(self, code: str) -> str:
        found = self._account.get(code, "")
        return found if found.startswith("$extension") else code

    def user(self, number: str) -> Json:
        return self._users.get(number) or (int(number) if number.isdecimal() else number)


@dataclass(frozen=True)
class Retold:
    """One call: what was done in it, and ``ref``, by which later steps name it."""

    call: CallKept
    name: str
    deeds: Sequence[Deed]
    clicked: bool = False

    @property
    def ref(self) -> str:
        return f"${self.name}.value.id" if self.clicked else f"${self.name}.id"


def retold(calls: Sequence[CallKept], clicks: Sequence[Seen], names: SessionNames) -> list[Retold]:
    """The calls in their order. ``clicks`` are the requests to makeCallUrl; each belongs to at most one."""
    left = list(clicks)
    found = []
    for place, call in enumerate(calls, 1):
        click = next((one for one in left if _is_of(one, call)), None)
        if click:
            left.remove(click)
        begun = Retold(call, f"call{place}", (), click is not None)
        first = clicked(click, names, begun) if click else _begins(begun, names)
        found.append(Retold(call, begun.name, (*first, *_goes_on(begun, names)), begun.clicked))
    return found


def clicked(click: Seen, names: SessionNames, begun: Retold | None = None) -> list[Deed]:
    """A manager clicks on a number; where a call comes of it, it is looked up at the PBX at once."""
    phone, user = _phone(click), str(reached(click.params, "userId") or "")
    if not digits(phone):
        return []
    number = names.number(phone)
    step: JsonObject = {"do": "manager clicks", "user": names.user(user), "phone": number}
    line = names.line(str(reached(click.params, "externalPhone") or ""))
    if line.startswith("$line"):
        # It was added because of the shop of the page.
        step["site"] = line.replace("line", "shop")
    sent: JsonObject = {"expect": "crm sends make-call", "with": {"phone": {"$phone": number}}}
    sent |= {"at-least": 1, "proves": "CRM-CALL-01"}
    deeds = [Deed(click.at, step), Deed(click.at, sent)]
    if begun:
        kept: JsonObject = {"phone": {"$phone": number}, "state": {"$not": "ended"}}
        looked: JsonObject = {"expect": "pbx keeps calls", "with": kept}
        deeds.append(Deed(click.at, {**looked, "proves": "PBX-CALL-01", "as": begun.name}))
    return deeds


def left_out(clicks: Iterable[Seen]) -> list[str]:
    """The clicks that are not told, a line each: a request without a number is always a mistake."""
    return [
        f"{click.ref}, a click on what is no number, was left out."
        for click in clicks
        if not digits(_phone(click))
    ]


def _phone(click: Seen) -> str:
    return str(reached(click.params, "phone") or "")


def _is_of(click: Seen, call: CallKept) -> bool:
    phone = _phone(click)
    near = abs(click.at - call.started_at) <= _SOON
    return call.direction == "out" and click.status == 200 and near and same_phone(phone, call.phone)


def _begins(begun: Retold, names: SessionNames) -> list[Deed]:
    call = begun.call
    number, line = names.number(call.phone), names.line(call.line)
    step: JsonObject
    if call.direction == "in":
        step = {"do": "customer calls", "from": number, "to": line, "as": begun.name}
    else:
        caller = names.extension(call.legs[0].extension if call.legs else "")
        step = {"do": "dial", "extension": caller, "to": number, "line": line, "as": begun.name}
    return [Deed(call.started_at, step)]


def _goes_on(begun: Retold, names: SessionNames) -> Iterator[Deed]:
    """What the parties did between the beginning and the end, in the order of time."""
    call = begun.call
    deeds = [*_of_legs(begun, names), *_of_customer(begun), *_hold(begun)]
    yield from sorted(deeds, key=lambda deed: deed.at)
    if call.ended_at is not None:
        yield Deed(call.ended_at, _end(begun))


def _of_legs(begun: Retold, names: SessionNames) -> Iterator[Deed]:
    call, passed = begun.call, 0
    talking: float | None = None
    for leg in sorted(call.legs, key=lambda leg: leg.rang_at):
        code = names.extension(leg.extension)
        if talking is not None and leg.rang_at > talking and passed < call.transfers:
            passed += 1
            yield Deed(leg.rang_at, {"do": "transfer", "call": begun.ref, "to": code})
        if leg.answered_at is not None and (call.direction == "in" or begun.clicked or passed):
            talking = leg.answered_at
            yield Deed(leg.answered_at, {"do": "answer", "call": begun.ref, "extension": code})
        elif leg.answered_at is not None:
            talking = leg.answered_at
        if leg.outcome == "refused" and leg.ended_at is not None:
            yield Deed(leg.ended_at, {"do": "refuse", "call": begun.ref, "extension": code})


def _of_customer(begun: Retold) -> Iterator[Deed]:
    """The customer of a call that goes out picks up."""
    call = begun.call
    if call.direction == "out" and call.ended_at is not None and call.duration:
        yield Deed(call.ended_at - call.duration, {"do": "answer", "call": begun.ref})


def _hold(begun: Retold) -> Iterator[Deed]:
    call = begun.call
    if call.holds and call.ended_at is not None:
        middle = call.ended_at - call.duration / 2
        yield Deed(middle, {"do": "hold", "call": begun.ref})
        yield Deed(middle, {"do": "take back", "call": begun.ref})


def _end(begun: Retold) -> JsonObject:
    """Whoever ended it, empty where nobody did."""
    call = begun.call
    match call.cause:
        case "answered":
            by = "customer"
        case "cancelled":
            by = "customer" if call.direction == "in" else "manager"
        case "busy" if call.direction == "out":
            return {"do": "engaged", "call": begun.ref}
        case "failed":
            return {"do": "drop", "call": begun.ref}
        case "no answer" if call.recorded:
            by = "customer"
        case _:
            return {}
    return {"do": "hang up", "call": begun.ref, "by": by}
