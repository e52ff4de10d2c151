"""Named faults of an end: each is a challenge to the other end and a broken implementation of its own.

The catalogue is data, ``schemas/faults/*.yaml``. A fault changes messages at one of four seams and acts
always, on the first n, on every nth or on a seeded share of them.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from threading import Event, Lock

import msgspec

from callproof import kinds
from callproof.contract.files import shipped
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.errors import UnknownName, did_you_mean
from callproof.files.typed import typed
from callproof.files.yamlfile import Document


class Seam(StrEnum):
    """Where an end's messages pass. The journal has what went over the wire: a request as it came,
    before it is heard, and an answer as it came, before it is read."""

    HEARS = "hears"
    ANSWERS = "answers"
    ASKS = "asks"
    READS = "reads"


class Change(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """What becomes of a message.

    ``set`` and ``drop`` name members by dotted paths, ``*`` for each element of a list: of an answer's
    body, or of a request's parameters (``event.codes``, ``phone``). ``cut`` is the share of the body that
    is left, ``delay`` is in seconds, of a request before it is sent, of an answer before it is given.
    ``lost`` messages never arrive. A header set to an empty text is left out; ``$api_key`` is the key of
    the account. ``form`` writes the parameters down in another way: json or brackets. ``copies`` of a
    request are sent one after the other; ``also`` is a form that goes to a path of the same host before.
    ``address`` has parts of the address and what stands there instead.
    """

    status: int | None = None
    set: Mapping[str, Json] = {}
    drop: tuple[str, ...] = ()
    headers: Mapping[str, str] = {}
    text: str | None = None
    cut: float | None = None
    delay: float = 0.0
    lost: bool = False
    copies: int = 1
    also: Mapping[str, str] = {}
    also_to: str = ""
    method: str = ""
    address: Mapping[str, str] = {}
    form: str = ""


@dataclass(frozen=True)
class Fault:
    """``where`` maps paths, as in ``Change``, to the values that a request must have to be met.

    ``breaks`` are rows of the fault's own side, ``challenges`` rows of the other one.
    """

    name: str
    side: Side
    text: str
    seam: Seam
    on: tuple[str, ...]
    change: Change
    where: Mapping[str, Json] = field(default_factory=dict)
    after: int = 0
    first: int | None = None
    every: int = 1
    share: float = 1.0
    breaks: tuple[str, ...] = ()
    challenges: tuple[str, ...] = ()

    def is_about(self, operation: str) -> bool:
        """``*`` stands for every method."""
        return operation in self.on or "*" in self.on

    def acts(self, count: int, seed: int, operation: str) -> bool:
        """Whether the message of this method with this number, from 1, is met."""
        number = count - self.after
        if number < 1 or number % self.every or (self.first is not None and number > self.first):
            return False
        return (
            self.share >= 1
            or random.Random(f"{seed}:{self.name}:{operation}:{count}").random() < self.share
        )

    def limited(self, options: Mapping[str, Json]) -> "Fault":
        """With other messages met: ``on``, ``where``, ``after``, ``first``, ``every``, ``share``."""
        given = [name for name in LIMITS if name in options]
        limits = kinds.convert({name: options[name] for name in given}, _Limits)
        return replace(self, **{name: getattr(limits, name) for name in given})


class _Limits(msgspec.Struct):
    on: tuple[str, ...] = ()
    where: Mapping[str, Json] = {}
    after: int = 0
    first: int | None = None
    every: int = 1
    share: float = 1.0


LIMITS = _Limits.__struct_fields__


class Faults:
    """Those that act at one end now; safe for threads.

    ``standing`` ones act from the start and after each reset. ``cleared`` wakes whoever waits on a delay.
    ``resets`` counts them: what an end was busy with before one is nobody's business after it.
    """

    def __init__(self, seed: int = 1, standing: Iterable[Fault] = ()) -> None:
        self.seed = seed
        self.cleared = Event()
        self.resets = 0
        self._standing = tuple(standing)
        self._active = list(self._standing)
        # Of each fault how many messages of each method it looked at.
        self._counts = [Counter[str]() for _ in self._active]
        self._lock = Lock()

    def __bool__(self) -> bool:
        return bool(self._active)

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._active.append(fault)
            self._counts.append(Counter())

    def remove(self, name: str) -> bool:
        """This one acts no more; False where it did not. Answers that wait are given."""
        with self._lock:
            left = [
                (fault, counts)
                for fault, counts in zip(self._active, self._counts, strict=True)
                if fault.name != name
            ]
            removed = len(left) < len(self._active)
            self._active = [fault for fault, _ in left]
            self._counts = [counts for _, counts in left]
            if removed:
                self.cleared.set()
                self.cleared = Event()
        return removed

    def reset(self) -> None:
        """Only the standing ones act, from their first message on; answers that wait are given."""
        self.resets += 1
        self._begin(self._standing)

    def clear(self) -> None:
        """Everything works again."""
        self._begin(())

    def _begin(self, faults: Iterable[Fault]) -> None:
        with self._lock:
            self._active = list(faults)
            self._counts = [Counter() for _ in self._active]
            self.cleared.set()
            self.cleared = Event()

    def active(self) -> list[tuple[Fault, int]]:
        """Each with the number of messages that it looked at."""
        with self._lock:
            return [
                (fault, counts.total()) for fault, counts in zip(self._active, self._counts, strict=True)
            ]

    def take(self, seam: Seam, operation: str, fits: Callable[[Mapping[str, Json]], bool]) -> list[Change]:
        """What happens to this message, in the order in which the faults were added.

        A fault on several methods counts the messages of each alone.
        """
        changes = []
        with self._lock:
            for place, fault in enumerate(self._active):
                if fault.seam is not seam or not fault.is_about(operation) or not fits(fault.where):
                    continue
                self._counts[place][operation] += 1
                if fault.acts(self._counts[place][operation], self.seed, operation):
                    changes.append(fault.change)
        return changes


class _Catalogue(msgspec.Struct):
    faults: list[JsonObject]


@cache
def catalogue() -> Mapping[str, Fault]:
    """Every named fault, by name, those of the CRM first."""
    found: dict[str, Fault] = {}
    for side in Side:
        document = Document(shipped("schemas") / "faults" / f"{side}.yaml", f"schemas/faults/{side}.yaml")
        for place, sent in enumerate(typed(document, _Catalogue).faults):
            fault = typed(document, Fault, {**sent, "side": side}, ("faults", place))
            assert fault.name not in found, fault.name
            found[fault.name] = replace(fault, text=" ".join(fault.text.split()))
    return found


def named(name: str) -> list[Fault]:
    """The fault of that name, or those that challenge or break a requirement. Raises UnknownName."""
    if name in catalogue():
        return [catalogue()[name]]
    found = [fault for fault in catalogue().values() if name in (*fault.breaks, *fault.challenges)]
    if not found:
        raise UnknownName(
            f"There is no fault {name!r}, nor one that breaks or challenges such a requirement"
            f"{did_you_mean(name, [*catalogue()])}"
        )
    return found
