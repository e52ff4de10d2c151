"""Call events, history and the responsible manager (contract.md, section 4)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast
from urllib.parse import urlencode

from callproof.contract.dates import read, written
from callproof.contract.errors import (
    INVALID,
    InvalidEntity,
    PartlyLoaded,
    TelephonyNotEnabled,
    UploadNotSupported,
)
from callproof.contract.findings import Finding, Kind
from callproof.contract.jsontypes import Json, JsonObject, bracketed
from callproof.crm.asked import Asked, Reply
from callproof.crm.operations.people import customer_brief
from callproof.crm.rules import cards, managers
from callproof.crm.rules.dates import oddity
from callproof.crm.rules.model import Card, Customer, HistoryCall, Pool
from callproof.crm.store.calls import CallSession


def event(session: CallSession, asked: Asked) -> Reply:
    """Take one event: cards open at its addressees on ``in`` and ``out`` and close on ``hangup``."""
    pool = _pool(session, asked)
    if not pool.enabled:
        raise TelephonyNotEnabled
    sent = cast(JsonObject, asked.entity)
    _demand_site(session, asked, sent, "/site")
    codes = cast(list[str], sent.get("codes") or [])
    user_ids = [int(user) for user in cast(list[int], sent.get("userIds") or [])]
    if not codes and not user_ids:
        _nobody_named(asked, str(sent["type"]))
    named = cards.recipients(codes, user_ids, pool, session.directory().users)
    if sent["type"] == "hangup":
        _close_cards(session, asked, sent)
    else:
        told = _already_told(session, asked, sent, named)
        session.add_cards(_new_cards(session, asked, sent, named, told, pool))
    session.add_event(sent, asked.now)
    body: JsonObject = {}
    if named.unknown_codes:
        body["notExistCodes"] = list(named.unknown_codes)
    if named.unknown_users:
        body["notExistUsers"] = list(named.unknown_users)
    return Reply(body)


def upload(session: CallSession, asked: Asked) -> Reply:
    """Keep finished calls; one that is known already is listed and not stored again (section 9.9)."""
    pool = _pool(session, asked)
    if not pool.enabled:
        raise UploadNotSupported
    items = cast(list[JsonObject], asked.entity)
    places = list(range(len(items)))
    if asked.broken:
        places = [place for place in places if not _is_broken(place, asked.broken)]
        items = [items[place] for place in places]
    for place, item in zip(places, items, strict=True):
        if "site" in item:
            _demand_site(session, asked, item, f"/{place}/site")
    call_ids = cast(list[str], [item["externalId"] for item in items])
    first_events = session.first_events(call_ids)
    dates = cast(list[str], [item["date"] for item in items])
    _doubt_dates(asked, places, call_ids, dates, first_events)
    # Only events open cards.
    still_open = session.open_cards(list(first_events)) if first_events else []
    stored = session.add_calls(_history_calls(session, asked, call_ids, items, pool))
    duplicates: list[Json] = []
    for place, item, is_new in zip(places, items, stored, strict=True):
        if not is_new:
            duplicates.append(item["externalId"])
            _take_late_recording(session, asked, item)
        elif still_open:
            _miss_hangup(session, asked, still_open, place, item)
    body: JsonObject = {"processedCallsCount": len(items) - len(duplicates)}
    if duplicates:
        body["duplicateCalls"] = duplicates
    if asked.broken:
        refusal = PartlyLoaded("Calls", {"errors": dict(asked.broken)})
        return Reply({**refusal.as_json(), **body}, refusal.status)
    return Reply(body)


def manager(session: CallSession, asked: Asked) -> Reply:
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


def _pool(session: CallSession, asked: Asked) -> Pool:
    """The modules that a request is about: those of its clientId, or else all as one (section 9.2)."""
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


def _links(session: CallSession, asked: Asked, phone: str, customer: Customer | None) -> JsonObject:
    """Pages of the CRM for this caller (section 9.12); ``phone`` stands in them as it was sent."""
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
    session: CallSession, asked: Asked, sent: JsonObject, named: cards.Recipients
) -> set[int]:
    """Whom the event tells nothing new, because it came twice or after the end of its call."""
    call_id = cast("str | None", sent.get("callExternalId"))
    if call_id is None:
        return set()
    earlier = session.events_of(call_id)
    if not earlier:
        return set()  # and no card either: only events open them
    told = cards.already_told(named.users, session.open_cards([call_id]), earlier)
    if told:
        asked.remark(
            "/callExternalId",
            "the call is shown already, or is over",
            "Report each beginning once, before the end.",
            "PBX-EVENT-12",
        )
    return told


def _new_cards(
    session: CallSession,
    asked: Asked,
    sent: JsonObject,
    named: cards.Recipients,
    told: set[int],
    pool: Pool,
) -> list[Card]:
    phone, external_phone = str(sent["phone"]), cast("str | None", sent.get("externalPhone"))
    line = pool.line(external_phone) if external_phone else None
    customer = managers.caller(session.owners(phone))
    return [
        Card(
            id=0,
            direction=str(sent["type"]),
            phone=phone,
            user_id=user_id,
            code=code,
            call_external_id=cast("str | None", sent.get("callExternalId")),
            external_phone=external_phone,
            shop=line.site_code if line else None,
            customer_id=customer.id if customer else None,
            opened_at=asked.now,
        )
        for user_id, code in named.users.items()
        if user_id not in told
    ]


def _close_cards(session: CallSession, asked: Asked, sent: JsonObject) -> None:
    call_id = cast("str | None", sent.get("callExternalId"))
    open_cards = session.open_cards(None if call_id is None else [call_id])
    ended = cards.ended_by_hangup(open_cards, str(sent["phone"]), call_id, asked.settings.country)
    status = cast("str | None", sent.get("hangupStatus"))
    session.close_cards([card.id for card in ended], asked.now, status)
    if not ended:
        asked.remark(
            "/callExternalId" if call_id is not None else "/phone",
            "no open card belongs to this call",
            "Report the call's beginning first, and its end once.",
            "PBX-EVENT-12",
        )


def _miss_hangup(
    session: CallSession, asked: Asked, still_open: list[Card], index: int, item: JsonObject
) -> None:
    mine = [card.id for card in still_open if card.call_external_id == item["externalId"]]
    if not mine:
        return
    session.close_cards(mine, asked.now, None)
    asked.remark(
        f"/{index}/externalId",
        "the call is over, but no hangup was reported, so its cards stayed open until now",
        "Send the event hangup when the call ends.",
        "PBX-EVENT-06",
    )


def _doubt_dates(
    asked: Asked,
    places: Sequence[int],
    call_ids: Sequence[str],
    dates: Sequence[str],
    first_events: Mapping[str, float],
) -> None:
    zone = asked.settings.timezone
    now = written(asked.now, zone)
    for place, call_id, date in zip(places, call_ids, dates, strict=True):
        if not first_events and date <= now and len(date) == len(now):
            continue  # in the past, and nothing to compare with
        if problem := oddity(read(date, zone), asked.now, first_events.get(call_id)):
            remedy = f"Send the date in the account's time, {zone}."
            asked.remark(f"/{place}/date", problem, remedy, "PBX-HISTORY-06")


def _is_broken(index: int, broken: Mapping[str, str]) -> bool:
    return any(field.startswith(f"calls[{index}]") for field in broken)


def _take_late_recording(session: CallSession, asked: Asked, item: JsonObject) -> None:
    """A recording that is ready later comes by uploading the call again (section 9.9)."""
    known = session.call(str(item["externalId"]))
    if asked.readings.repeat == "update-record-url" and known and item.get("recordUrl"):
        document = {**known.document, "recordUrl": item["recordUrl"]}
        session.save_call(replace(known, document=document))


def _history_calls(
    session: CallSession, asked: Asked, call_ids: list[str], items: list[JsonObject], pool: Pool
) -> list[HistoryCall]:
    phones = cast(list[str], [item["phone"] for item in items])
    owners = session.customers_by_phones(phones)
    callers = {phone: managers.caller(found) for phone, found in owners.items()}
    users = cast(
        "list[int | None]", [item.get("userId") or pool.user_of(item.get("code")) for item in items]
    )
    now, found = asked.now, []
    for call_id, phone, user, item in zip(call_ids, phones, users, items, strict=True):
        customer = callers.get(phone)
        number = customer.id if customer else None
        found.append(HistoryCall(call_id, item, phone, user, number, now))
    return found


def _user(item: JsonObject, pool: Pool) -> int | None:
    user = cast("int | None", item.get("userId"))
    return pool.user_of(item.get("code")) if user is None else user


def _demand_site(session: CallSession, asked: Asked, item: JsonObject, pointer: str) -> None:
    """A shop that is unknown or out of the key's reach is refused (section 9.22)."""
    site = cast("str | None", item.get("site"))
    if site is None:
        return
    known = {known.code for known in session.directory().sites}
    if site not in known or not asked.grant.sees(site):
        root = "calls" if asked.operation.entity == "calls" else ""
        raise InvalidEntity({bracketed(root, pointer): INVALID})


HANDLERS: dict[str, Callable[[CallSession, Asked], Reply]] = {
    "call-event": event,
    "calls-upload": upload,
    "manager-lookup": manager,
}
