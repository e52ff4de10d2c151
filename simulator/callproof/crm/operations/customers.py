"""Customers, as far as telephony needs them (contract.md, section 6.6)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from callproof.contract.errors import INVALID, EntityNotFound, InvalidEntity, MemberMissing
from callproof.contract.findings import Kind
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.values import whole
from callproof.crm.exchange import Asked, Reply
from callproof.crm.operations.people import Page, customer_json
from callproof.crm.operations.shops import demand_site
from callproof.crm.rules.model import Customer, CustomerQuery, Grant
from callproof.crm.store.session import CrmSession

_COLUMNS = ("externalId", "site", "managerId", "phones", "createdAt", "addTags")


def listing(session: CrmSession, asked: Asked) -> Reply:
    wanted = cast(Mapping[str, Json], asked.query.get("filter") or {})
    page = Page.of(asked.query)
    query = CustomerQuery(
        ids=tuple(cast(list[int], wanted.get("ids") or ())),
        external_ids=tuple(cast(list[str], wanted.get("externalIds") or ())),
        managers=tuple(cast(list[int], wanted.get("managers") or ())),
        sites=_sites(cast(list[str], wanted.get("sites") or []), asked.grant),
        name=str(wanted.get("name") or ""),
        email=str(wanted.get("email") or ""),
        phone=str(wanted.get("phone") or ""),
    )
    if query.phone:
        asked.remark("/filter/phone", "filter[phone] is not documented", "Search with filter[name].")
    found, total = session.customers(query, page.limit, page.offset)
    shown: list[Json] = [customer_json(customer, asked.settings.timezone) for customer in found]
    return Reply({"pagination": page.pagination(total), "customers": shown})


def get(session: CrmSession, asked: Asked) -> Reply:
    return Reply({"customer": customer_json(_known(session, asked), asked.settings.timezone)})


def create(session: CrmSession, asked: Asked) -> Reply:
    sent = cast(JsonObject, asked.entity)
    external_id = cast("str | None", sent.get("externalId"))
    if external_id is None:
        _without_external_id(asked)
    elif session.customer_by_external_id(external_id):
        raise InvalidEntity({"externalId": "Customer with this externalId already exists."})
    customer = Customer(
        id=0,
        external_id=external_id,
        site=demand_site(session, asked, cast("str | None", sent.get("site"))),
        manager_id=_manager(session, sent),
        phones=_phones(sent),
        created_at=asked.now,
        updated_at=asked.now,
        details=_details(sent),
    )
    return Reply({"id": session.add_customer(customer).id}, 201)


def edit(session: CrmSession, asked: Asked) -> Reply:
    """Change what was sent; ``phones`` replaces the whole list."""
    known = _known(session, asked)
    sent = cast(JsonObject, asked.entity)
    changed = replace(
        known,
        external_id=cast("str | None", sent.get("externalId", known.external_id)),
        manager_id=_manager(session, sent) if "managerId" in sent else known.manager_id,
        phones=_phones(sent) if "phones" in sent else known.phones,
        updated_at=asked.now,
        details={**known.details, **_details(sent)},
    )
    other = session.customer_by_external_id(changed.external_id) if changed.external_id else None
    if other is not None and other.id != known.id:
        raise InvalidEntity({"externalId": "Customer with this externalId already exists."})
    session.save_customer(changed)
    return Reply({"id": known.id})


def _without_external_id(asked: Asked) -> None:
    """Refused in the tests of an official client, but common (contract.md, section 6.6)."""
    if asked.settings.strict:
        raise MemberMissing("externalId", "customer")
    asked.remark(
        "/externalId",
        "the customer has no externalId",
        "Send the id that your system knows the customer by.",
        "PBX-CUSTOMER-01",
        Kind.FORGIVEN,
    )


def _known(session: CrmSession, asked: Asked) -> Customer:
    uid = asked.path["uid"]
    if asked.query.get("by", "externalId") == "externalId":
        found = session.customer_by_external_id(uid)
    else:
        number = whole(uid)
        found = session.customer(number) if number is not None else None
    if (
        found is None
        or asked.query.get("site", found.site) != found.site
        or not asked.grant.sees(found.site)
    ):
        raise EntityNotFound
    return found


def _sites(wanted: list[str], grant: Grant) -> tuple[str, ...]:
    """The shops to list: those asked for within the key's reach; an empty text matches no shop."""
    if grant.sites is None:
        return tuple(wanted)
    return tuple(site for site in wanted or grant.sites if grant.sees(site)) or ("",)


def _manager(session: CrmSession, sent: Mapping[str, Json]) -> int | None:
    manager = cast("int | None", sent.get("managerId"))
    if manager is not None and session.user(manager) is None:
        raise InvalidEntity({"managerId": INVALID})
    return manager


def _phones(sent: Mapping[str, Json]) -> tuple[str, ...]:
    return tuple(str(phone["number"]) for phone in cast(list[JsonObject], sent.get("phones") or []))


def _details(sent: Mapping[str, Json]) -> JsonObject:
    return {name: value for name, value in sent.items() if name not in _COLUMNS}


HANDLERS = {
    "customers": listing,
    "customer": get,
    "customer-create": create,
    "customer-edit": edit,
}
