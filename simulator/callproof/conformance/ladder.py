"""A call as a ladder diagram: four lifelines, and an arrow for everything that passed between two of them.

Arrows between the PBX and the CRM are exchanges. What happens at the customer's and the manager's telephone
nobody sees; such an arrow is *implied* by an exchange: an incoming event means that somebody rings and that
the manager sees a card, a request to makeCallUrl that a manager clicked.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from callproof.conformance.exhibits import Exhibit, offset
from callproof.contract.jsontypes import Json, JsonObject, reached
from callproof.contract.operations import Side
from callproof.contract.phones import phone_key

# How long before its first event a call can have been looked up or clicked on, in seconds.
PRELUDE = 120.0
# Of a ladder in a terminal: characters for the time, and the least and the most between two lifelines.
_MARGIN = 14
_NARROWEST, _WIDEST = 19, 48


class Lifeline(IntEnum):
    """The columns, from left to right."""

    CUSTOMER = 0
    PBX = 1
    CRM = 2
    MANAGER = 3


LIFELINE_NAMES = {
    Lifeline.CUSTOMER: "customer",
    Lifeline.PBX: "PBX",
    Lifeline.CRM: "CRM",
    Lifeline.MANAGER: "manager",
}
OF_SIDE = {Side.PBX: Lifeline.PBX, Side.CRM: Lifeline.CRM}


@dataclass(frozen=True)
class Arrow:
    """``at`` is in seconds after the ladder's beginning. ``exhibit`` is the number of the exchange, also of
    the one that an ``implied`` arrow follows from; one that is ``missing`` has none."""

    source: Lifeline
    to: Lifeline
    label: str
    at: float
    status: str
    exhibit: int
    implied: bool = False
    failed: bool = False
    missing: bool = False


@dataclass(frozen=True)
class Ladder:
    """One call. ``call`` is its id, empty where no exchange gives one; ``phone`` the customer's number."""

    call: str
    phone: str
    arrows: tuple[Arrow, ...]


@dataclass
class _Call:
    id: str
    phone: str
    began: float
    exhibits: list[Exhibit] = field(default_factory=list)
    records: set[str] = field(default_factory=set)


def ladders(shown: Sequence[Exhibit]) -> list[Ladder]:
    """A ladder for each call that these exchanges tell of, in the order in which the calls begin."""
    calls: dict[str, _Call] = {}
    for exhibit in shown:
        for call_id, phone in _calls(exhibit):
            key = call_id or f"phone {phone_key(phone)}"
            call = calls.setdefault(key, _Call(call_id, phone, exhibit.since))
            call.exhibits.append(exhibit)
            call.records |= _records(exhibit, call_id)
    by_phone: dict[str, list[_Call]] = {}
    for call in calls.values():
        by_phone.setdefault(phone_key(call.phone), []).append(call)
    for exhibit in shown:
        _join(exhibit, calls, by_phone)
    found = [_ladder(call) for call in calls.values()]
    return sorted(found, key=lambda ladder: ladder.arrows[0].exhibit)


def width_within(columns: int) -> int:
    """How many characters are between two lifelines of a ladder that is as wide as a terminal."""
    room = columns - _MARGIN - len(LIFELINE_NAMES[Lifeline.MANAGER])
    return min(max(room // 3, _NARROWEST), _WIDEST)


def text(ladder: Ladder, width: int = 30) -> str:
    """The ladder for a terminal, ``width`` characters between two lifelines. Where that is too little the
    name of what passed is cut, never how it went."""
    lines = [" " * (_MARGIN - 4) + "".join(f"{name:<{width}}" for name in LIFELINE_NAMES.values()).rstrip()]
    for arrow in ladder.arrows:
        row = list("|".ljust(width) * 3 + "|")
        left, right = sorted((arrow.source * width, arrow.to * width))
        room = right - left - 1
        shaft = _labelled(arrow, room - 2).center(room, "." if arrow.implied else "-")
        head = f"{shaft[:-1]}>" if arrow.source < arrow.to else f"<{shaft[1:]}"
        row[left + 1 : right] = head
        lines.append(f"{offset(arrow.at):<{_MARGIN}}" + "".join(row))
    return "\n".join(lines) + "\n"


def _labelled(arrow: Arrow, room: int) -> str:
    """What stands on an arrow, in at most ``room`` characters."""
    status = f" → {arrow.status} " if arrow.status else " "
    name = f" {arrow.label}"
    if len(name) + len(status) > room:
        # Which call it is says the ladder; what differs comes after that.
        name = re.sub("^ calls?-(?=event|upload)", " ", name)
    if len(name) + len(status) > room:
        name = f"{name[: max(room - len(status) - 1, 1)]}…"
    label = f"{name}{status}"
    # Only why there is no answer can be longer than that.
    return label if len(label) <= room else f"{label[: room - 2]}… "


def _calls(exhibit: Exhibit) -> Iterator[tuple[str, str]]:
    """The id and the customer's number of each call that an exchange names."""
    params = exhibit.exchange.params
    if exhibit.name in ("call-event", "call-event-v3") and isinstance(params, Mapping):
        yield str(params.get("callExternalId") or ""), str(params.get("phone") or "")
    elif exhibit.name == "calls-upload":
        for item in _items(params):
            yield str(item.get("externalId") or ""), str(item.get("phone") or "")


def _items(params: Json) -> list[JsonObject]:
    return [dict(item) for item in params if isinstance(item, Mapping)] if isinstance(params, list) else []


def _records(exhibit: Exhibit, call_id: str) -> set[str]:
    if exhibit.name != "calls-upload":
        return set()
    mine = [item for item in _items(exhibit.exchange.params) if item.get("externalId") == call_id]
    return {str(item["recordUrl"]) for item in mine if item.get("recordUrl")}


def _join(exhibit: Exhibit, calls: dict[str, _Call], by_phone: dict[str, list[_Call]]) -> None:
    """Put what names no call to the one that it belongs to: by the recording's address, or by the number
    and the time."""
    if exhibit.name == "record":
        for call in calls.values():
            if exhibit.exchange.url in call.records:
                call.exhibits.append(exhibit)
        return
    if exhibit.name not in ("manager-lookup", "make-call"):
        return
    phone = str(reached(exhibit.exchange.params, "phone") or "")
    key = phone_key(phone)
    refused = exhibit.name == "make-call" and exhibit.exchange.status != 200
    later = [
        call for call in by_phone.get(key, ()) if not refused and 0 <= call.began - exhibit.since <= PRELUDE
    ]
    if later:
        min(later, key=lambda call: call.began).exhibits.append(exhibit)
    elif not exhibit.exchange.by_bench:
        name = f"{exhibit.name} {key}"
        if name not in calls:
            calls[name] = _Call("", phone, exhibit.since)
            by_phone.setdefault(key, []).append(calls[name])
        calls[name].exhibits.append(exhibit)


def _ladder(call: _Call) -> Ladder:
    parts = [part for _, part in sorted({part.number: part for part in call.exhibits}.items())]
    began = parts[0].since
    arrows: list[Arrow] = []
    rung = any(part.name == "make-call" for part in parts)
    for part in parts:
        at = round(part.since - began, 3)
        if not rung and _is_incoming(part):
            rung = True
            arrows.append(_implied(part, at, Lifeline.CUSTOMER, Lifeline.PBX, f"calls{_line(part)}"))
        arrows += _arrows(part, at, call.id)
    return Ladder(call.id, call.phone, tuple(arrows))


def _is_incoming(part: Exhibit) -> bool:
    if part.name == "manager-lookup":
        return True
    return _event(part).get("type") == "in"


def _event(part: Exhibit) -> JsonObject:
    params = part.exchange.params
    return dict(params) if part.name.startswith("call-event") and isinstance(params, Mapping) else {}


def _line(part: Exhibit) -> str:
    line = _event(part).get("externalPhone")
    return f" {line}" if line else ""


def _arrows(part: Exhibit, at: float, call_id: str) -> Iterator[Arrow]:
    """What one exchange means: itself, and what is implied by it."""
    good = part.exchange.status is not None and part.exchange.status < 300
    source, to = OF_SIDE[part.exchange.asked_by], OF_SIDE[part.asked]

    def itself(label: str) -> Arrow:
        return Arrow(source, to, label, at, part.outcome, part.number, failed=not good)

    match part.name:
        case "manager-lookup":
            yield itself(f"manager-lookup{_named(part)}")
        case "make-call":
            code = reached(part.exchange.params, "code")
            yield _implied(part, at, Lifeline.MANAGER, Lifeline.CRM, f"clicks, extension {code}")
            yield itself("make-call")
            if not good:
                yield _implied(part, at, Lifeline.CRM, Lifeline.MANAGER, "is told that it failed")
        case "calls-upload":
            yield itself(f"calls-upload{_uploaded(part, call_id)}")
        case "record":
            yield _implied(part, at, Lifeline.MANAGER, Lifeline.CRM, "plays the recording")
            yield itself("record")
        case _:
            yield from _of_event(part, at, itself(f"{part.name} {_event(part).get('type', '')}"), good)


def _of_event(part: Exhibit, at: float, itself: Arrow, good: bool) -> Iterator[Arrow]:
    event = _event(part)
    match event.get("type"):
        case "hangup":
            how = event.get("hangupStatus")
            yield _implied(part, at, Lifeline.PBX, Lifeline.CUSTOMER, f"ends{f', {how}' if how else ''}")
            yield itself
            if good:
                yield _implied(part, at, Lifeline.CRM, Lifeline.MANAGER, "card closes")
            return
        case "out":
            yield _implied(part, at, Lifeline.PBX, Lifeline.CUSTOMER, "dials")
    yield itself
    known = _reached(part)
    if good and known:
        yield _implied(part, at, Lifeline.CRM, Lifeline.MANAGER, f"card, {', '.join(known)}")


def _reached(part: Exhibit) -> list[str]:
    """The extensions of an event that the CRM knows."""
    codes, unknown = _event(part).get("codes"), reached(part.exchange.answer, "notExistCodes")
    strange = {str(code) for code in unknown} if isinstance(unknown, list) else set()
    return [str(code) for code in codes if str(code) not in strange] if isinstance(codes, list) else []


def _named(part: Exhibit) -> str:
    manager = reached(part.exchange.answer, "manager")
    if not isinstance(manager, Mapping):
        return ", nobody"
    return f", {manager.get('code')}" if manager.get("code") else ", no extension"


def _uploaded(part: Exhibit, call_id: str) -> str:
    items = _items(part.exchange.params)
    mine: Iterable[JsonObject] = (item for item in items if item.get("externalId") == call_id)
    item = next(iter(mine), {})
    talked = f" {item['duration']} s" if item.get("duration") else ""
    return f" {item.get('result', '')}{talked}"


def _implied(part: Exhibit, at: float, source: Lifeline, to: Lifeline, label: str) -> Arrow:
    return Arrow(source, to, label, at, "", part.number, implied=True)
