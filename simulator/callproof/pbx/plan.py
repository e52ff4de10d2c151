"""Where the numbering plan comes from: the guide's example, or a YAML file."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from callproof.contract.guide import LINES, extension_of
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.phones import phone_key
from callproof.contract.schemas import load
from callproof.files.yamlfile import Document, FileError, Path_
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

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
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
    return NumberingPlan(
        lines=tuple(PlannedLine(phone, site, EVERYONE) for site, phone in LINES.items()),
        groups={EVERYONE: group},
        extensions=extensions,
    )


def load_plan(file: str) -> NumberingPlan:
    """A numbering plan from YAML. Raises FileError, which names the line, for anything wrong in it."""
    return _Reader(Document(Path(file))).plan()


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        document.demand(load("numbering-plan"), document.data)
        self._data = cast(JsonObject, document.data)

    def plan(self) -> NumberingPlan:
        data, usual = self._data, NumberingPlan((), {}, {})
        extensions = {
            code: PlannedExtension(cast(int, sent["user"]), _texts(sent, "devices") or ("phone",))
            for code, sent in _parts(data, "extensions").items()
        }
        hours = {name: self._hours(name) for name in _parts(data, "hours")}
        groups = {name: self._group(name, extensions) for name in _parts(data, "groups")}
        self._demand_an_end(groups)
        return NumberingPlan(
            lines=self._lines(groups, hours),
            groups=groups,
            extensions=extensions,
            manager=self._manager(),
            recordings=self._recordings(),
            requests_per_second=int(_number(data, "requests-per-second", usual.requests_per_second)),
            voicemail_seconds=_number(data, "voicemail-seconds", usual.voicemail_seconds),
            longest_call=_number(data, "longest-call", usual.longest_call),
        )

    def _lines(
        self, groups: Mapping[str, RingGroup], hours: Mapping[str, tuple[Hours, ...]]
    ) -> tuple[PlannedLine, ...]:
        lines: dict[str, PlannedLine] = {}
        for index, sent in enumerate(cast(list[JsonObject], self._data["lines"])):
            path: Path_ = ("lines", index)
            phone, open_in = str(sent["phone"]), cast("str | None", sent.get("hours"))
            if phone_key(phone) in lines:
                raise self._document.error((*path, "phone"), f"the line {phone} stands twice")
            if open_in is not None and open_in not in hours:
                raise self._document.error((*path, "hours"), f"there are no hours {open_in!r}")
            lines[phone_key(phone)] = PlannedLine(
                phone,
                str(sent["shop"]),
                self._known_group(str(sent["group"]), (*path, "group"), groups),
                hours[open_in] if open_in is not None else (),
                self._then(sent, "closed", path, groups),
            )
        return tuple(lines.values())

    def _group(self, name: str, extensions: Mapping[str, PlannedExtension]) -> RingGroup:
        sent, path, usual = _parts(self._data, "groups")[name], ("groups", name), RingGroup("", ())
        members = _texts(sent, "extensions")
        for index, code in enumerate(members):
            if code not in extensions:
                raise self._document.error(
                    (*path, "extensions", index), f"there is no extension {code!r} in this plan"
                )
        return RingGroup(
            name,
            members,
            Strategy(str(sent.get("strategy", usual.strategy.value))),
            _number(sent, "ring-seconds", usual.ring_seconds),
            int(_number(sent, "tries", usual.tries)),
            _number(sent, "queue-seconds", usual.queue_seconds),
            self._then(sent, "no-answer", path, _parts(self._data, "groups")),
        )

    def _hours(self, name: str) -> tuple[Hours, ...]:
        spans = cast(list[JsonObject], cast(JsonObject, self._data["hours"])[name])
        found = []
        for index, sent in enumerate(spans):
            start, end = _minutes(str(sent["from"])), _minutes(str(sent["to"]))
            if start >= end:
                raise self._document.error(
                    ("hours", name, index), "the hours end before they begin; split them at midnight"
                )
            days = frozenset(DAYS.index(day) for day in _texts(sent, "days") or DAYS)
            found.append(Hours(days, start, end))
        return tuple(found)

    def _manager(self) -> ManagerFirst:
        sent, usual = cast(JsonObject, self._data.get("manager") or {}), ManagerFirst()
        groups = _parts(self._data, "groups")
        return ManagerFirst(
            _number(sent, "lookup-seconds", usual.lookup_seconds),
            _number(sent, "ring-seconds", usual.ring_seconds),
            self._then(sent, "no-answer", ("manager",), groups),
        )

    def _recordings(self) -> Recordings:
        sent, usual = cast(JsonObject, self._data.get("recordings") or {}), Recordings()
        return Recordings(
            str(sent.get("format", usual.format)),
            _number(sent, "ready-after", usual.ready_after),
            _number(sent, "kept-for", usual.kept_for),
        )

    def _then(self, sent: JsonObject, key: str, path: Path_, groups: Mapping[str, object]) -> Then:
        wanted = sent.get(key, "hang-up")
        if isinstance(wanted, Mapping):
            name = str(cast(JsonObject, wanted)["group"])
            return Then("group", self._known_group(name, (*path, key), groups))
        return Then(str(wanted))

    def _known_group(self, name: str, path: Path_, groups: Mapping[str, object]) -> str:
        if name not in groups:
            raise self._document.error(path, f"there is no group {name!r} in this plan")
        return name

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


def _parts(data: JsonObject, name: str) -> dict[str, JsonObject]:
    return cast(dict[str, JsonObject], data.get(name) or {})


def _texts(data: JsonObject, name: str) -> tuple[str, ...]:
    return tuple(cast(list[str], data.get(name) or ()))


def _number(data: JsonObject, name: str, usual: float) -> float:
    value: Json = data.get(name, usual)
    return cast(float, value)


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


__all__ = ["FileError", "default_plan", "load_plan"]
