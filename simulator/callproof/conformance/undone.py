"""What a scenario must not leave at a PBX: calls that go on, and reports that were not delivered."""

from collections.abc import Mapping

from callproof.contract.jsontypes import Json
from callproof.control.driven import State

# What a PBX may call a call that is not over; another word for it says nothing.
OPEN = frozenset(
    ("dialled", "queued", "calling manager", "ringing", "talking", "held", "transferring", "voicemail")
)


def undone(state: State) -> str:
    """A sentence about it, "" where everything is done."""
    if still_open := [call["id"] for call in objects(state.get("calls")) if is_open(call)]:
        return f"the scenario leaves calls open: {still_open}"
    pending = [report for report in objects(state.get("outbox")) if report["fate"] == "pending"]
    return f"{len(pending)} reports of the PBX are still undelivered" if pending else ""


def objects(kept: list[Json] | None) -> list[Mapping[str, Json]]:
    return [item for item in kept or () if isinstance(item, Mapping)]


def is_open(call: Mapping[str, Json]) -> bool:
    return call.get("state") in OPEN
