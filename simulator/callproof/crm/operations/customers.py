"""Customers, as far as telephony needs them (evidence#customers)."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec
from msgspec.structs import replace as narrowed

from callproof import kinds
from callproof.contract.errors import INVALID, EntityNotFound, InvalidEntity, MemberMissing, too_many
from callproof.contract.findings import Kind
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.values import whole
from callproof.crm.asked import Asked, Reply, ShortHandler
from callproof.crm.operations.people import Page, customer_json
from callproof.crm.operations.shops import demand_site
from callproof.crm.rules.model import Customer, CustomerQuery, Grant
from callproof.crm.store.sessions import CrmSession, ShortSession


class _SentPhone(msgspec.Struct):
    number: str


class _SentCustomer(msgspec.Struct, rename="camel"):
    """What the CRM itself reads of a customer; the rest is kept as it came."""

    id: int | None = None
    external_id: str | None = None
    site: str | None = None
    manager_id: int | None = None
    phones: list[_SentPhone] | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        return tuple(phone.number for phone in self.phones or ())


class _Listed(msgspec.Struct):
    filter: CustomerQuery = CustomerQuery()


_COLUMNS = ("id", "externalId", "site", "managerId", "phones", "createdAt", "addTags")


def listing(session: ShortSession, asked: Asked) -> Reply:
    page = Page.of(asked.query)
    query = _within(kinds.convert(asked.query, _Listed).filter, asked.grant)
    if query.phone:
        asked.remark("/filter/phone", "filter[phone] is not documented", "Search with filter[name].")
    found, total = session.customers(query, page.limit, page.offset)
    shown: list[Json] = [customer_json(customer, asked.settings.timezone) for customer in found]
    return Reply({"pagination": page.pagination(total), "customers": shown})


def get(session: ShortSession, asked: Asked) -> Reply:
    return Reply({"customer": customer_json(_known(session, asked), asked.settings.timezone)})


def _sent(asked: Asked) -> _SentCustomer:
    """Raises InvalidEntity for more numbers than anybody has, each of which is searched for later."""
    sent = kinds.convert(asked.document, _SentCustomer)
    most = asked.settings.bounds.customer_phones
    if len(sent.phones or ()) > most:
        raise InvalidEntity({"phones": too_many(most)})
    return sent


def create(session: CrmSession, asked: Asked) -> Reply:
    sent = _sent(asked)
    if sent.id is not None:
        asked.remark("/id", "the CRM gives the id itself", "Leave it out, and read it from the answer.")
    if sent.external_id is None:
        _without_external_id(asked)
    elif session.customer_by_external_id(sent.external_id):
        raise InvalidEntity({"externalId": "Customer with this externalId already exists."})
    customer = Customer(
        id=0,
        external_id=sent.external_id,
        site=demand_site(session, asked, sent.site),
        manager_id=_manager(session, sent.manager_id),
        phones=sent.numbers,
        created_at=asked.now,
        updated_at=asked.now,
        details=_details(asked.document),
    )
    return Reply({"id": session.add_customer(customer).id}, 201)


def edit(session: CrmSession, asked: Asked) -> Reply:
    """Change what was sent; ``phones`` replaces the whole list."""
    known = _known(session, asked)
    sent, document = _sent(asked), asked.document
    if sent.id not in (None, known.id):
        asked.remark("/id", f"the customer of the address counts, {known.id}", "Leave the id out.")
    changed = replace(
        known,
        external_id=sent.external_id if "externalId" in document else known.external_id,
        manager_id=_manager(session, sent.manager_id) if "managerId" in document else known.manager_id,
        phones=sent.numbers if "phones" in document else known.phones,
        updated_at=asked.now,
        details={**known.details, **_details(document)},
    )
    other = session.customer_by_external_id(changed.external_id) if changed.external_id else None
    if other is not None and other.id != known.id:
        raise InvalidEntity({"externalId": "Customer with this externalId already exists."})
    session.save_customer(changed)
    return Reply({"id": known.id})


def _without_external_id(asked: Asked) -> None:
    """Refused in the tests of an official client, but common (evidence#customer-create)."""
    if asked.settings.strict:
        raise MemberMissing("externalId", "customer")
    asked.remark(
        "/externalId",
        "the customer has no externalId",
        "Send the id that your system knows the customer by.",
        "PBX-CUSTOMER-01",
        Kind.FORGIVEN,
    )


def _known(session: ShortSession, asked: Asked) -> Customer:
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


def _within(query: CustomerQuery, grant: Grant) -> CustomerQuery:
    """Of the shops that were asked for those that the key reaches; an empty text matches none."""
    if grant.sites is None:
        return query
    sites = tuple(site for site in query.sites or grant.sites if grant.sees(site))
    return narrowed(query, sites=sites or ("",))


def _manager(session: ShortSession, manager: int | None) -> int | None:
    if manager is not None and session.user(manager) is None:
        raise InvalidEntity({"managerId": INVALID})
    return manager


def _details(sent: Mapping[str, Json]) -> JsonObject:
    return {name: value for name, value in sent.items() if name not in _COLUMNS}


SHORT: dict[str, ShortHandler] = {"customer": get, "customers": listing}
HANDLERS = {
    "customer-create": create,
    "customer-edit": edit,
}
