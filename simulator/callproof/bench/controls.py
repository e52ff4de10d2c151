"""What a tester does to the ends: faults on and off, the clock, back to the seed or to a snapshot."""

from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from callproof.bench.workplace import Workplace, said
from callproof.clocks import durations
from callproof.contract.jsontypes import Json, JsonObject
from callproof.control.client import ActionRefused, End, Unreachable
from callproof.exchange.faults import catalogue

PAGE = "/bench/controls"
# The other end may be somebody else's.
_ELSEWHERE = (ActionRefused, Unreachable)
# The limits of a fault that a form asks for, as the control API takes them.
_WHOLE, _SHARE = ("after", "first", "every"), "share"


def add_controls(workplace: Workplace) -> None:
    """``/bench/controls`` and what its forms do, at this end or at both."""
    site = workplace.site

    def page() -> str:
        own, other = workplace.own, workplace.other
        clocks = {own.side: own.clock()}
        with suppress(*_ELSEWHERE):
            if other:
                clocks[other.side] = other.clock()
        beside = len(clocks) > 1
        if len({clock.id for clock in clocks.values()}) == 1:
            # They share it.
            clocks = {own.side: clocks[own.side]}
        acting = own.get("/faults")["faults"]
        snapshots = own.get("/snapshots")["snapshots"]
        return workplace.write(
            "controls.html",
            clocks=clocks,
            counts=own.get("/counts"),
            acting=acting,
            known=[fault for fault in catalogue().values() if fault.side is own.side],
            texts={name: fault.text for name, fault in catalogue().items()},
            snapshots=snapshots,
            beside=beside,
        )

    acts: dict[str, Callable[[], None]] = {
        "clock": lambda: _move(workplace),
        "fault": lambda: _break(workplace.own),
        "mend": lambda: _mend(workplace.own),
        "reset": lambda: _each(workplace, lambda end: end.post("/reset")),
        "seed": lambda: _each(workplace, lambda end: end.post("/seed", {"seed": _number("seed")})),
        "register": lambda: _register(workplace),
        "snapshot": lambda: _each(workplace, lambda end: end.post("/snapshot", {"name": _text("name")})),
        "restore": lambda: _each(workplace, lambda end: end.post("/restore", {"name": _text("name")})),
    }
    site.page(PAGE, page)
    for name, act in acts.items():
        site.act(f"{PAGE}/{name}", _telling(act))


def _telling(act: Callable[[], None]) -> Callable[[], AnyResponse]:
    def view() -> AnyResponse:
        try:
            act()
        except (ActionRefused, Unreachable, ValueError) as error:
            return said(PAGE, str(error))
        return said(PAGE)

    return view


def _each(workplace: Workplace, act: Callable[[End], object]) -> None:
    """At this end, and at the other one where the form says both."""
    act(workplace.own)
    if request.form.get("both") and (other := workplace.other):
        act(other)


def _move(workplace: Workplace) -> None:
    """A manual clock by a time or to what is due next, one that runs by itself to another speed. Two ends
    that share no clock are moved alike."""
    ends = [workplace.own]
    with suppress(*_ELSEWHERE):
        other = workplace.other
        if other and other.clock().id != workplace.own.clock().id:
            ends.append(other)
    asked: JsonObject
    if "speed" in request.form:
        asked = {"speed": float(_text("speed"))}
    elif request.form.get("to") == "next":
        due = [clock.next for clock in [end.clock() for end in ends] if clock.next is not None]
        asked = {"to": min(due)} if due else {"advance": 0.0}
    else:
        asked = {"advance": durations.seconds(_text("advance"))}
    for end in ends:
        end.post("/clock", asked)


def _break(end: End) -> None:
    asked: JsonObject = {"fault": _text("fault")}
    asked |= {name: _number(name) for name in _WHOLE if _text(name)}
    if share := _text(_SHARE):
        asked[_SHARE] = float(share)
    end.post("/faults", asked)


def _mend(end: End) -> None:
    """One fault, or all of them."""
    if name := _text("fault"):
        end.delete(f"/faults/{quote(name, safe='')}")
    else:
        end.mend()


def _register(workplace: Workplace) -> None:
    for end in (workplace.own, workplace.other):
        if end and end.side == "pbx":
            end.post("/register")


def _text(name: str) -> str:
    return request.form.get(name, "").strip()


def _number(name: str) -> Json:
    """Raises ValueError, with a sentence."""
    text = _text(name)
    if not text.removeprefix("-").isdecimal():
        raise ValueError(f"{name}: {text!r} is no whole number.")
    return int(text)
