"""What a side has to be able to do to be judged, from ``schemas/hooks.yaml``: each stimulus and each view
in words, and as ``callproof init`` suggests it."""

from collections.abc import Mapping
from functools import cache

import msgspec

from callproof.conformance.actions import ACTIONS
from callproof.conformance.target import ADD_CUSTOMER, PASS_TIME, UPLOAD_EVERY
from callproof.contract.files import shipped
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.files.typed import typed
from callproof.files.yamlfile import Document

# What a PBX may call a call that is not over; another word for it says nothing.
OPEN = frozenset(
    ("dialled", "queued", "calling manager", "ringing", "talking", "held", "transferring", "voicemail")
)


class Hook(msgspec.Struct, frozen=True):
    """``does`` is what has happened when it is answered. ``url`` is a suggestion, ``args`` are an example
    of each argument, ``answers`` is one of what is read of the answer."""

    does: str
    url: str
    args: JsonObject = {}
    answers: JsonObject = {}


class Member(msgspec.Struct, frozen=True):
    """What an element of a view says by it, one of the ``words`` where it has some; some scenario fails
    without one that is ``needed``."""

    name: str
    says: str
    sample: Json
    needed: bool = True
    words: tuple[str, ...] = ()

    def read(self, found: JsonObject) -> JsonObject:
        """The element with this member in the type of the sample: a number that is shown as text is read as
        that number, and an extension that is shown as a number as text."""
        return {**found, self.name: _as(self.sample, found[self.name])} if self.name in found else found

    def misread(self, found: Json) -> str:
        """What is wrong with an element whose word nobody would find, "" where nothing is."""
        said = found.get(self.name) if isinstance(found, Mapping) else None
        if not self.words or said is None or said in self.words:
            return ""
        known = " or ".join(repr(word) for word in self.words)
        return f"`{self.name}` is {said!r}, expected {known}"


def _as(sample: Json, value: Json) -> Json:
    if isinstance(sample, bool):
        return bool(value) if type(value) is int and value in (0, 1) else value
    if isinstance(sample, int):
        return int(value) if isinstance(value, str) and value.isdecimal() else value
    if isinstance(sample, list) and isinstance(value, list):
        return [_as(sample[0], one) for one in value]
    return str(value) if isinstance(sample, str) and type(value) is int else value


class View(msgspec.Struct, frozen=True):
    shows: str
    url: str
    members: tuple[Member, ...]

    @property
    def sample(self) -> JsonObject:
        return {member.name: member.sample for member in self.members}


class SideAsked(msgspec.Struct, frozen=True):
    """``rules`` are sentences about the side as a whole."""

    rules: tuple[str, ...]
    stimuli: Mapping[str, Hook]
    views: Mapping[str, View]


class _Hooks(msgspec.Struct, frozen=True):
    both: tuple[str, ...]
    pbx: SideAsked
    crm: SideAsked


@cache
def asked_of(side: Side) -> SideAsked:
    """What is asked of a side; the rules that hold for both come last."""
    read = typed(Document(shipped("schemas") / "hooks.yaml"), _Hooks)
    found = read.pbx if side is Side.PBX else read.crm
    return msgspec.structs.replace(found, rules=(*found.rules, *read.both))


def body_of(name: str, hook: Hook) -> Json:
    """The body that ``init`` suggests: every argument that does not stand in the address."""
    if name == ADD_CUSTOMER:
        return "$customer"
    known = ["seconds"] if name in (UPLOAD_EVERY, PASS_TIME) else list(ACTIONS[name].args)
    return {arg: f"${arg}" for arg in known if f"${arg}" not in hook.url}


def is_optional(name: str) -> bool:
    """Whether a side need not mention that it does not have this stimulus."""
    rule = ACTIONS.get(name)
    return name in (PASS_TIME, ADD_CUSTOMER) if rule is None else rule.optional


def says(member: Member) -> str:
    """What a member says, and whether it may be missing."""
    words = ", ".join(f"`{word}`" for word in sorted(OPEN))
    return member.says.replace("$open", words) + ("" if member.needed else "; may be left out")
