"""What a PBX tells of its calls, held against what happened, in whatever scenario.

Nothing is demanded here but truth: a member that is left out is no lie. ``missing`` alone says what has to
be told at all, once there was time for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from callproof.conformance.calls import IN, Call
from callproof.conformance.comparing import Compares
from callproof.conformance.evidence import Seen
from callproof.conformance.matching import Leeway, differences, member_of
from callproof.conformance.verdict import Check
from callproof.contract.jsontypes import JsonObject
from callproof.contract.phones import phone_key, same_phone

EVENT, CDR = "pbx sends call-event", "pbx sends cdr"
COMPARES = (
    Compares("PBX-EVENT-02", EVENT, ("phone",)),
    Compares("PBX-EVENT-03", EVENT, ("type",)),
    Compares("PBX-EVENT-08", EVENT, ("hangupStatus",)),
    Compares("PBX-EVENT-09", EVENT, ("externalPhone",)),
    Compares("PBX-HISTORY-06", CDR, ("date",)),
    Compares("PBX-HISTORY-07", CDR, ("type",)),
    Compares("PBX-HISTORY-08", CDR, ("phone",)),
    Compares("PBX-HISTORY-09", CDR, ("result",)),
    Compares("PBX-HISTORY-11", CDR, ("code",)),
    Compares("PBX-HISTORY-12", CDR, ("duration", "durationWaiting")),
    Compares("PBX-HISTORY-13", CDR, ("recordUrl",)),
    Compares("PBX-HISTORY-14", CDR, ("externalPhone",)),
)
ROWS = (*(one.row for one in COMPARES), "PBX-EVENT-06", "PBX-HISTORY-05")
HANGUP, ANSWERED = "hangup", "answered"
# By how many seconds a whole number may differ from what passed.
ROUNDED = 1.0


@dataclass(frozen=True)
class Told:
    """One report of the PBX: an event, or a call of its history; ``taken`` says that the CRM took it."""

    value: JsonObject
    seen: Seen
    taken: bool

    @property
    def is_event(self) -> bool:
        return self.seen.is_of("call-event")

    @property
    def id(self) -> str:
        """The PBX's own of the call, "" where it tells none."""
        found = self.value.get("callExternalId" if self.is_event else "externalId")
        return "" if found is None else str(found)

    @property
    def ends(self) -> bool:
        return self.value.get("type") == HANGUP

    def phone(self, name: str = "phone") -> str:
        return str(self.value.get(name) or "")


def told(seen: Sequence[Seen]) -> list[Told]:
    """The reports in the journal of the CRM, in order."""
    found = []
    for one in seen:
        name = one.operation.name if one.operation and not one.by_bench else ""
        values = [one.params] if name == "call-event" else one.params if name == "calls-upload" else []
        for value in values if isinstance(values, list) else []:
            if isinstance(value, Mapping):
                found.append(Told(dict(value), one, one.taken))
    return found


def true(calls: Sequence[Call], reports: Sequence[Told], where: str, slack: Leeway) -> Iterator[Check]:
    """Each report against the call that it is about, but for odd ones; those may be meant by another's."""
    known = {call.id: call for call in calls if not call.odd}
    for report in reports:
        if (call := known.get(report.id)) is None:
            continue
        what = f"{report.seen.method} {report.seen.url}, {call}"
        compared = _compared(call, report, slack)
        others = [other for other in calls if other is not call]
        if sum(bool(problem) for _, problem in compared) == 1:
            # One thing alone may be wrong by itself, but for what the other call has no report of its own.
            others = [other for other in others if not _has(other, report, reports, slack)]
        if meant := _meant(report, compared, others, slack):
            row = "PBX-EVENT-10" if report.is_event else "PBX-HISTORY-10"
            compared = [(row, f"what is told of {call} is {meant}")]
        its_id = "callExternalId" if report.is_event else "externalId"
        for row, problem in compared:
            members = (its_id if meant else member_of(problem),) if problem else ()
            yield Check(row, what, where, problem, exchanges=(report.seen.ref,), members=members)


def _compared(call: Call, report: Told, slack: Leeway) -> list[tuple[str, str]]:
    return list(_event(call, report) if report.is_event else _cdr(call, report, slack))


def _meant(
    report: Told, compared: Sequence[tuple[str, str]], others: Sequence[Call], slack: Leeway
) -> Call | None:
    """The call of ``others`` that a report is about which is not true of its own: the id is wrong then, and
    nothing else."""
    if not any(problem for _, problem in compared):
        return None
    fitting = (other for other in others if not any(p for _, p in _compared(other, report, slack)))
    return next(fitting, None)


def _has(call: Call, like: Told, reports: Sequence[Told], slack: Leeway) -> bool:
    """Whether the call has a report of its own of this kind, one that is true of it."""
    of_it = (one for one in reports if one.id == call.id and one.is_event is like.is_event)
    alike = (one for one in of_it if one.value.get("type") == like.value.get("type") or not like.is_event)
    return any(not any(problem for _, problem in _compared(call, one, slack)) for one in alike)


def missing(calls: Sequence[Call], reports: Sequence[Told], where: str) -> Iterator[Check]:
    """A call that was answered and is over has its end told, and is in the history; how one of a hidden
    number is told of is written nowhere."""
    for call in calls:
        if call.odd or not phone_key(call.phone) or call.answered is None or call.ended is None:
            continue
        of_it = [one for one in reports if one.id == call.id or same_phone(one.phone(), call.phone)]
        ended = any(one.is_event and one.ends for one in of_it)
        stored = any(not one.is_event for one in of_it)
        yield Check("PBX-EVENT-06", str(call), where, "" if ended else f"the end of {call} was not told")
        yield Check("PBX-HISTORY-05", str(call), where, "" if stored else f"{call} is not in the history")


def linked(calls: Sequence[Call], reports: Sequence[Told], where: str) -> Iterator[Check]:
    """A link leads to the recording of its own call."""
    known = {call.id: call for call in calls}
    whose: dict[str, str] = {}
    for report in reports:
        link = report.value.get("recordUrl")
        if report.is_event or report.id not in known or not isinstance(link, str) or not link:
            continue
        first = whose.setdefault(link, report.id)
        what = f"{report.seen.method} {report.seen.url}, {known[report.id]}"
        problem = "" if first == report.id else f"recordUrl is that of {known[first]} as well: {link}"
        members = ("recordUrl",) if problem else ()
        yield Check("PBX-HISTORY-13", what, where, problem, exchanges=(report.seen.ref,), members=members)


def _event(call: Call, report: Told) -> Iterator[tuple[str, str]]:
    value = report.value
    yield "PBX-EVENT-02", _phone(value, "phone", call.phone)
    if "externalPhone" in value:
        yield "PBX-EVENT-09", _line(value, call)
    if not report.ends:
        yield "PBX-EVENT-03", _value(value, "type", call.direction)
    elif "hangupStatus" in value and not call.odd and _is_about_whom(call, value):
        yield "PBX-EVENT-08", _outcome(value, "hangupStatus", call)


def _is_about_whom(call: Call, value: JsonObject) -> bool:
    """Of a ring group each extension may have an end of its own; only who answered has an answered one."""
    codes = value.get("codes")
    named = [str(code) for code in codes] if isinstance(codes, list) else []
    return call.answered is None or not (named or value.get("userIds")) or call.extension in named


def _cdr(call: Call, report: Told, slack: Leeway) -> Iterator[tuple[str, str]]:
    value = report.value
    yield "PBX-HISTORY-06", _date(call, value, slack)
    yield "PBX-HISTORY-07", _value(value, "type", call.direction)
    yield "PBX-HISTORY-08", _phone(value, "phone", call.phone)
    if "externalPhone" in value:
        yield "PBX-HISTORY-14", _line(value, call)
    if call.odd:
        return
    yield "PBX-HISTORY-09", _outcome(value, "result", call)
    if call.answered is None:
        return
    if call.extension and "code" in value:
        yield "PBX-HISTORY-11", _value(value, "code", call.extension)
    if call.held or call.ended is None:
        return
    if "duration" in value:
        # That the length is that of the talk, without the ringing, nobody says.
        since = [call.answered, call.began, *(at for at, _ in call.answers)]
        yield "PBX-HISTORY-12", _seconds(value, "duration", [call.ended - at for at in since], slack)
    if "durationWaiting" in value and call.direction == IN:
        yield "PBX-HISTORY-12", _seconds(value, "durationWaiting", [call.answered - call.began], slack)


def _value(value: JsonObject, name: str, expected: str) -> str:
    found = value.get(name)
    return "" if str(found) == expected else f"{name} is {found!r}, expected {expected!r}"


def _phone(value: JsonObject, name: str, expected: str) -> str:
    if not phone_key(expected):
        # Of a caller who hides the number no source says what is told in its place.
        return ""
    return "; ".join(differences({"$phone": expected}, value.get(name), name))


def _line(value: JsonObject, call: Call) -> str:
    """By which line a call goes out may be the PBX's own choice, but the customer's number is none."""
    if call.line:
        return _phone(value, "externalPhone", call.line)
    found = str(value.get("externalPhone") or "")
    return f"externalPhone is {found!r}, the customer's number" if same_phone(found, call.phone) else ""


def _outcome(value: JsonObject, name: str, call: Call) -> str:
    """Whether somebody answered; by which word a call ends that nobody did is told elsewhere."""
    if (value.get(name) == ANSWERED) == (call.answered is not None):
        return ""
    return f"{name} is {value.get(name)!r}, and {'somebody' if call.answered else 'nobody'} answered"


def _date(call: Call, value: JsonObject, slack: Leeway) -> str:
    """In whatever zone; whether a call begins when it is asked for, rings or is answered, nobody says."""
    moments = [call.began, *(at for at, _ in call.answers)]
    unlike = [
        differences({"$date": {"at": moment, "zone": "any"}}, value.get("date"), "date", slack=slack)
        for moment in moments
    ]
    # The form of a date is the schema's to judge.
    return "; ".join(unlike[0]) if all(unlike) and isinstance(value.get("date"), str) else ""


def _seconds(value: JsonObject, name: str, passed: Sequence[float], slack: Leeway) -> str:
    """Whether a length is one of those that ``passed``; the first of them is shown."""
    found = value[name]
    if isinstance(found, int | float) and any(abs(found - one) < ROUNDED + slack.times for one in passed):
        return ""
    return f"{name} is {found!r}, expected {passed[0]:.0f}"
