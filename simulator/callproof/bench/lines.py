"""The journal as one reads it: a line for each call with everything that belongs to it, and one for each
request that belongs to none; and which of them somebody wants to see."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from callproof.conformance.evidence import Seen
from callproof.conformance.exhibits import Exhibit, exhibits
from callproof.conformance.ladder import Ladder, ladders
from callproof.contract.findings import Finding, Kind
from callproof.contract.jsontypes import Json
from callproof.contract.phones import digits, phone_key

# How many digits make a number that is compared as one.
_NUMBER = 7


@dataclass(frozen=True)
class JournalLine:
    """``ladder`` is None for a request that belongs to no call."""

    exhibits: tuple[Exhibit, ...]
    ladder: Ladder | None = None

    @cached_property
    def newest(self) -> int:
        """The number of the last exchange in the journal."""
        return max(exhibit.exchange.id for exhibit in self.exhibits)

    @property
    def name(self) -> str:
        """What a call is known by in an address: its id, or the customer's number where it has none."""
        return (self.ladder.call or self.ladder.phone) if self.ladder else ""

    @property
    def first(self) -> Exhibit:
        return self.exhibits[0]

    @property
    def last(self) -> Exhibit:
        return self.exhibits[-1]

    @cached_property
    def gravest(self) -> Finding | None:
        """What is worst of all that was found about it, of equals the newest. Of calls without an id, of
        which nobody knows how many they are, it is that of the newest message with any."""
        each = [found for exhibit in reversed(self.exhibits) if (found := findings(exhibit.exchange))]
        of_several = self.ladder and not self.ladder.call
        found = [finding for one in (each[:1] if of_several else each) for finding in one]
        return min(found, key=lambda finding: list(Kind).index(finding.kind), default=None)

    @property
    def refused(self) -> bool:
        return any(is_refused(exhibit.exchange) for exhibit in self.exhibits)

    @property
    def by_bench(self) -> bool:
        return all(exhibit.exchange.by_bench for exhibit in self.exhibits)


@dataclass(frozen=True)
class LinesWanted:
    """What somebody looks for, as texts of the page's address; empty ones ask for nothing.

    ``method`` is a part of a method's name or of an address, ``status`` a number, ``4xx`` or ``none``,
    ``finding`` a part of what a finding says, its kind or its row.
    """

    method: str = ""
    status: str = ""
    finding: str = ""
    phone: str = ""
    call: str = ""
    refused: str = ""

    def fits(self, line: JournalLine) -> bool:
        """Whether one exchange of the line is all that is asked; the call may be that of the line."""
        if self.call and self.call not in line.name and not any(map(self._is_of_call, line.exhibits)):
            return False
        if self.phone and not self._is_with(line):
            return False
        return any(self._is(exhibit) for exhibit in line.exhibits)

    def _is_with(self, line: JournalLine) -> bool:
        if line.ladder and same_number(self.phone, line.ladder.phone):
            return True
        return any(self._names_phone(exhibit.exchange) for exhibit in line.exhibits)

    def _is(self, exhibit: Exhibit) -> bool:
        seen = exhibit.exchange
        return (
            (self.method.lower() in f"{exhibit.name} {seen.method} {seen.url}".lower())
            and _is_status(self.status, seen.status)
            and (not self.finding or any(self.finding.lower() in told(f) for f in findings(seen)))
            and (not self.refused or is_refused(seen))
        )

    def _is_of_call(self, exhibit: Exhibit) -> bool:
        return any(self.call in text for text in _texts(exhibit.exchange.params))

    def _names_phone(self, seen: Seen) -> bool:
        return any(same_number(self.phone, text) for text in _texts(seen.params))


def lines(seen: Iterable[Seen]) -> list[JournalLine]:
    """Whatever happened last comes first."""
    shown = exhibits(seen)
    of_number = {exhibit.number: exhibit for exhibit in shown}
    found: list[JournalLine] = []
    taken: set[int] = set()
    for ladder in ladders(shown):
        if not (ladder.call or ladder.phone):
            continue
        numbers = dict.fromkeys(sorted(arrow.exhibit for arrow in ladder.arrows))
        taken |= numbers.keys()
        found.append(JournalLine(tuple(of_number[number] for number in numbers), ladder))
    found += [JournalLine((exhibit,)) for exhibit in shown if exhibit.number not in taken]
    return sorted(found, key=lambda line: line.newest, reverse=True)


def findings(seen: Seen) -> list[Finding]:
    """What the end found, and what the contract says beside it; each once, the gravest first."""
    found = {(one.pointer, one.message): one for one in (*seen.findings, *seen.exchange.findings)}
    return sorted(found.values(), key=lambda finding: list(Kind).index(finding.kind))


def is_refused(seen: Seen) -> bool:
    """Whether it was not done: another status than of success, or no answer."""
    return seen.status is None or seen.status >= 400


def told(finding: Finding) -> str:
    return str(finding).lower()


def same_number(wanted: str, text: str) -> bool:
    """A whole number in whatever notation, or a part of its digits."""
    asked = digits(wanted)
    if not asked:
        return wanted.lower() in text.lower()
    if len(asked) >= _NUMBER and phone_key(asked) == phone_key(text):
        return True
    return asked in digits(text)


def _is_status(wanted: str, status: int | None) -> bool:
    wanted = wanted.strip().lower()
    if not wanted:
        return True
    if status is None:
        return wanted == "none"
    return str(status).startswith(wanted.rstrip("x"))


def _texts(value: Json) -> Iterator[str]:
    """All texts and numbers in the parameters of a request."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _texts(inner)
    elif value is not None:
        yield str(value)
