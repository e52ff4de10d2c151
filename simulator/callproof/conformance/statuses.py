"""What a manager's status forbids: to name in a lookup whoever is not free, and to ring as one of a group
whoever was said not to be."""

from collections.abc import Iterator, Sequence

from callproof.conformance.calls import IN, Act, Call
from callproof.conformance.comparing import Compares
from callproof.conformance.evidence import Seen
from callproof.conformance.story import Told
from callproof.conformance.verdict import Check
from callproof.contract.jsontypes import Json, reached
from callproof.contract.phones import same_phone

AWAY, NOT_FREE, RUNG = "CRM-MANAGER-03", "CRM-MANAGER-04", "PBX-STATUS-01"
COMPARES = (
    Compares(AWAY, "crm answers manager-lookup", ("manager.id",)),
    Compares(NOT_FREE, "crm answers manager-lookup", ("manager.id",)),
    Compares(RUNG, "pbx sends call-event", ("codes[]",)),
)
ROWS = (AWAY, NOT_FREE, RUNG)
FREE = "free"


def lookups(acts: Sequence[Act], seen: Sequence[Seen], where: str) -> Iterator[Check]:
    """Whom a CRM names, against what became of the users by then. Of what happens at one moment nobody
    knows which came first."""
    for one in seen:
        manager = reached(one.answer, "manager", "id") if one.is_of("manager-lookup") else None
        if manager is None or str(reached(one.params, "ignoreStatus")) == "1":
            continue
        for row, name, fine in ((AWAY, "online", "True"), (NOT_FREE, "status", FREE)):
            changes = [*_acted(acts, name, str(manager)), *_asked(seen, name, str(manager))]
            newest = max((at for at, _ in changes if at <= one.at), default=one.at)
            last, *others = {str(value) for at, value in changes if at == newest} or {""}
            if newest < one.at and not others:
                problem = "" if last == fine else f"manager {manager} is named, whose {name} is {last}"
                yield Check(row, f"the answer to {one}", where, problem, exchanges=(one.ref,))


def _acted(acts: Sequence[Act], name: str, user: str) -> Iterator[tuple[float, Json]]:
    for act in acts:
        if act.action == "set user" and str(act.args.get("user")) == user and name in act.args:
            yield act.at, act.args[name]


def _asked(seen: Sequence[Seen], name: str, user: str) -> Iterator[tuple[float, Json]]:
    """Changes by the API."""
    for one in seen:
        if (
            name == "status"
            and one.is_of("user-status")
            and one.parts.get("id") == user
            and one.status == 200
        ):
            yield one.at, reached(one.params, "status")


def rung(
    calls: Sequence[Call], reports: Sequence[Told], seen: Sequence[Seen], slack: float, where: str
) -> Iterator[Check]:
    """Whom a PBX rings, against the notices that it took before the call began; whom the CRM named itself
    for this caller may ring."""
    known = {call.id: call for call in calls if call.direction == IN and not call.odd}
    for report in reports:
        call = known.get(report.id)
        codes = report.value.get("codes")
        if call is None or not report.is_event or report.ends or not isinstance(codes, list):
            continue
        for code in map(str, codes):
            told = [(at, status) for at, status in _notices(seen, code) if at <= report.seen.at + slack]
            before = [status for at, status in told if at < call.began - slack]
            if not before or len(before) < len(told) or _named(seen, call, code):
                continue
            problem = f"{code} rings, of whom a notice said {before[-1]}" if before[-1] != FREE else ""
            yield Check(RUNG, f"{report.seen}, {call}", where, problem, exchanges=(report.seen.ref,))


def _notices(seen: Sequence[Seen], code: str) -> Iterator[tuple[float, str]]:
    for one in seen:
        if one.is_of("status-notice") and str(reached(one.params, "code")) == code and one.status == 200:
            yield one.at, str(reached(one.params, "status"))


def _named(seen: Sequence[Seen], call: Call, code: str) -> bool:
    return any(
        one.is_of("manager-lookup")
        and same_phone(str(reached(one.params, "phone")), call.phone)
        and str(reached(one.answer, "manager", "code")) == code
        for one in seen
    )
