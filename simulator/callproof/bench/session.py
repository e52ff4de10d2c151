"""From a session to a scenario: what was done by hand, with what was seen to come of it, as a file that
``callproof check`` plays."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from callproof import kinds
from callproof.bench.heard import Heard
from callproof.bench.lines import JournalLine
from callproof.bench.retelling import CallKept, Deed, Retold, SessionNames, clicked, left_out, retold
from callproof.conformance.evidence import Seen
from callproof.contract.jsontypes import Json, JsonObject, reached
from callproof.control.client import End

if TYPE_CHECKING:
    from callproof.explore.writing import Written

# Between calls nobody needs to wait for longer, in seconds.
IDLE = 5.0
# A scenario of more calls nobody reads.
CALLS = 200
_PAGE = 500


def kept_calls(pbx: End) -> list[CallKept]:
    """The newest calls of a virtual PBX, the oldest of them first. Raises Unreachable or ActionRefused."""
    found: list[CallKept] = []
    after = 0.0
    while True:
        page = pbx.get("/calls", after=after, limit=_PAGE)
        found = [*found, *kinds.convert(page["calls"], list[CallKept])][-CALLS:]
        if not page["calls"]:
            return found
        after = kinds.convert(page["last"], float)


def written(
    lines: Sequence[JournalLine],
    crm: Sequence[Seen],
    pbx: Sequence[Seen],
    calls: Sequence[CallKept],
    *,
    key: str,
    title: str,
) -> "Written":
    """The session, or what of it ``lines`` and ``calls`` are about. What the journal of the ``crm`` has,
    and that of the ``pbx`` has not, was sent by somebody else; ``key`` is the account's."""
    names = SessionNames(call.phone for call in calls)
    clicks = [seen for seen in crm if seen.is_of("make-call") and not seen.by_bench]
    heard = Heard(crm, pbx, key)
    told = retold(calls, clicks, names)
    # At the same moment of a clock that stands, what was prepared comes before the call that it was for,
    # and a click that was refused after the call that its manager had.
    deeds = [deed for seen in crm if (deed := _status(seen, names))]
    deeds += heard.deeds
    deeds += [deed for one in told for deed in one.deeds]
    deeds += [deed for seen in clicks if seen.status != 200 for deed in clicked(seen, names)]
    of_call = {line.ladder.call: line for line in lines if line.ladder}
    expected = [step for one in told for step in _expected(one, of_call.get(one.call.id), names)]
    steps = [*_timed(sorted(deeds, key=lambda deed: deed.at), told), *expected]
    rule = "Written down from a session by hand: whatever was done then has to lead to the same again."
    given = {**({} if heard.registered else {"registered": False}), **_given(told, of_call, names)}
    # Only here: it reads scenarios, which an end does not need to begin.
    from callproof.explore.writing import Written

    return Written(given, steps, title, rule, notes=[*heard.left_out, *left_out(clicks)])


def _timed(deeds: Sequence[Deed], told: Sequence[Retold]) -> Iterator[JsonObject]:
    """The steps with the waits between them, and who still talks at the end hangs up."""
    now: float | None = None
    for deed in deeds:
        at = round(deed.at, 1)
        passed = at - now if now is not None else 0.0
        if now is not None and not _goes_on(told, now, at):
            passed = min(passed, IDLE)
        if passed > 0:
            yield {"wait": round(passed, 1)}
        now = at if now is None else max(now, at)
        if deed.step:
            yield deed.step
    for one in told:
        if one.call.ended_at is None:
            yield {"do": "hang up", "call": one.ref, "by": "customer"}


def _goes_on(told: Sequence[Retold], since: float, until: float) -> bool:
    """Whether a call went on all that time."""
    return any(
        round(one.call.started_at, 1) <= since
        and (one.call.ended_at is None or round(one.call.ended_at, 1) >= until)
        for one in told
    )


def _given(told: Sequence[Retold], of_call: Mapping[str, JournalLine], names: SessionNames) -> JsonObject:
    """The customers of whom the CRM named the manager."""
    customers: dict[str, JsonObject] = {}
    for one in told:
        number = names.number(one.call.phone)
        manager = _manager(of_call.get(one.call.id))
        if manager and names.is_named(one.call.phone) and number not in customers:
            place = len(customers) + 1
            customers[number] = {
                "externalId": f"mine-{place}-$run",
                "firstName": f"Mine {place}",
                "managerId": names.user(manager),
                "phones": [{"number": number}],
            }
    return {"customers": list(customers.values())} if customers else {}


def _manager(line: JournalLine | None) -> str:
    for exhibit in line.exhibits if line else ():
        if exhibit.name == "manager-lookup":
            return str(reached(exhibit.exchange.answer, "manager", "id") or "")
    return ""


def _status(seen: Seen, names: SessionNames) -> Deed | None:
    """A manager changed the status, of which the PBX was told."""
    if not seen.is_of("status-notice") or seen.by_bench:
        return None
    user, status = reached(seen.params, "userId"), reached(seen.params, "status")
    step: JsonObject = {"do": "set user", "user": names.user(str(user)), "status": str(status)}
    return Deed(seen.at, step)


def _expected(one: Retold, line: JournalLine | None, names: SessionNames) -> Iterator[JsonObject]:
    """What was seen of a call, which is to be seen again."""
    if line is None:
        return
    number = names.number(one.call.phone)
    phone: JsonObject = {"phone": {"$phone": number}} if names.is_named(one.call.phone) else {}
    events = [e.exchange for e in line.exhibits if e.exchange.is_of("call-event")]
    for kind, row in (("in", "PBX-EVENT-04"), ("out", "PBX-EVENT-05"), ("hangup", "PBX-EVENT-06")):
        found = [seen for seen in events if reached(seen.params, "type") == kind]
        if found:
            yield _event(kind, row, found[-1], one, phone)
    if any(seen.status in (200, 201) for seen in events):
        answer: JsonObject = {"expect": "crm answers call-event", "status": {"$one-of": [200, 201]}}
        yield {**answer, "with": {"success": True}, "at-least": 1, "proves": "CRM-EVENT-01"}
    yield from _uploaded(one, line, phone)


def _event(kind: str, row: str, seen: Seen, one: Retold, phone: JsonObject) -> JsonObject:
    about: JsonObject = {"PBX-EVENT-10": {"callExternalId": {"$if-present": one.ref}}}
    if kind == "hangup":
        about["PBX-EVENT-08"] = {"hangupStatus": reached(seen.params, "hangupStatus")}
    step: JsonObject = {"expect": "pbx sends call-event", "with": {"type": kind, **phone}}
    return {**step, "at-least": 1, "within": 5, "proves": row, "about": about}


def _uploaded(one: Retold, line: JournalLine, phone: JsonObject) -> Iterator[JsonObject]:
    for exhibit in line.exhibits:
        items = exhibit.exchange.params if exhibit.name == "calls-upload" else None
        for item in items if isinstance(items, list) else []:
            if isinstance(item, Mapping) and item.get("externalId") == one.call.id:
                about: JsonObject = {
                    "PBX-HISTORY-07": {"type": item.get("type")},
                    "PBX-HISTORY-09": {"result": item.get("result")},
                    "PBX-HISTORY-10": {"externalId": one.ref},
                }
                step: JsonObject = {"expect": "pbx sends cdr"}
                if phone:
                    step["with"] = phone
                more: dict[str, Json] = {"at-least": 1, "within": 5, "proves": "PBX-HISTORY-05"}
                yield {**step, **more, "about": about}
                return
