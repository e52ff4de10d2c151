"""The methods of a control API by which a tester breaks an end and mends it again."""

from typing import cast

from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME, Side
from callproof.control.api import Control, ControlError, Method
from callproof.exchange.faults import LIMITS, Fault, Faults, named

_COUNT: JsonObject = {"type": "integer", "minimum": 0}
_OPERATIONS: JsonObject = {"type": "array", "minItems": 1, "items": {"enum": list(BY_NAME)}}


def add_faults(api: Control, side: Side, faults: Faults, *, workers: int = 1) -> None:
    """``/faults`` of one end. With several workers there are none: the first three messages, say, of all of
    them together are nobody's to count."""

    def listed(_: JsonObject) -> Json:
        return {"faults": [_shown(fault, seen) for fault, seen in faults.active()]}

    def add(asked: JsonObject) -> Json:
        name = str(asked["fault"])
        if workers > 1:
            raise ControlError("Faults want an end with one worker.", 409)
        try:
            found = [fault for fault in named(name) if fault.side is side]
        except LookupError as error:
            raise ControlError(f"{error.args[0]}.", 404) from None
        if not found:
            raise ControlError(f"The fault {name} is none of the {side.upper()}'s.", 404)
        limits = {limit: asked[limit] for limit in LIMITS if limit in asked}
        for fault in found:
            faults.add(fault.limited(limits))
        return listed({})

    def clear(_: JsonObject) -> Json:
        faults.clear()
        return listed({})

    api.add(Method("GET", "/faults", "The faults that act now, and how many messages each met.", listed))
    api.add(
        Method(
            "POST",
            "/faults",
            "Let a fault act, or all that break or challenge a requirement: always, on the first n "
            "messages, on every nth, on a seeded share, on those of some methods or with some members.",
            add,
            body={
                "fault": {"type": "string"},
                "on": _OPERATIONS,
                "where": {"type": "object"},
                "after": _COUNT,
                "first": _COUNT,
                "every": {"type": "integer", "minimum": 1},
                "share": {"type": "number", "minimum": 0, "maximum": 1},
            },
            required=("fault",),
        )
    )
    api.add(Method("DELETE", "/faults", "Let everything work again.", clear))


def _shown(fault: Fault, seen: int) -> JsonObject:
    return {
        "fault": fault.name,
        "on": list(fault.on),
        "where": dict(fault.where),
        "after": fault.after,
        "first": cast(Json, fault.first),
        "every": fault.every,
        "share": fault.share,
        "seen": seen,
    }
