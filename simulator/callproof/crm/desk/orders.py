"""Orders: listed, looked at and made."""

from flask import redirect, request
from werkzeug.wrappers import Response

from callproof.contract.jsontypes import JsonObject
from callproof.contract.values import whole
from callproof.crm.crm import Crm
from callproof.crm.desk.customers import PAGE, nothing_there, page_number
from callproof.crm.desk.home import typed
from callproof.crm.desk.visitor import order_phone
from callproof.crm.rules.managers import caller
from callproof.crm.rules.model import Customer, StoredDocument
from callproof.crm.store.sessions import CrmSession
from callproof.web.site import Site


class Orders:
    """``/orders/ID/edit`` is the address that a lookup gives for the last order
    (evidence#reading-links)."""

    def __init__(self, crm: Crm, site: Site) -> None:
        self._crm = crm
        self._site = site

    def add(self) -> None:
        self._site.page("/orders", self._list)
        self._site.page("/orders/add", self._new)
        self._site.page("/orders/<number>", self._one)
        self._site.page("/orders/<number>/edit", self._one)
        self._site.act("/orders/add", self._make)

    def _list(self) -> str:
        number = page_number()
        with self._crm.store.begin() as session:
            found = session.newest_documents("order", PAGE + 1, (number - 1) * PAGE)
            rows = [(order, *_whose(session, order)) for order in found[:PAGE]]
        return self._site.write("desk/orders.html", rows=rows, page_number=number, more=len(found) > PAGE)

    def _one(self, number: str) -> str | Response:
        found = whole(number)
        with self._crm.store.begin() as session:
            order = session.document("order", number=found) if found is not None else None
            customer, phone = _whose(session, order) if order else (None, "")
        if order is None:
            return nothing_there(self._site)
        return self._site.write("desk/order.html", order=order, customer=customer, phone=phone)

    def _new(self) -> str:
        phone, site = typed("phone", request.args), request.args.get("shop", "")
        with self._crm.store.begin() as session:
            customer = caller(session.owners(phone)) if phone else None
        return self._site.write("desk/order-new.html", phone=phone, customer=customer, shop=site)

    def _make(self) -> Response:
        form = request.form
        sent = {"number": typed("number"), "phone": typed("phone")}
        document: JsonObject = {name: text for name, text in sent.items() if text}
        shops = {site.code for site in self._crm.directory().sites}
        shop, number = form.get("shop", ""), whole(form.get("customer", ""))
        with self._crm.store.begin() as session:
            customer = session.customer(number) if number is not None else None
            order = session.add_document(
                StoredDocument(
                    kind="order",
                    external_id=None,
                    site=shop if shop in shops else None,
                    customer_id=customer.id if customer else None,
                    created_at=self._crm.clock.now(),
                    document=document,
                )
            )
        return redirect(f"/orders/{order.id}", 303)


def _whose(session: CrmSession, order: StoredDocument) -> tuple[Customer | None, str]:
    """Whose order it is, and the number to call."""
    customer = session.customer(order.customer_id) if order.customer_id is not None else None
    phone = order_phone(order) or (next(iter(customer.phones), "") if customer else "")
    return customer, phone
