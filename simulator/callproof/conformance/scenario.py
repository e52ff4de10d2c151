"""A scenario: what happens, what each side has to do about it, and which rows that proves.

A file does not say who is real; the same one serves a self-check, a PBX under test and a CRM under
test. Its form is ``schemas/scenario.json``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec
from msgspec import structs

from callproof.contract.guide import Account
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.contract.requirements import Evidence
from callproof.errors import CallproofError


class Verb(StrEnum):
    SENDS = "sends"
    ANSWERS = "answers"
    KEEPS = "keeps"


# Stands for every exchange, also one that is no method of the contract.
ANYTHING = "anything"
# Stands for each single row of the history that is uploaded, in whatever company.
CDR = "cdr"
# What stands beside the members of a body in what a row is about.
BESIDE = ("$status", "$headers", "$method", "$body", "$path")
STATUS, HEADERS, METHOD, BODY, PATH = BESIDE

# What each end can be looked into for, through its control API.
KEPT = {Side.CRM: ("cards", "calls", "initiations", "users"), Side.PBX: ("calls", "outbox")}


@dataclass(frozen=True)
class Do:
    """Somebody does something at one of the ends; with ``given`` only if there is what it names.

    ``blames`` are the rows of that end that say why it has to be possible: an end that refuses it breaks
    these rows, where otherwise the scenario would be broken.
    """

    line: int
    action: str
    args: JsonObject
    name: str = ""
    given: tuple[str, ...] = ()
    blames: tuple[str, ...] = ()


@dataclass(frozen=True)
class Send:
    """The PBX's end sends this very request to the CRM, right or wrong; with ``given`` only if there is
    what it names.

    With ``change`` the entity is all that the module's settings were told until now, with these members
    in it.
    """

    line: int
    method: str
    path: str
    query: JsonObject
    form: JsonObject
    entity: str
    value: Json
    copies: int
    api_key: str | None
    change: JsonObject
    multipart: bool = False
    given: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expect:
    """What must be true: an exchange in the facing journal, or something that an end keeps.

    It has to match at least ``least`` and at most ``most`` times, None for any number; in any order, but
    later than the match that ``after`` names. ``within`` is in seconds of the ends' clock; it counts from
    the step that ``since`` names, and then also what really passed counts where time is real.

    ``matching``, ``status`` and ``headers`` say which ones are meant. ``about`` has, for each row that is
    proved by members of theirs, what these are to be: what differs reddens that row alone. A row in
    ``proves`` alone is proved by there being as many. ``evidence`` is what this demand of the rows rests
    on, if that is weaker than theirs. Nothing is demanded where there is what ``unless`` names,
    nor where there is not what ``given`` does.
    """

    line: int
    side: Side
    verb: Verb
    subject: str
    proves: tuple[str, ...]
    matching: Json = None
    status: Json = None
    headers: JsonObject = field(default_factory=dict)
    least: int = 1
    most: int | None = 1
    after: str = ""
    within: float = 0.0
    since: str = ""
    evidence: Evidence | None = None
    # Why no more is known than that.
    because: str = ""
    # Which of the things that its rows speak of this is.
    case: str = ""
    name: str = ""
    about: dict[str, JsonObject] = field(default_factory=dict)
    unless: str = ""
    given: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[str, ...]:
        """Every row that the step looks at."""
        return (*self.proves, *self.about)

    @property
    def times(self) -> str:
        """How often, in words."""
        if self.least == self.most:
            return str(self.least)
        words = [f"at least {self.least}"] if self.least or self.most is None else []
        return " and ".join([*words, *([] if self.most is None else [f"at most {self.most}"])])

    def __str__(self) -> str:
        return f"{self.side} {self.verb} {self.subject}"


@dataclass(frozen=True)
class Break:
    """From now on an end has this fault; ``limits`` say on which messages it acts."""

    line: int
    fault: str
    limits: JsonObject


# A period of the history: how long it is depends on whether time has to be waited for.
Period: TypeAlias = Literal["$period"]
PERIOD, PERIOD_IN_REAL_TIME = 600, 30


@dataclass(frozen=True)
class Wait:
    line: int
    length: float | Period


@dataclass(frozen=True)
class Leap:
    """The clocks go forward by so many seconds at once; where time is real nothing happens."""

    line: int
    seconds: float


@dataclass(frozen=True)
class Repeat:
    """The steps again and again; ``$n`` counts from 1."""

    line: int
    count: int
    steps: "tuple[Step, ...]"


@dataclass(frozen=True)
class Together:
    """What somebody does or sends at the same moment as the others. Two ends of our own on one clock that
    is moved do one after the other, so that the same seed gives the same report."""

    line: int
    steps: "tuple[Step, ...]"


Step: TypeAlias = Do | Send | Break | Expect | Wait | Leap | Repeat | Together


def seconds(length: float | Period, *, manual: bool) -> float:
    """``manual`` says that time passes by being told to."""
    if isinstance(length, str):
        return PERIOD if manual else PERIOD_IN_REAL_TIME
    return length


class Given(msgspec.Struct, frozen=True, rename="kebab"):
    """What is so before the first step; none of it is judged but the registration.

    Of a PBX under test whose telephony has not what is ``offered``, nothing is asked.
    """

    registered: bool = True
    offered: tuple[str, ...] = ()
    customers: tuple[JsonObject, ...] = ()
    users: dict[str, JsonObject] = {}
    plan: JsonObject = {}
    hours: list[JsonObject] = []
    zone: str = ""
    country: str = ""
    shops: tuple[str, ...] = ()
    # As it was written: a side under test may be told it in a text.
    upload_every: int | float | Period = 0

    @property
    def settings(self) -> Iterator[tuple[str, JsonObject]]:
        """The actions that make the account and the PBX what they are to be, with their arguments."""
        known: JsonObject = {"zone": self.zone, "country": self.country, "shops": list(self.shops)}
        account: JsonObject = {name: value for name, value in known.items() if value}
        if account:
            yield "set account", account
        if self.zone:
            yield "set zone", {"zone": self.zone}
        if self.plan:
            yield "set plan", {"plan": self.plan}
        if self.hours:
            yield "set hours", {"hours": list(self.hours)}

    def told_of(self, account: Account) -> Account:
        """The account with the zone and the country of the scenario."""
        zone, country = self.zone or account.timezone, self.country or account.country
        return structs.replace(account, timezone=zone, country=country)


@dataclass(frozen=True)
class Scenario:
    """``id`` is the path of the file below its root, without the ending."""

    id: str
    file: str
    title: str
    rule: str
    given: Given
    steps: tuple[Step, ...]

    @property
    def expectations(self) -> Iterator[Expect]:
        yield from expectations(self.steps)


def expectations(steps: Iterable[Step]) -> Iterator[Expect]:
    """All checks, also those inside a repetition."""
    for step in steps:
        if isinstance(step, Expect):
            yield step
        elif isinstance(step, Repeat):
            yield from expectations(step.steps)


class BrokenScenario(CallproofError):
    """A step could not be done; the text says which and why."""
