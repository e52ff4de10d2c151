"""What a CRM keeps and asks, held against what it was told, in whatever scenario.

A member that its view does not show is not looked at.
"""

from collections.abc import Iterator, Mapping, Sequence

from callproof.conformance.comparing import Compares
from callproof.conformance.evidence import Seen
from callproof.conformance.matching import differences, member_of
from callproof.conformance.verdict import Check
from callproof.contract.dates import read
from callproof.contract.jsontypes import Json, JsonObject, reached
from callproof.contract.operations import Side

KEPT, ONCE, NOBODY_ELSE, NOTHING = "CRM-HISTORY-04", "CRM-HISTORY-03", "CRM-EVENT-07", "CRM-TROUBLE-05"
OWN, CLOSED, LATE, OVER = "CRM-MODULE-05", "CRM-EVENT-06", "CRM-TROUBLE-02", "CRM-TROUBLE-03"
PHONES, USERS = ("phone", "externalPhone"), ("code", "userId")
PLAIN = ("type", "result", "recordUrl", "duration", "durationWaiting")
COMPARES = (
    Compares(KEPT, "crm keeps calls", ("date", *PHONES, *PLAIN, *USERS)),
    Compares(OWN, "crm sends make-call", ("clientId",)),
    Compares(OWN, "crm sends status-notice", ("clientId",)),
    Compares(OWN, "crm sends account", ("clientId",)),
)
CALLS = "crm keeps calls"
ROWS = (KEPT, ONCE, NOBODY_ELSE, NOTHING, OWN, CLOSED, LATE, OVER)
# After a trouble of the CRM's own nobody knows what it has, and 460 takes a part of a batch.
UNCLEAR = (429, 460, *range(500, 600))
_ASKING = ("make-call", "status-notice", "account")


def kept(seen: Sequence[Seen], calls: Sequence[Json], where: str) -> Iterator[Check]:
    """Every call that the CRM took is in its history once, as it was sent. One that came again otherwise is
    only counted: which of both counts is read in two ways."""
    sent: dict[str, list[tuple[JsonObject, Seen]]] = {}
    taken: dict[str, None] = {}
    for one in seen:
        if not one.is_of("calls-upload"):
            continue
        known = _texts(reached(one.answer, "duplicateCalls"))
        for call in one.params if isinstance(one.params, list) else []:
            if isinstance(call, Mapping) and "externalId" in call:
                call_id = str(call["externalId"])
                sent.setdefault(call_id, []).append((dict(call), one))
                if one.taken and call_id not in known:
                    taken[call_id] = None
    of_id = _by(calls, "externalId")
    for call_id in taken:
        rows = of_id.get(call_id, [])
        refs = tuple(one.ref for _, one in sent[call_id])
        about = f"call {call_id}"
        yield Check(
            KEPT,
            about,
            where,
            "" if rows else f"{about} was taken and is not kept",
            exchanges=refs,
            subject=CALLS,
        )
        often = f"{about} is kept {len(rows)} times" if rows[1:] else ""
        yield Check(ONCE, about, where, often, exchanges=refs, subject=CALLS)
        first = sent[call_id][0][0]
        if rows and all(again == first for again, _ in sent[call_id]):
            changed = list(_changed(first, rows[0]))
            members = tuple(map(member_of, changed))
            yield Check(
                KEPT, about, where, "; ".join(changed), exchanges=refs, members=members, subject=CALLS
            )
    for call_id in (found for found in sent if found not in taken):
        tried = [one for _, one in sent[call_id]]
        if all(reached(one.answer, "success") is False and one.status not in UNCLEAR for one in tried):
            problem = f"call {call_id} was refused and is kept" if call_id in of_id else ""
            refs = tuple(one.ref for one in tried)
            yield Check(NOTHING, f"call {call_id}", where, problem, exchanges=refs, subject=CALLS)


def _by(rows: Sequence[Json], name: str) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for row in rows:
        found.setdefault(str(reached(row, name)), []).append(row)
    return found


def _changed(sent: JsonObject, row: Json) -> Iterator[str]:
    """Members that are kept otherwise than they were sent."""
    for name, value in sent.items():
        found = reached(row, name)
        if not isinstance(row, Mapping) or name not in row or value in (None, ""):
            continue
        if name in (*USERS, "externalPhone") and found in (None, ""):
            # A user may stand for the extension that was sent, and a view may have no line.
            continue
        if name in PHONES:
            yield from differences({"$phone": str(value)}, str(found), name)
        elif name == "date":
            same = _moment(found) == _moment(value)
            yield from [] if same else [f"date is {found!r}, expected {value!r}"]
        elif name in (*PLAIN, *USERS) and str(found) != str(value):
            yield f"{name} is {found!r}, expected {value!r}"


def _moment(date: Json) -> float | None:
    try:
        return read(str(date), "UTC")
    except ValueError:
        return None


def shown(
    seen: Sequence[Seen], cards: Sequence[Json], where: str, by_hand: Sequence[Json] = ()
) -> Iterator[Check]:
    """Each card is of somebody whom an event of its call names, and none of an event that was refused.
    ``by_hand`` are the extensions that users tied, as in a registration."""
    named: dict[str, set[str]] = {}
    refused: dict[str, None] = {}
    users = _users(seen, by_hand)
    for one in seen:
        call_id = reached(one.params, "callExternalId") if one.is_of("call-event") else None
        if call_id is None:
            continue
        codes, ids = _texts(reached(one.params, "codes")), _texts(reached(one.params, "userIds"))
        if one.taken:
            named.setdefault(str(call_id), set()).update(ids, *(users.get(code, set()) for code in codes))
        elif reached(one.answer, "success") is False and one.status not in UNCLEAR:
            refused[str(call_id)] = None
    for card in cards:
        call_id, user = str(reached(card, "callExternalId")), reached(card, "userId")
        if call_id in named and user is not None:
            problem = (
                "" if str(user) in named[call_id] else f"user {user} sees the card, whom no event names"
            )
            yield Check(NOBODY_ELSE, f"the cards of call {call_id}", where, problem)
    left = _by(cards, "callExternalId")
    for call_id in (found for found in refused if found not in named):
        problem = f"the event of call {call_id} was refused, and there is a card" if call_id in left else ""
        yield Check(NOTHING, f"the cards of call {call_id}", where, problem)


def closed(
    seen: Sequence[Seen], cards: Sequence[Json], where: str, by_hand: Sequence[Json] = ()
) -> Iterator[Check]:
    """No card is open of a call whose end the CRM took, for whoever that names, or whose row; also not by a
    beginning that came later."""
    users = _users(seen, by_hand)
    over: dict[str, set[str] | None] = {}
    stored: set[str] = set()
    late: set[str] = set()
    for one in seen:
        if one.is_of("call-event") and one.taken and reached(one.params, "type") != "hangup":
            if (begun := str(reached(one.params, "callExternalId"))) in {*over, *stored}:
                late.add(begun)
        elif one.is_of("calls-upload") and one.taken and isinstance(one.params, list):
            stored |= {str(reached(call, "externalId")) for call in one.params}
        elif one.is_of("call-event") and one.taken and reached(one.params, "type") == "hangup":
            codes, ids = _texts(reached(one.params, "codes")), _texts(reached(one.params, "userIds"))
            named = ids.union(*(users.get(code, set()) for code in codes))
            known = over.get(call_id := str(reached(one.params, "callExternalId")), set())
            over[call_id] = None if known is None or not (codes or ids) else known | named
    for card in cards:
        call_id, user, is_open = (str(reached(card, name)) for name in ("callExternalId", "userId", "open"))
        about = f"the cards of call {call_id}"
        row = LATE if call_id in late else CLOSED if call_id in over else OVER
        if call_id in over:
            names = over[call_id]
            left = is_open == "True" and (names is None or user in names)
            yield Check(row, about, where, f"user {user} sees the card after the end" if left else "")
        elif call_id in stored:
            left = is_open == "True"
            yield Check(row, about, where, f"user {user} sees the card after the upload" if left else "")


def _users(seen: Sequence[Seen], by_hand: Sequence[Json]) -> dict[str, set[str]]:
    """Whose each extension is, or was, in the settings of any module."""
    found: dict[str, set[str]] = {}
    pairs = list(by_hand)
    for one in seen:
        sent = reached(one.params, "integrations", "telephony", "additionalCodes")
        pairs += sent if one.is_of("module-edit") and isinstance(sent, list) else []
    for pair in pairs:
        found.setdefault(str(reached(pair, "code")), set()).add(str(reached(pair, "userId")))
    return found


def asking(seen: Sequence[Seen], where: str) -> Iterator[Check]:
    """Every call-back tells the clientId of the module whose address it is, and of no other."""
    modules: dict[str, tuple[set[str], set[str]]] = {}
    for one in seen:
        if one.is_of("module-edit") and one.status in (200, 201):
            ids, addresses = modules.setdefault(one.parts.get("code", ""), (set(), set()))
            ids |= _texts([reached(one.params, "clientId")])
            telephony = reached(one.params, "integrations", "telephony")
            told = [reached(telephony, "makeCallUrl"), reached(telephony, "changeUserStatusUrl")]
            told.append(reached(one.params, "accountUrl"))
            addresses |= {url.partition("?")[0] for url in told if isinstance(url, str) and url}
        elif one.asked_by is Side.CRM and one.operation and one.operation.name in _ASKING:
            url = one.url.partition("?")[0]
            own = {name for ids, addresses in modules.values() if url in addresses for name in ids}
            told_id = reached(one.params, "clientId")
            if own and told_id is not None:
                problem = (
                    ""
                    if str(told_id) in own
                    else f"clientId is {told_id!r}, which did not tell this address"
                )
                yield Check(OWN, str(one), where, problem, exchanges=(one.ref,))


def _texts(values: Json) -> set[str]:
    return {str(value) for value in values if value is not None} if isinstance(values, list) else set()
