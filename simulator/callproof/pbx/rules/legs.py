"""Parts of a step of a call: what its state must be, and what becomes of its legs and choices."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from callproof.pbx.rules.call import Call, Choice, IllegalAction, Leg, State


def chosen(call: Call, extensions: tuple[str, ...], reason: str, at: float) -> Call:
    return replace(call, choices=(*call.choices, Choice(at, extensions, reason)))


def new_legs(targets: Mapping[str, tuple[str, ...]], at: float) -> tuple[Leg, ...]:
    return tuple(Leg(code, device, at) for code, devices in targets.items() for device in devices)


def ringing_leg(call: Call, extension: str | None, device: str | None) -> Leg:
    ringing = [leg for leg in call.legs if leg.rings]
    for leg in ringing:
        if extension in (None, leg.extension) and device in (None, leg.device):
            return leg
    named = f"{extension or 'any extension'}{f' on {device}' if device else ''}"
    known = [f"{leg.extension} on {leg.device}" for leg in ringing]
    raise IllegalAction(f"Extension {named} does not ring for call {call.id}; these do: {known}")


def stop_ringing(call: Call, outcome: str, at: float) -> Call:
    return each_leg(call, lambda leg: over(leg, outcome, at) if leg.rings else leg)


def each_leg(call: Call, change: Callable[[Leg], Leg]) -> Call:
    return replace(call, legs=tuple(change(leg) for leg in call.legs))


def over(leg: Leg, outcome: str, at: float) -> Leg:
    return replace(leg, ended_at=at, outcome=outcome) if leg.lasts else leg


def demand(call: Call, what: str, *states: State) -> None:
    if call.state not in states:
        raise IllegalAction(f"Call {call.id} is {call.state} and cannot {what}")
