"""The methods of a control API by which a tester breaks an end and mends it again."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from callproof.contract.operations import BY_NAME, Side
from callproof.control.api import Control, ControlError
from callproof.control.wire import Members, given, known
from callproof.exchange.faults import Fault, Faults, named

_Count = Annotated[int, Meta(ge=0)]
_Operation = Annotated[str, Meta(extra_json_schema={"enum": list(BY_NAME)})]


class FaultAsked(Members):
    """A fault or a requirement by name, and which messages are met."""

    fault: str
    on: Annotated[tuple[_Operation, ...], Meta(min_length=1)] | UnsetType = UNSET
    where: dict[str, Any] | UnsetType = UNSET
    after: _Count | UnsetType = UNSET
    first: _Count | UnsetType = UNSET
    every: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    share: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if unknown := [name for name in known(self.on) or () if name not in BY_NAME]:
            raise ValueError(f"{unknown[0]!r} is no method")


def add_faults(api: Control, side: Side, faults: Faults, *, workers: int = 1) -> None:
    """``/faults`` of one end. With several workers there are none: the first three messages, say, of all of
    them together are nobody's to count."""

    def listed() -> object:
        return {"faults": [_shown(fault, seen) for fault, seen in faults.active()]}

    def add(asked: FaultAsked) -> object:
        if workers > 1:
            raise ControlError("Faults want an end with one worker.", 409)
        limits = given(asked)
        name = limits.pop("fault")
        try:
            found = [fault for fault in named(name) if fault.side is side]
        except LookupError as error:
            raise ControlError(f"{error.args[0]}.", 404) from None
        if not found:
            raise ControlError(f"The fault {name} is none of the {side.upper()}'s.", 404)
        for fault in found:
            faults.add(fault.limited(limits))
        return listed()

    def clear() -> object:
        faults.clear()
        return listed()

    def remove(name: str) -> object:
        if not faults.remove(name):
            raise ControlError(f"The fault {name} does not act.", 404)
        return listed()

    api.add("GET", "/faults", "The faults that act now, and how many messages each met.", listed)
    api.add(
        "POST",
        "/faults",
        "Let a fault act, or all that break or challenge a requirement: always, on the first n "
        "messages, on every nth, on a seeded share, on those of some methods or with some members.",
        add,
        FaultAsked,
    )
    api.add("DELETE", "/faults", "Let everything work again.", clear)
    api.add("DELETE", "/faults/{name}", "Let this fault act no more.", remove)


def _shown(fault: Fault, seen: int) -> dict[str, object]:
    return {
        "fault": fault.name,
        "on": fault.on,
        "where": fault.where,
        "after": fault.after,
        "first": fault.first,
        "every": fault.every,
        "share": fault.share,
        "seen": seen,
    }
