"""Every stimulus and every view of a ``callproof.yaml`` tried once, before anything is judged: what both
probes share.

What is wrong with a side's messages is no affair of a probe, but where nothing could be judged for it.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec

from callproof.conformance import fresh
from callproof.conformance.drivers import act
from callproof.conformance.evidence import Seen
from callproof.conformance.foreign import Foreign
from callproof.conformance.hooks import asked_of, is_optional
from callproof.conformance.judge import UnderTest
from callproof.conformance.numbers import NUMBERS
from callproof.conformance.patience import be_patient
from callproof.conformance.probing_scope import BEGUN_BY, kept_name, tried_of
from callproof.conformance.scenario import Scenario
from callproof.conformance.selection import needing
from callproof.conformance.target import ADD_CUSTOMER, PASS_TIME, Target
from callproof.conformance.watching import Journals
from callproof.contract.findings import Kind
from callproof.contract.jsontypes import Json, JsonObject, reached
from callproof.contract.operations import Side
from callproof.control.client import ActionRefused, Ends, Unreachable

# How long what is due at once may take, in seconds of the ends' clock: as scenarios wait for it.
WITHIN = 5.0
# By how many seconds a test clock is moved to see whether it moves.
MOVED = 10.0
# How much of an answer is shown.
SHOWN = 120
SET_UP = "set-up"
_VIEW = "view "
_NO_ROUTE = re.compile(r"was answered (404|405|501)\b")


class Outcome(StrEnum):
    """From the best to the worst; what is to be looked at may be right."""

    WORKS = "works"
    ABSENT = "absent"
    LOOK = "look"
    UNTRIED = "not tried"
    WRONG = "wrong"


@dataclass(frozen=True)
class Tried:
    """What came of one stimulus or view; ``said`` is right or wrong about it, and what to do. ``lifted`` is
    the word under ``absent`` with which it is no demand any more, "" where nothing is missing."""

    name: str
    outcome: Outcome
    said: str
    lifted: str = ""


class _Stop(Exception):
    """The rest of what was being tried cannot be."""


class Probe(ABC):
    """``rows`` grow with what was tried; of several things said of one hook the first of the
    worst stays, and the last of what is right."""

    def __init__(
        self, target: Target, ends: Ends, theirs: Foreign, judged: UnderTest, scenarios: Sequence[Scenario]
    ) -> None:
        self.target, self.ends, self.theirs, self.judged = tried_of(target), ends, theirs, judged
        self.scenarios = scenarios
        self.account = target.account
        names = fresh.names(target.account, fresh.word_of(judged.run, "probe"))
        self.numbers = [str(names[f"number{place + 1}"]) for place in range(NUMBERS)]
        self.serial = str(names["serial"])
        self.journals = Journals(ends, budgets=judged.budgets)
        self._rows: dict[str, Tried] = {}
        # How much was in the journals at the last deed.
        self._mark = 0

    @abstractmethod
    def run(self) -> None:
        """Try everything. Raises Unreachable when an end is not there any more."""

    @property
    def rows(self) -> list[Tried]:
        """In the order of the file's suggestions."""
        asked = asked_of(self.target.side)
        order = [SET_UP, *asked.stimuli, *map(view_row, asked.views)]
        at = {name: place for place, name in enumerate(order)}
        return sorted(self._rows.values(), key=lambda row: at.get(row.name, len(order)))

    @property
    def facing(self) -> Side:
        """Whose journal shows what the side under test does."""
        return self.target.side.other

    def say(self, name: str, outcome: Outcome, said: str, lifted: str = "") -> None:
        known = self._rows.get(name)
        order = list(Outcome)
        worse = known is None or order.index(outcome) > order.index(known.outcome)
        if worse or (known and outcome is known.outcome is Outcome.WORKS):
            self._rows[name] = Tried(name, outcome, said, lifted)

    def works(self, name: str, said: str) -> None:
        self.say(name, Outcome.WORKS, said)

    def look(self, name: str, said: str) -> None:
        self.say(name, Outcome.LOOK, said)

    def wrong(self, name: str, said: str, lifted: str = "") -> None:
        self.say(name, Outcome.WRONG, said, lifted)

    def stop(self, name: str, said: str, lifted: str = "") -> _Stop:
        """To be raised where nothing that follows can be tried."""
        self.wrong(name, said, lifted)
        return _Stop()

    def enough(self) -> _Stop:
        """To be raised where nothing that follows can be tried, and it was said why."""
        return _Stop()

    def has(self, name: str) -> bool:
        return name in self.target.stimuli

    @contextmanager
    def trying(self) -> Iterator[None]:
        """A part of the probe, which may end before its end."""
        with suppress(_Stop):
            yield

    def each(self, *parts: Callable[[], None]) -> None:
        """Parts of the probe, of which each goes on where the one before it ended."""
        for part in parts:
            with self.trying():
                part()

    @contextmanager
    def in_case(self, more: str) -> Iterator[None]:
        """What goes wrong here goes wrong in this case, ``more`` says in which."""
        before = dict(self._rows)
        try:
            yield
        except _Stop:
            for name, row in self._rows.items():
                if before.get(name) != row:
                    self._rows[name] = replace(row, said=f"{more}: {row.said}")
            raise

    def do(self, name: str, args: Mapping[str, Json] | None = None) -> JsonObject:
        """Let the side act; the journal is read before, so that what comes of it is new."""
        if not self.has(name):
            raise _Stop
        self._mark = len(self.journals.read())
        with self.heard(name):
            answer = act(self.ends, name, args or {})
        self.works(name, "done")
        # What a CRM asks of our PBX is refused on purpose as well.
        if self.facing is Side.CRM and (refused := self._refused()):
            self.look(name, f"done, but callproof's CRM refused what came of it: {refused}")
        return answer

    @contextmanager
    def heard(self, name: str) -> Iterator[None]:
        """What the side refuses, or does not answer, is said of this hook."""
        try:
            yield
        except ActionRefused as error:
            why, lacking = self._why(name, str(error))
            raise self.stop(name, f"{error}{why}", lacking) from None
        except Unreachable as error:
            self.ends.demand_answer()
            raise self.stop(name, str(error)) from None

    def prepare(self, action: str, args: Mapping[str, Json] | None = None) -> JsonObject:
        """The same of our own end, which may not be able to as things stand."""
        self._mark = len(self.journals.read())
        try:
            return act(self.ends, action, args or {})
        except ActionRefused as error:
            raise self.stop(f"callproof's {self.facing.upper()}", f"{action}: {error}") from None

    def set_up(self) -> None:
        """Both ends are at their beginning; raises ``_Stop`` when the side is not."""
        with self.heard(SET_UP):
            self.journals.reset()
        if self.target.set_up:
            self.works(SET_UP, "done")

    def view(self, name: str) -> list[Mapping[str, Json]]:
        """The elements of a view that are objects; raises ``_Stop`` when it is none."""
        self.ends.settle()
        shown = view_row(name)
        if name not in self.target.views:
            raise _Stop
        with self.heard(shown):
            found = self.theirs.view(name)
        self.works(shown, f"a list of {len(found)}")
        odd = [item for item in found if not isinstance(item, Mapping)]
        if odd:
            raise self.stop(shown, f"each element has to be an object, and one is {brief(odd[0])}")
        return [item for item in found if isinstance(item, Mapping)]

    def members(self, name: str, item: Mapping[str, Json]) -> None:
        """Whether an element has what scenarios read of it."""
        lacks = [
            member.name
            for member in asked_of(self.target.side).views[name].members
            if member.needed and member.name not in item
        ]
        if lacks:
            said = f"an element has no {' and no '.join(f'`{one}`' for one in lacks)}: {brief(item)}"
            self.wrong(view_row(name), said)

    def clock(self) -> None:
        """The test clock goes on as it is told to, and a set-up leaves it where it is; ``_Stop`` otherwise.

        Comes last: the side has forgotten everything then.
        """
        with self.heard(PASS_TIME):
            before = self.theirs.told_time()
            self.ends.pass_time(MOVED)
            after = self.theirs.told_time()
        if not before and not after:
            self.works(PASS_TIME, "it tells no `now`")
            return
        went = f"`now` went from {before:.0f} to {after:.0f}"
        if after - before < MOVED - 1:
            raise self.stop(PASS_TIME, f"{MOVED:g} s were to pass, and {went}")
        self.set_up()
        with self.heard(PASS_TIME):
            again = self.theirs.told_time()
        if again < after:
            said = f"{SET_UP} takes the clock back from {after:.0f} to {again:.0f}"
            raise self.stop(PASS_TIME, f"{said}; it has to leave it where it is")
        self.works(PASS_TIME, f"it moved by {after - before:.0f} s")

    def comes(self, name: str, fits: Callable[[Seen], bool] = lambda seen: True) -> Seen | None:
        """The first message of this method that the side sent since the last deed; it gets as
        long for it as in a scenario."""

        def found() -> Seen | None:
            return next((one for one in self._asked() if one.is_of(name) and fits(one)), None)

        self.ends.settle()
        deadline = self.ends.now() + WITHIN
        going_on = True
        while going_on and not found():
            going_on = self.ends.step(deadline)
        if not found():
            be_patient(self.ends.patience, self.journals, self.facing, lambda: bool(found()))
        return found()

    def _why(self, name: str, said: str) -> tuple[str, str]:
        """What is known of why a hook did not do it: what our end refused meanwhile, or no such route; and
        the word under ``absent`` for a side that has none."""
        if refused := self._refused():
            return f"; callproof's {self.facing.upper()} was asked {refused}", ""
        if not _NO_ROUTE.search(said) or name == SET_UP:
            return "", ""
        view = kept_name(self.target, name.removeprefix(_VIEW))
        need = name if name in asked_of(self.target.side).stimuli else view
        hint = f"; is the route there? What your side does not have is named under absent, as `{need}`"
        return hint, need

    def _refused(self) -> str:
        """What the side asked of our end in vain since the last deed, with the reason."""
        asked = (one for one in self._asked() if one.status is None or one.status >= 400)
        return next((f"{one.method} {one.path}: {refusal(one)}" for one in asked), "")

    def instead(self, wanted: str) -> str:
        """What came in the place of a message that did not."""
        others = [one for one in self._asked() if not one.is_of(wanted)]
        wanted = f"no {wanted} reached callproof's {self.facing.upper()}"
        if refused := self._refused():
            return f"{wanted}, but {refused}"
        if others:
            names = dict.fromkeys(one.operation.name if one.operation else one.path for one in others)
            return f"{wanted}, but {', '.join(names)}"
        return f"{wanted} at {self.ends.of(self.facing).url} within {WITHIN:g} s"

    def tell_the_rest(self) -> None:
        """Of what was not tried why."""
        asked = asked_of(self.target.side)
        for name in asked.stimuli:
            self._left(name, name, name in self.target.stimuli, must=not is_optional(name))
        for name in asked.views:
            self._left(view_row(name), kept_name(self.target, name), name in self.target.views, must=True)

    def _left(self, row: str, need: str, there: bool, *, must: bool) -> None:
        count = len(needing(self.scenarios, need, self.target.side))
        scenarios = "1 scenario is" if count == 1 else f"{count} scenarios are"
        if row in self._rows or (need in (PASS_TIME, ADD_CUSTOMER) and not there):
            return
        first = BEGUN_BY.get(row, "")
        if there and first and not self.has(first):
            self.say(row, Outcome.UNTRIED, f"it comes after `{first}`, which is absent")
        elif there:
            self.say(row, Outcome.UNTRIED, "what comes before it does not work")
        elif need in self.target.absent or not must:
            self.say(row, Outcome.ABSENT, f"{scenarios} left out")
        else:
            self.wrong(
                row, f"is neither there nor named under absent as `{need}`; then {scenarios} left out", need
            )

    def new(self) -> list[Seen]:
        """Everything since the last deed."""
        return self.journals.read()[self._mark :]

    def _asked(self) -> Iterator[Seen]:
        """What the side sent since the last deed."""
        return (
            one
            for one in self.new()
            if one.seen_by is self.facing and one.asked_by is self.target.side and not one.by_bench
        )


def refusal(seen: Seen) -> str:
    """Why a message was refused, in the words of our end's remark on it."""
    if seen.status is None:
        return f"no answer ({seen.error})"
    remarks = [found for found in seen.exchange.findings if found.kind is Kind.VIOLATION]
    said = str(remarks[0]) if remarks else brief(seen.answer)
    return f"{seen.status}, {said}"


def taken(seen: Seen) -> bool:
    return seen.status in (200, 201) and reached(seen.answer, "success") is not False


def view_row(name: str) -> str:
    """What a view is called in the table."""
    return f"{_VIEW}{name}"


def brief(value: Json) -> str:
    """As much of a value as fits into a line."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
