"""Customers: looked for, looked at, and made of unknown callers."""

from flask import redirect, request
from werkzeug.wrappers import Response

from callproof.contract.jsontypes import JsonObject
from callproof.contract.phones import same_phone
from callproof.contract.values import whole
from callproof.crm.crm import Crm
from callproof.crm.desk.home import back, typed
from callproof.crm.desk.visitor import Visitor
from callproof.crm.rules.model import Customer, CustomerQuery, HistoryQuery
from callproof.crm.store.sessions import CrmSession
from callproof.web.site import Site

PAGE = 25
_FEW = 10


class Customers:
    def __init__(self, crm: Crm, site: Site) -> None:
        self._crm = crm
        self._site = site

    def add(self) -> None:
        self._site.page("/customers", self._list)
        self._site.page("/customers/add", self._new)
        self._site.page("/customers/<number>", self._one)
        self._site.act("/customers/add", self._make)
        self._site.act("/cards/customer", self._make_of_caller)

    def _list(self) -> str:
        asked, number = typed("q", request.args), page_number()
        with self._crm.store.begin() as session:
            found, total = session.customers(CustomerQuery(name=asked), PAGE, (number - 1) * PAGE)
        return self._site.write(
            "desk/customers.html", customers=found, total=total, asked=asked, page_number=number, size=PAGE
        )

    def _one(self, number: str) -> str | Response:
        found = whole(number)
        with self._crm.store.begin() as session:
            customer = session.customer(found) if found is not None else None
            key = customer.id if customer else 0
            orders = session.newest_documents("order", _FEW, customer_id=key)
            calls = session.history(HistoryQuery(customer_id=key), _FEW)
        if customer is None:
            return nothing_there(self._site)
        users = self._crm.directory().users
        manager = users.get(customer.manager_id) if customer.manager_id is not None else None
        return self._site.write(
            "desk/customer.html", customer=customer, manager=manager, orders=orders, calls=calls
        )

    def _new(self) -> str:
        return self._site.write("desk/customer-new.html", phone=request.args.get("phone", ""))

    def _make(self) -> Response:
        customer = self._made(typed("phone"))
        return redirect(f"/customers/{customer.id}", 303)

    def _make_of_caller(self) -> Response:
        """The caller of a card becomes a customer, whom every open card of that number shows."""
        me, number = Visitor(self._crm).me, whole(request.form.get("card", ""))
        with self._crm.store.begin() as session:
            mine = session.cards_of(me.id) if me else []
        card = next((card for card in mine if card.id == number), None)
        if card is not None and card.customer_id is None:
            self._made(card.phone)
        return back()

    def _made(self, phone: str) -> Customer:
        """By the form; the cards of the number show it."""
        form, now = request.form, self._crm.clock.now()
        sent = {"firstName": typed("first"), "lastName": typed("last")}
        details: JsonObject = {name: text for name, text in sent.items() if text}
        manager = whole(form.get("manager", ""))
        shop = form.get("shop", "")
        directory = self._crm.directory()
        with self._crm.store.begin() as session:
            customer = session.add_customer(
                Customer(
                    id=0,
                    external_id=None,
                    site=shop if shop in {site.code for site in directory.sites} else None,
                    manager_id=manager if manager in directory.users else None,
                    phones=(phone,) if phone else (),
                    created_at=now,
                    updated_at=now,
                    details=details,
                )
            )
            self._show(session, customer)
        return customer

    def _show(self, session: CrmSession, customer: Customer) -> None:
        country = self._crm.settings.country
        nameless = [card for card in session.open_cards() if card.customer_id is None]
        theirs = [
            card.id
            for card in nameless
            if any(same_phone(card.phone, phone, country) for phone in customer.phones)
        ]
        session.show_customer(theirs, customer.id)


def page_number() -> int:
    """Of the address; the first for what is none."""
    return max(whole(request.args.get("page", "")) or 1, 1)


def nothing_there(site: Site) -> Response:
    """Of a page that is open already, it is no failure that what it showed is gone."""
    status = 200 if "HX-Request" in request.headers else 404
    return Response(site.write("desk/nothing.html"), status, mimetype="text/html")
