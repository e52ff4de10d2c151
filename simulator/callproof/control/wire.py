"""What goes over the wire of every control API: bodies and queries by types, and its token."""

from typing import Annotated, Any, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, structs

TOKEN_HEADER = "X-Callproof-Token"
LONGEST_PAGE = 1000
FASTEST = 1000
# The end of the year 2099, as seconds since 1970.
LATEST = 4_102_444_799

Count = Annotated[float, Meta(ge=0, lt=10**15)]
Moment = Annotated[float, Meta(ge=0, le=LATEST)]

T = TypeVar("T")


class Members(Struct, forbid_unknown_fields=True):
    """Nothing is asked."""

    # What any method asks is a class below this one; its docstring stands in the description of the API.
    # A member that may be left out is UNSET then, or has its default.


class JournalAsked(Members):
    """``follow``, given alone or as ``1``, is for a stream without end; it begins with what comes next
    unless ``since`` is given. ``wait`` and ``limit`` are for a page."""

    since: Count | UnsetType = UNSET
    wait: Count = 0
    limit: Count = LONGEST_PAGE
    follow: Literal["", "1", "true", "0", "false"] = "0"

    @property
    def follows(self) -> bool:
        return self.follow in ("", "1", "true")


class ClockAsked(Members):
    """``speed`` is for a clock that runs by itself: 1 is the machine's, 0 stands still."""

    speed: Annotated[float, Meta(ge=0, le=FASTEST)] | UnsetType = UNSET
    advance: Moment | UnsetType = UNSET
    to: Moment | UnsetType = UNSET


class PageAsked(Members):
    """``after`` is a position, ``limit`` how many come behind it at most."""

    after: Count = 0
    limit: Count = LONGEST_PAGE

    @property
    def bounds(self) -> tuple[int, int]:
        return int(self.after), min(int(self.limit), LONGEST_PAGE)


class SeedAsked(Members):
    seed: int


class ClockTold(Struct, frozen=True):
    """``id`` is the same for ends that share a clock; whoever moves time has to know. Moments are seconds
    since 1970, ``next`` is when something is due, ``written`` is now as the contract writes dates, and
    ``speed`` how many times as fast as the machine's it runs by itself."""

    id: str
    kind: str
    now: float
    written: str = ""
    next: float | None = None
    speed: float = 0.0


def given(asked: Struct) -> dict[str, Any]:
    """The members that were sent, by the names of their fields."""
    return {name: value for name, value in structs.asdict(asked).items() if value is not UNSET}


def known(value: T | UnsetType) -> T | None:
    """None for what was left out."""
    return None if isinstance(value, UnsetType) else value
