"""What can be seen of a PBX between two steps: its calls that are not over, and what it has yet to tell."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from callproof import kinds
from callproof.conformance.undone import is_open, objects
from callproof.contract.jsontypes import JsonObject
from callproof.control.driven import State

IN, OUT = "in", "out"


class LegSeen(msgspec.Struct, rename="camel"):
    """One device that was rung; a PBX under test need not show any."""

    extension: str
    answered_at: float | None = None
    ended_at: float | None = None


class CallSeen(msgspec.Struct, rename="camel"):
    """A call that goes on, in the words of the control API and of the view ``calls``."""

    id: str | int = ""
    direction: str = ""
    phone: str | None = ""
    state: str = ""
    extensions: tuple[str | int, ...] = ()
    answered_by: str | int | None = None
    legs: tuple[LegSeen, ...] = ()

    @property
    def ringing(self) -> list[str]:
        """The extensions that ring, or may."""
        if self.legs:
            rings = (leg.extension for leg in self.legs if leg.answered_at is None and leg.ended_at is None)
            return list(dict.fromkeys(rings))
        return [str(code) for code in self.extensions]

    @property
    def occupied(self) -> list[str]:
        """The extensions that have their hands full with it."""
        if self.legs:
            return [leg.extension for leg in self.legs if leg.ended_at is None]
        return [str(code) for code in self.extensions]


class ReportSeen(msgspec.Struct, rename="camel"):
    """What is still to be told; a PBX under test need not show it."""

    kind: str = ""
    fate: str = ""
    attempts: int = 0


@dataclass(frozen=True)
class Look:
    """``calls`` go on, ``reports`` wait."""

    calls: Sequence[CallSeen]
    reports: Sequence[ReportSeen]

    @property
    def busy(self) -> set[str]:
        return {code for call in self.calls for code in call.occupied}


def look(state: State) -> Look:
    """Read what a PBX keeps; entries that are in no form that a view has are not there."""
    calls = [found for kept in objects(state.get("calls")) if is_open(kept) for found in _call(dict(kept))]
    reports = [kinds.convert(kept, ReportSeen) for kept in objects(state.get("outbox"))]
    return Look(calls, [report for report in reports if report.fate == "pending"])


def _call(kept: JsonObject) -> list[CallSeen]:
    try:
        return [kinds.convert(kept, CallSeen)]
    except msgspec.ValidationError:
        return []
