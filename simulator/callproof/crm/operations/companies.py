"""Who answers for a company (evidence#corporate-contacts)."""

import msgspec

from callproof import kinds
from callproof.contract.jsontypes import Json, JsonObject, inner
from callproof.crm.asked import Asked, OperationHandler, Reply
from callproof.crm.operations.neighbours import COMPANY, customer_of, known
from callproof.crm.operations.people import Page, present
from callproof.crm.store.sessions import CrmSession


class _Contact(msgspec.Struct, rename="camel"):
    """One of a company's ``customerContacts``, as far as it is read here."""

    customer: JsonObject = {}
    is_main: bool = False


class _Wanted(msgspec.Struct, frozen=True, rename="camel"):
    ids: tuple[int, ...] = ()
    contact_ids: tuple[int, ...] = ()
    contact_external_ids: tuple[str, ...] = ()


class _Asks(msgspec.Struct):
    filter: _Wanted = _Wanted()


def contacts(session: CrmSession, asked: Asked) -> Reply:
    """The customers that were named as contacts when the company was created."""
    company, page = known(session, COMPANY, asked), Page.of(asked.query)
    named = kinds.convert(company.document.get("customerContacts") or [], list[_Contact])
    wanted = kinds.convert(asked.query, _Asks).filter
    every = [_contact(session, number, one) for number, one in enumerate(named, start=1)]
    found = [one for one in every if _is_wanted(one, wanted)]
    shown: list[Json] = list(found[page.offset : page.offset + page.limit])
    return Reply({"pagination": page.pagination(len(found)), "contacts": shown})


def _contact(session: CrmSession, number: int, named: _Contact) -> JsonObject:
    customer_id = customer_of(session, {"customer": named.customer})
    customer = session.customer(customer_id) if customer_id else None
    whom: JsonObject = {"type": "customer", **named.customer}
    if customer:
        whom |= {"id": customer.id, "externalId": customer.external_id, "site": customer.site}
    return {"id": number, "isMain": named.is_main, "customer": present(whom), "companies": []}


def _is_wanted(contact: JsonObject, wanted: _Wanted) -> bool:
    customer = inner(contact, "customer")
    asked = (
        (wanted.ids, contact["id"]),
        (wanted.contact_ids, customer.get("id")),
        (wanted.contact_external_ids, customer.get("externalId")),
    )
    return all(not values or value in values for values, value in asked)


HANDLERS: dict[str, OperationHandler] = {"corporate-contacts": contacts}
