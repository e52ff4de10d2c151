"""Call events, history and the responsible manager (evidence#telephony)."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

import msgspec

from callproof import kinds
from callproof.contract.dates import moments, offset, written
from callproof.contract.errors import (
    INVALID,
    InvalidEntity,
    PartlyLoaded,
    TelephonyNotEnabled,
    UploadNotSupported,
)
from callproof.contract.findings import Finding, Kind
from callproof.contract.jsontypes import Json, JsonObject
from callproof.crm.asked import Asked, Reply, ShortHandler
from callproof.crm.operations import repeats
from callproof.crm.operations.people import customer_brief
from callproof.crm.rules import cards, managers
from callproof.crm.rules.dates import oddity
from callproof.crm.rules.model import Card, Customer, HistoryCall, Pool
from callproof.crm.rules.told import CallEvent, FinishedCall
from callproof.crm.store.sessions import ShortSession


class _Row(msgspec.Struct):
    """One call of a batch: its place there, what the CRM acts on, and the whole as it is kept."""

    place: int
    call: FinishedCall
    document: JsonObject


def event(session: ShortSession, asked: Asked) -> Reply:
    """Take one event: cards open at its addressees on ``in`` and ``out`` and close on ``hangup``."""
    pool = _pool(session, asked)
    if not pool.enabled:
        raise TelephonyNotEnabled
    told = kinds.convert(asked.entity, CallEvent)
    if told.site is not None:
        _demand_site(session, asked, told.site, "site")
    if not told.codes and not told.user_ids:
        _nobody_named(asked, told.type)
    session.hold(None if told.call_external_id is None else [told.call_external_id])
    named = cards.recipients(told.codes, told.user_ids, pool, session.directory().users)
    if told.type == "hangup":
        _close_cards(session, asked, told, named)
    else:
        known = _already_told(session, asked, told, named)
        session.add_cards(_new_cards(session, asked, told, named, known, pool))
    session.add_event(asked.document, told.call_external_id, asked.now)
    body: JsonObject = {}
    if named.unknown_codes:
        body["notExistCodes"] = list(named.unknown_codes)
    if named.unknown_users:
        body["notExistUsers"] = list(named.unknown_users)
    return Reply(body)


def upload(session: ShortSession, asked: Asked) -> Reply:
    """Keep finished calls; one that is known already is listed and not stored again
    (evidence#reading-repeat)."""
    pool = _pool(session, asked)
    if not pool.enabled:
        raise UploadNotSupported
    rows = _rows(asked)
    for row in rows:
        if row.call.site is not None:
            _demand_site(session, asked, row.call.site, f"calls[{row.place}][site]")
    call_ids = [row.call.external_id for row in rows]
    session.hold(call_ids)
    first_events = session.first_events(call_ids)
    _doubt_dates(asked, rows, first_events)
    # Only events open cards.
    still_open = session.open_cards(list(first_events)) if first_events else []
    stored = session.add_calls(_history_calls(session, asked, rows, pool))
    duplicates: list[Json] = []
    new: dict[str, int] = {}
    for row, is_new in zip(rows, stored, strict=True):
        if is_new:
            new[row.call.external_id] = row.place
        else:
            duplicates.append(row.call.external_id)
            repeats.meet(session, asked, row.place, row.call, row.document)
    _miss_hangups(session, asked, still_open, new)
    body: JsonObject = {"processedCallsCount": len(rows) - len(duplicates)}
    if duplicates:
        body["duplicateCalls"] = duplicates
    if asked.broken:
        refusal = PartlyLoaded("Calls", {"errors": dict(asked.broken)})
        return Reply({**refusal.as_json(), **body}, refusal.status)
    return Reply(body)


def _rows(asked: Asked) -> list[_Row]:
    """The calls of a batch that can be taken."""
    documents = asked.documents
    places: Iterable[int] = range(len(documents))
    if asked.broken:
        places = [place for place in places if not _is_broken(place, asked.broken)]
        documents = [documents[place] for place in places]
    return list(map(_Row, places, kinds.convert(documents, list[FinishedCall]), documents))


def manager(session: ShortSession, asked: Asked) -> Reply:
    """The responsible manager, or a success without one; the reason goes into the findings."""
    pool = _pool(session, asked)
    if not pool.enabled:
        raise TelephonyNotEnabled
    phone = str(asked.query["phone"])
    found = managers.look_up(
        session.owners(phone),
        session.user,
        pool,
        ignore_status=bool(asked.query.get("ignoreStatus")),
    )
    body: JsonObject = {}
    if found.manager:
        user = found.manager
        body["manager"] = {
            "id": user.id,
            "firstName": user.first_name,
            "lastName": user.last_name,
            **({"patronymic": user.patronymic} if user.patronymic else {}),
            "email": user.email,
            "code": found.code,
        }
    else:
        asked.remark("/phone", f"no manager is returned: {found.reason}", requirement=found.requirement)
    if asked.query.get("details"):
        if found.customer:
            body["customer"] = customer_brief(found.customer)
        body["links"] = _links(session, asked, phone, found.customer)
    return Reply(body)


def _pool(session: ShortSession, asked: Asked) -> Pool:
    """The modules that a request is about: those of its clientId, or else all as one
    (evidence#reading-modules)."""
    pool = session.directory().pool
    mine = pool.of_client(asked.client_id) if asked.client_id else pool
    if asked.client_id and pool.enabled and not mine.enabled:
        asked.findings.append(
            Finding(
                Kind.NOTICE,
                "request",
                "/clientId",
                "no active telephony has this clientId, so all of them are meant",
                "Send the clientId of the registration, or leave it out.",
                "PBX-MODULE-02",
            )
        )
    return mine if mine.enabled else pool


def _links(session: ShortSession, asked: Asked, phone: str, customer: Customer | None) -> JsonObject:
    """Pages of the CRM for this caller (evidence#reading-links); ``phone`` stands in them as it was
    sent."""
    base, query = asked.settings.base_url, urlencode({"phone": phone})
    links: JsonObject = {"newOrderLink": f"{base}/orders/add?{query}"}
    if customer and asked.readings.links == "known":
        links["customerLink"] = f"{base}/customers/{customer.id}"
        if order := session.last_order(customer.id):
            links["lastOrderLink"] = f"{base}/orders/{order.id}/edit"
    else:
        links["newCustomerLink"] = f"{base}/customers/add?{query}"
    return links


def _nobody_named(asked: Asked, kind: str) -> None:
    if asked.settings.strict:
        raise InvalidEntity({"codes": "Set one of the following fields: codes, userIds"})
    consequence = "" if kind == "hangup" else ", so nobody sees the call"
    asked.remark(
        "/codes",
        f"neither codes nor userIds name a manager{consequence}",
        "Send the extensions that ring in codes.",
        "PBX-EVENT-07",
        Kind.FORGIVEN,
    )


def _already_told(
    session: ShortSession, asked: Asked, told: CallEvent, named: cards.Recipients
) -> set[int]:
    """Whom the event tells nothing new, because it came twice or after the end of its call."""
    if told.call_external_id is None:
        return set()
    if session.call(told.call_external_id):
        # A call of the history is over, and nothing would close its cards.
        known = set(named.users)
    elif (ends := session.ends_of(told.call_external_id)) is None:
        return set()  # and no card either: only events open them
    else:
        known = cards.already_told(named.users, session.open_cards([told.call_external_id]), ends)
    if known:
        asked.remark(
            "/callExternalId",
            "the call is shown already, or is over",
            "Report each beginning once, before the end.",
            "PBX-EVENT-12",
        )
    return known


def _new_cards(
    session: ShortSession,
    asked: Asked,
    told: CallEvent,
    named: cards.Recipients,
    known: set[int],
    pool: Pool,
) -> list[Card]:
    line = pool.line(told.external_phone) if told.external_phone else None
    customer = managers.caller(session.owners(told.phone))
    return [
        Card(
            id=0,
            direction=told.type,
            phone=told.phone,
            user_id=user_id,
            code=code,
            call_external_id=told.call_external_id,
            external_phone=told.external_phone,
            shop=line.site_code if line else None,
            customer_id=customer.id if customer else None,
            opened_at=asked.now,
        )
        for user_id, code in named.users.items()
        if user_id not in known
    ]


def _close_cards(session: ShortSession, asked: Asked, told: CallEvent, named: cards.Recipients) -> None:
    call_id = told.call_external_id
    open_cards = session.open_cards(None if call_id is None else [call_id])
    users = named.users if told.codes or told.user_ids else None
    ended = cards.ended_by_hangup(open_cards, told.phone, call_id, asked.settings.country, named=users)
    session.close_cards([card.id for card in ended], asked.now, told.hangup_status)
    if not ended:
        asked.remark(
            "/callExternalId" if call_id is not None else "/phone",
            "no open card belongs to this call",
            "Report the call's beginning first, and its end once.",
            "PBX-EVENT-12",
        )


def _miss_hangups(
    session: ShortSession, asked: Asked, still_open: Sequence[Card], places: Mapping[str, int]
) -> None:
    """Close what nothing else will close. ``places`` are those of the new calls in the upload."""
    late = [card for card in still_open if card.call_external_id in places]
    if not late:
        return
    session.close_cards([card.id for card in late], asked.now, None)
    found = sorted({places[card.call_external_id] for card in late if card.call_external_id})
    whose = "the call is" if len(found) == 1 else f"this call and {len(found) - 1} more of the upload are"
    asked.remark(
        f"/{found[0]}/externalId",
        f"{whose} over, but no hangup was reported, so the cards stayed open until now",
        "Send the event hangup when a call ends.",
        "PBX-EVENT-06",
    )


def _doubt_dates(asked: Asked, rows: Sequence[_Row], first_events: Mapping[str, float]) -> None:
    zone = asked.settings.timezone
    now = written(asked.now, zone)
    for row in rows:
        date = row.call.date
        if not first_events and date <= now and len(date) == len(now):
            continue  # in the past, and nothing to compare with
        first_event, waited = first_events.get(row.call.external_id), float(row.call.duration_waiting or 0)
        ahead = offset(asked.now, zone)
        found = [
            oddity(moment, asked.now, first_event, waited=waited, ahead=ahead)
            for moment in moments(date, zone)
        ]
        if all(found):
            remedy = f"Send the date in the account's time, {zone}."
            asked.remark(f"/{row.place}/date", found[0], remedy, "PBX-HISTORY-06")


def _is_broken(index: int, broken: Mapping[str, str]) -> bool:
    return any(field.startswith(f"calls[{index}]") for field in broken)


def _history_calls(
    session: ShortSession, asked: Asked, rows: Sequence[_Row], pool: Pool
) -> list[HistoryCall]:
    owners = session.customers_by_phones([row.call.phone for row in rows])
    callers = {phone: managers.caller(found) for phone, found in owners.items()}
    users, now, found = pool.users, asked.now, []
    for row in rows:
        call = row.call
        customer = callers.get(call.phone)
        number = customer.id if customer else None
        user = call.user_id or users.get(call.code)
        found.append(HistoryCall(call.external_id, row.document, call.phone, user, number, now))
    return found


def _demand_site(session: ShortSession, asked: Asked, site: str, field: str) -> None:
    """A shop that is unknown or out of the key's reach is refused (evidence#reading-site)."""
    known = {known.code for known in session.directory().sites}
    if site not in known or not asked.grant.sees(site):
        raise InvalidEntity({field: INVALID})


SHORT: dict[str, ShortHandler] = {
    "call-event": event,
    "calls-upload": upload,
    "manager-lookup": manager,
}
