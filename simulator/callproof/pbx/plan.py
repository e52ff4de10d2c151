"""Where the numbering plan comes from: the guide's example, or a YAML file."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import structs

from callproof.contract.guide import LINES, Account, extension_of
from callproof.contract.jsontypes import JsonObject
from callproof.contract.phones import phone_key
from callproof.contract.schemas import load
from callproof.files.typed import typed
from callproof.files.yamlfile import Document, Path_
from callproof.pbx.planfile import (
    GroupWritten,
    ManagerWritten,
    PlanWritten,
    SpanWritten,
    ThenWritten,
    then,
)
from callproof.pbx.rules.plan import (
    Hours,
    ManagerFirst,
    NumberingPlan,
    PlannedExtension,
    PlannedLine,
    Recordings,
    RingGroup,
    Strategy,
    Then,
)

EVERYONE = "everyone"


def default_plan(managers: int = 2) -> NumberingPlan:
    """The guide's two lines, which ring both its extensions; of more managers three at most take turns."""
    extensions = {extension_of(user): PlannedExtension(user) for user in range(1, managers + 1)}
    few = managers <= 2
    group = RingGroup(
        EVERYONE,
        tuple(extensions),
        strategy=Strategy.RING_ALL if few else Strategy.ROUND_ROBIN,
        tries=0 if few else 3,
    )
    return _plan(LINES.items(), group, extensions)


def account_plan(account: Account) -> NumberingPlan:
    """Both lines of an account, which ring both its extensions."""
    extensions = {
        code: PlannedExtension(user) for code, user in zip(account.extensions, account.users, strict=True)
    }
    group = RingGroup(EVERYONE, tuple(extensions), strategy=Strategy.RING_ALL)
    return _plan(zip(account.shops, account.lines, strict=True), group, extensions)


def _plan(
    lines: Iterable[tuple[str, str]], group: RingGroup, extensions: dict[str, PlannedExtension]
) -> NumberingPlan:
    return NumberingPlan(
        lines=tuple(PlannedLine(phone, shop, group.name) for shop, phone in lines),
        groups={group.name: group},
        extensions=extensions,
    )


def load_plan(file: str) -> NumberingPlan:
    """A numbering plan from YAML. Raises FileError, which names the line, for anything wrong in it."""
    return _planned(Document(Path(file)))


def read_plan(written: JsonObject) -> NumberingPlan:
    """The same from what would stand in the file."""
    return _planned(Document(Path(), "the plan", msgspec.json.encode(written).decode()))


def _planned(document: Document) -> NumberingPlan:
    document.demand(load("numbering-plan"), document.data)
    return _Reader(document, typed(document, PlanWritten)).plan()


class _Reader:
    """Looks up the names by which parts of the file speak of each other."""

    def __init__(self, document: Document, written: PlanWritten) -> None:
        self._document = document
        self._written = written

    def plan(self) -> NumberingPlan:
        written = self._written
        hours = {name: self._hours(name, spans) for name, spans in written.hours.items()}
        groups = {name: self._group(name, group) for name, group in written.groups.items()}
        self._demand_an_end(groups)
        return NumberingPlan(
            lines=self._lines(hours),
            groups=groups,
            extensions=written.extensions,
            manager=self._manager(written.manager),
            recordings=Recordings(**structs.asdict(written.recordings)),
            requests_per_second=written.requests_per_second,
            voicemail_seconds=written.voicemail_seconds,
            longest_call=written.longest_call,
        )

    def _lines(self, hours: Mapping[str, tuple[Hours, ...]]) -> tuple[PlannedLine, ...]:
        lines: dict[str, PlannedLine] = {}
        for index, line in enumerate(self._written.lines):
            path: Path_ = ("lines", index)
            if phone_key(line.phone) in lines:
                raise self._document.error((*path, "phone"), f"the line {line.phone} stands twice")
            if line.hours is not None and line.hours not in hours:
                raise self._document.error((*path, "hours"), f"there are no hours {line.hours!r}")
            self._demand_group(line.group, (*path, "group"))
            lines[phone_key(line.phone)] = PlannedLine(
                line.phone,
                line.shop,
                line.group,
                hours[line.hours] if line.hours is not None else (),
                self._then(line.closed, (*path, "closed")),
            )
        return tuple(lines.values())

    def _group(self, name: str, group: GroupWritten) -> RingGroup:
        path = ("groups", name)
        for index, code in enumerate(group.extensions):
            if code not in self._written.extensions:
                raise self._document.error(
                    (*path, "extensions", index), f"there is no extension {code!r} in this plan"
                )
        no_answer = self._then(group.no_answer, (*path, "no-answer"))
        return RingGroup(name, **{**structs.asdict(group), "no_answer": no_answer})

    def _hours(self, name: str, spans: Iterable[SpanWritten]) -> tuple[Hours, ...]:
        found = tuple(span.hours() for span in spans)
        for index, hours in enumerate(found):
            if hours.start >= hours.end:
                raise self._document.error(
                    ("hours", name, index), "the hours end before they begin; split them at midnight"
                )
        return found

    def _manager(self, manager: ManagerWritten) -> ManagerFirst:
        no_answer = self._then(manager.no_answer, ("manager", "no-answer"))
        return ManagerFirst(manager.lookup_seconds, manager.ring_seconds, no_answer)

    def _then(self, written: ThenWritten, path: Path_) -> Then:
        found = then(written)
        if found.action == "group":
            self._demand_group(found.group, path)
        return found

    def _demand_group(self, name: str, path: Path_) -> None:
        if name not in self._written.groups:
            raise self._document.error(path, f"there is no group {name!r} in this plan")

    def _demand_an_end(self, groups: Mapping[str, RingGroup]) -> None:
        """A caller whom nobody takes must not go round for ever."""
        for name in groups:
            seen, then = {name}, groups[name].no_answer
            while then.action == "group":
                if then.group in seen:
                    raise self._document.error(
                        ("groups", name, "no-answer"), f"group {name!r} leads back to {then.group!r}"
                    )
                seen.add(then.group)
                then = groups[then.group].no_answer
