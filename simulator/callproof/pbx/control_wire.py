"""What the methods of the virtual PBX's control API are asked, by types."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field, structs

from callproof.contract.jsontypes import JsonObject
from callproof.control.wire import Members
from callproof.pbx.planfile import DAYS, Day
from callproof.pbx.rules.script import Disposition, Party, Script

Text = str | UnsetType
Seconds = Annotated[float, Meta(ge=0, le=86_400)]

_USUAL = Script()


class ScriptAsked(Members, rename="camel"):
    """What the parties of a call do by themselves; times are in seconds."""

    outcome: Disposition = _USUAL.outcome
    after: Seconds = _USUAL.after
    talk: Seconds = _USUAL.talk
    hung_up_by: Party = _USUAL.hung_up_by
    hold: Seconds = _USUAL.hold
    transfer_to: str = _USUAL.transfer_to
    pick_up: Seconds = _USUAL.pick_up

    def script(self) -> Script:
        return Script(**structs.asdict(self))


class ExtensionsAsked(Members):
    """``free`` is any text for yes. ``at`` asks for one of them alone: 0 is the first, and just below 1 the
    last."""

    free: str = ""
    at: Annotated[float, Meta(ge=0, lt=1)] | UnsetType = UNSET


class PlaceAsked(Members):
    phone: str = field(name="from")
    to: str
    script: ScriptAsked | UnsetType = UNSET


class DialAsked(Members):
    extension: str
    to: str
    line: Text = UNSET
    script: ScriptAsked | UnsetType = UNSET


class ExpectAsked(Members):
    phone: str
    script: ScriptAsked


class LegAsked(Members):
    extension: Text = UNSET
    device: Text = UNSET


class TransferAsked(Members):
    to: str


class HangUpAsked(Members):
    by: Party


class PlanAsked(Members):
    """``plan`` is what would stand in the file of ``--pbx-config``."""

    plan: JsonObject


Hour = Annotated[str, Meta(pattern="^([01][0-9]|2[0-4]):[0-5][0-9]$")]


class Span(Members):
    opens: Hour = field(name="from")
    closes: Hour = field(name="to")
    days: tuple[Day, ...] = DAYS


class HoursAsked(Members):
    hours: tuple[Span, ...]


class ZoneAsked(Members):
    timezone: str


class PeriodAsked(Members):
    every: Seconds


class SendAsked(Members, rename="camel"):
    method: Literal["GET", "POST"]
    path: Annotated[str, Meta(pattern="^/")]
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    api_key: Text = UNSET
    multipart: bool = False
