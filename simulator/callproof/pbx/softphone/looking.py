"""What the softphone's page shows, made from the PBX as it is now. Moments are seconds since 1970."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from callproof.contract.guide import RECORDINGS
from callproof.pbx.pbx import Pbx
from callproof.pbx.rules.call import Call, Direction, Leg, State
from callproof.pbx.rules.outbox import Report
from callproof.pbx.rules.plan import PlannedLine, RingGroup

# How many of each a page shows at most.
LIVE = 20
PEOPLE = 6
ENDED = 15
REPORTS = 12
MEMBERS = 12
CHOICES = 100


@dataclass(frozen=True)
class Telephone:
    """An extension that a browser is; ``call`` is what it rings for or talks in, ``leg`` its part."""

    code: str
    user: int
    status: str
    call: Call | None
    leg: Leg | None
    others: tuple[str, ...]

    @property
    def ringing(self) -> tuple[str, ...]:
        """The devices on which it can be answered."""
        legs = self.call.legs if self.call else ()
        return tuple(leg.device for leg in legs if leg.extension == self.code and leg.rings)

    @property
    def rings_back(self) -> bool:
        """Whether the manager hears that the customer rings."""
        return bool(self.call and self.call.rings_customer)


@dataclass(frozen=True)
class Customer:
    """A person on the other side of a call that is carried by hand; ``here`` says whether this browser
    dialled."""

    call: Call
    here: bool

    @property
    def rings(self) -> bool:
        return self.call.rings_customer

    @property
    def rings_back(self) -> bool:
        incoming = self.call.direction is Direction.IN
        return self.here and incoming and self.call.state in (State.DIALLED, State.RINGING)


@dataclass(frozen=True)
class Member:
    code: str
    word: str


@dataclass(frozen=True)
class Group:
    """``word`` of a member is ``free``, ``ringing``, ``talking`` or the CRM's status; ``queued`` wait."""

    group: RingGroup
    members: tuple[Member, ...]
    more: int
    queued: tuple[Call, ...]


@dataclass(frozen=True)
class Line:
    line: PlannedLine
    open: bool


@dataclass(frozen=True)
class Finished:
    """``sound`` is the path of the recording; without one, ``word`` says why there is none."""

    call: Call
    sound: str
    word: str


@dataclass(frozen=True)
class Waiting:
    """A report to deliver; ``next_try`` is None while it waits for another one of its call."""

    report: Report
    next_try: float | None


class Looking:
    """One look; all parts of it see the same calls."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self._plan = pbx.settings.plan
        self.now = pbx.clock.now()
        self.calls = pbx.engine.going_on()
        self._statuses = pbx.engine.statuses()
        self._at = {code: call for call in self.calls for code in call.occupied}

    @property
    def live(self) -> list[Call]:
        """The newest calls that go on, the newest first."""
        return self.calls[: -LIVE - 1 : -1]

    def telephones(self, codes: Iterable[str]) -> list[Telephone]:
        return [self._telephone(code) for code in codes]

    def customers(self, dialled: frozenset[str]) -> list[Customer]:
        """People in calls without a script, those who dialled here first."""
        by_hand = [
            call for call in self.calls if call.script is None and call.state is not State.CALLING_MANAGER
        ]
        by_hand.sort(key=lambda call: (call.id not in dialled, -call.started_at))
        return [Customer(call, call.id in dialled) for call in by_hand[:PEOPLE]]

    def choices(self, without: Iterable[str]) -> tuple[str, ...]:
        """Extensions that can be taken up."""
        left_out = frozenset(without)
        return tuple(code for code in self._plan.extensions if code not in left_out)[:CHOICES]

    def groups(self) -> list[Group]:
        queued = [call for call in self.calls if call.state is State.QUEUED]
        return [
            Group(
                group,
                tuple(Member(code, self._word(code)) for code in group.extensions[:MEMBERS]),
                max(len(group.extensions) - MEMBERS, 0),
                tuple(call for call in queued if call.group == name),
            )
            for name, group in self._plan.groups.items()
        ]

    def lines(self) -> list[Line]:
        zone = self._pbx.settings.timezone
        return [Line(line, line.is_open(self.now, zone)) for line in self._plan.lines]

    def finished(self) -> list[Finished]:
        with self._pbx.store.begin() as session:
            return [self._finished(call) for call in session.ended(ENDED)]

    def counts(self) -> dict[str, int]:
        """``waiting`` and ``refused`` reports."""
        with self._pbx.store.begin() as session:
            return session.under_way()

    def waiting(self) -> list[Waiting]:
        with self._pbx.store.begin() as session:
            return list(self._planned(session.pending(REPORTS)))

    def refused(self) -> list[Report]:
        with self._pbx.store.begin() as session:
            return session.refused(REPORTS)

    def _telephone(self, code: str) -> Telephone:
        call = self._at.get(code)
        legs = [leg for leg in call.legs if leg.extension == code and leg.lasts] if call else []
        leg = max(legs, key=lambda leg: leg.answered_at is not None, default=None)
        others = tuple(other for other in self.choices([code]) if other not in self._at)
        return Telephone(
            code, self._plan.extensions[code].user, self._statuses.get(code, ""), call, leg, others
        )

    def _word(self, code: str) -> str:
        if call := self._at.get(code):
            return "ringing" if code in call.ringing_extensions else "talking"
        return self._statuses.get(code, "free")

    def _finished(self, call: Call) -> Finished:
        keeps = self._plan.recordings
        age = self.now - (call.ended_at or self.now)
        if not call.recorded:
            return Finished(call, "", "none")
        if age < keeps.ready_after:
            return Finished(call, "", "not-ready")
        if keeps.kept_for and age >= keeps.kept_for:
            return Finished(call, "", "gone")
        return Finished(call, f"{RECORDINGS}{call.id}.{keeps.format}", "")

    def _planned(self, pending: Iterable[Report]) -> Iterator[Waiting]:
        seen: set[str] = set()
        for report in pending:
            first = report.call_id not in seen
            seen.add(report.call_id)
            due = max(report.due_at, self._pbx.reporter.quiet_until)
            yield Waiting(report, due if first else None)


def spoken(seconds: float) -> str:
    """A length of time as a telephone shows it, ``0:07`` or ``1:02:03``."""
    whole = max(int(seconds), 0)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
