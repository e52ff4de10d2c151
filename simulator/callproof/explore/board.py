"""What a run that is being made up knows of itself: who plays, the names that it gave, how users, module
and faults are."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from callproof.conformance.filling import Names
from callproof.conformance.numbers import NUMBERS
from callproof.conformance.scenario import BrokenScenario
from callproof.contract.guide import Account
from callproof.contract.operations import Side
from callproof.explore.look import CallSeen, Look

EXTENSIONS, USERS, LINES, SHOPS = (
    tuple(f"${name}{place}" for place in (1, 2)) for name in ("extension", "user", "line", "shop")
)
NUMBERED = tuple(f"$number{place}" for place in range(1, NUMBERS + 1))


@dataclass(frozen=True)
class Bench:
    """What there is to play on. ``absent`` is what a side does not know; of the sides that are our ``own``
    everything can be seen, and they may be given faults."""

    account: Account
    absent: frozenset[str] = frozenset()
    own: frozenset[Side] = frozenset(Side)
    # Whether time can be moved; where it cannot, it is waited for.
    moved: bool = True

    def extension(self, code: str) -> str:
        """As a scenario calls it, "" for one that it has no name for."""
        known = dict(zip(self.account.extensions, EXTENSIONS, strict=True))
        return known.get(code, "")


@dataclass
class UserKnown:
    online: bool = True
    status: str = "free"

    @property
    def free(self) -> bool:
        return self.online and self.status == "free"


@dataclass
class Board:
    """``ids`` has the calls by the PBX's own ids, each with how a scenario refers to it."""

    names: Names
    ids: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    users: Mapping[str, UserKnown] = field(default_factory=lambda: {user: UserKnown() for user in USERS})
    active: bool = True
    frozen: bool = False
    budgeted: bool = False
    faulty: set[Side] = field(default_factory=set)
    faultless: set[Side] = field(default_factory=set)
    count: int = 0

    def name(self) -> str:
        """One that no step has yet."""
        self.count += 1
        return f"c{self.count}"

    def learn(self, name: str, path: str) -> None:
        """A step of that name began a call whose id is there; nothing where it did not."""
        written = f"${name}.{path}"
        try:
            self.ids[str(self.names.filled(written))] = written
        except BrokenScenario:
            return


@dataclass(frozen=True)
class Moment:
    """Between two steps: what rules choose by. ``gentle`` runs have only faults after which everything that
    is due has to arrive."""

    bench: Bench
    board: Board
    look: Look
    dice: random.Random
    gentle: bool
    # The ids of the calls of the history that have something to hear, looked up when it is asked for.
    recorded: Callable[[], set[str]]

    def calls(self, *states: str, direction: str = "") -> list[CallSeen]:
        """Those in one of the states that a step can speak of."""
        return [
            call
            for call in self.look.calls
            if call.state in states and str(call.id) in self.board.ids and direction in ("", call.direction)
        ]

    def reference(self, call: CallSeen) -> str:
        return self.board.ids[str(call.id)]

    @property
    def free(self) -> list[str]:
        """The extensions that nobody rings or talks at, as scenarios call them."""
        known = zip(self.bench.account.extensions, EXTENSIONS, strict=True)
        return [name for code, name in known if code not in self.look.busy]
