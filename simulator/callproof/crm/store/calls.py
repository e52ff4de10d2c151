"""What requests that come by the thousand ask of the database, by statements that the driver executes."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from operator import attrgetter

import orjson
from sqlalchemy import Text, bindparam, case, cast, func, insert, literal_column, select, update

from callproof import kinds
from callproof.contract.jsontypes import JsonObject
from callproof.crm.rules.model import (
    Card,
    Customer,
    CustomerQuery,
    Directory,
    HistoryCall,
    Module,
    StoredDocument,
)
from callproof.crm.rules.told import CallEvent
from callproof.crm.store.directory import Known
from callproof.crm.store.searching import CUSTOMER_COLUMNS, count_of, page_of, search
from callproof.crm.store.sessions import ShortSession
from callproof.crm.store.tables import (
    calls,
    cards,
    customer_phones,
    customers,
    documents,
    events,
    modules,
)
from callproof.limits import USUAL
from callproof.storage.driver import Driver, Statement, marks, names
from callproof.storage.rows import Row

_EVENT = kinds.decoder(CallEvent)
_CARD = (
    *("direction", "phone", "user_id", "code", "call_external_id", "external_phone", "shop"),
    *("customer_id", "opened_at", "closed_at", "hangup_status"),
)
_NEW_CARD = attrgetter(*_CARD)
_CALL = ("external_id", "phone", "user_id", "customer_id", "uploaded_at", "document")

_ADD_EVENT = Statement(
    insert(events).values(
        at=bindparam("moment"), call_external_id=bindparam("call"), document=bindparam("content")
    ),
    *("moment", "call", "content"),
)
_LAST = (
    select(events.c.id, cast(events.c.document, Text).label("content"))
    .where(events.c.call_external_id == bindparam("call"))
    .order_by(events.c.id.desc())
    .limit(bindparam("most"))
    # SQLite has no limit without an offset, which SQLAlchemy would add under a name of its own.
    .offset(bindparam("before"))
    .subquery()
)
# Most of what is reported again and again is no end, and not worth its way out of the database.
_IS_END = _LAST.c.content.like(literal_column("'%hangup%'"))
_ENDS_OF = Statement(
    select(case((_IS_END, _LAST.c.content))).order_by(_LAST.c.id),
    *("call", "most", "before"),
)
_CALL_OF = Statement(
    select(
        calls.c.external_id,
        cast(calls.c.document, Text),
        *(calls.c[name] for name in ("phone", "user_id", "customer_id", "uploaded_at")),
    ).where(calls.c.external_id == bindparam("call")),
    "call",
)
_SAVE_CALL = Statement(
    update(calls).where(calls.c.external_id == bindparam("call")).values(document=bindparam("content")),
    *("content", "call"),
)
_LAST_ORDER = Statement(
    select(
        *(documents.c[name] for name in ("kind", "external_id", "site", "customer_id", "created_at")),
        cast(documents.c.document, Text),
        documents.c.id,
    )
    .where(documents.c.kind == bindparam("sort"), documents.c.customer_id == bindparam("customer"))
    .order_by(documents.c.id.desc()),
    *("sort", "customer"),
)


_CARDS_OF = Statement(
    select(cards.c.id, *(cards.c[name] for name in _CARD))
    .where(cards.c.closed_at.is_(None), cards.c.user_id == bindparam("sees"))
    .order_by(cards.c.id),
    "sees",
)
_MODULE = Statement(
    select(modules.c.code, cast(modules.c.document, Text)).where(modules.c.code == bindparam("name")),
    "name",
)
_CUSTOMER = Statement(select(*CUSTOMER_COLUMNS).where(customers.c.id == bindparam("number")), "number")
_CUSTOMER_OF = Statement(
    select(*CUSTOMER_COLUMNS).where(customers.c.external_id == bindparam("name")), "name"
)


class SqlShortSession(ShortSession):
    """On a database; ``known`` remembers the directory between transactions."""

    def __init__(self, driver: Driver, country: str, known: Known) -> None:
        super().__init__(country)
        self._driver = driver
        self._known = known
        self._directory: Directory | None = None
        self._changed = False

    def hold(self, call_ids: Collection[str] | None) -> None:
        self._driver.hold(call_ids)

    def directory(self) -> Directory:
        if self._directory is None:
            self._directory = self._known.read(self._driver, keep=not self._changed)
        return self._directory

    def module(self, code: str) -> Module | None:
        if "\0" in code:
            return None
        row = self._driver.execute(_MODULE, (code,)).fetchone()
        return Module(row[0], orjson.loads(row[1])) if row else None

    def customer(self, customer_id: int) -> Customer | None:
        row = self._driver.execute(_CUSTOMER, (customer_id,)).fetchone()
        return _customer(row) if row else None

    def customer_by_external_id(self, external_id: str) -> Customer | None:
        if "\0" in external_id:
            return None
        row = self._driver.execute(_CUSTOMER_OF, (external_id,)).fetchone()
        return _customer(row) if row else None

    def customers(self, query: CustomerQuery, limit: int, offset: int) -> tuple[list[Customer], int]:
        wanted = search(query, self.country)
        if wanted is None:
            return [], 0
        (total,) = self._driver.execute(count_of(wanted.shape), wanted.values).fetchall()[0]
        rows = self._driver.execute(page_of(wanted.shape), (*wanted.values, limit, offset)).fetchall()
        return [_customer(row) for row in rows], total

    def _owners(self, keys: Sequence[str]) -> dict[str, list[Customer]]:
        owners: dict[str, list[Customer]] = {}
        for row in self._driver.execute(_owners(len(keys)), keys).fetchall():
            owners.setdefault(row[-1], []).append(_customer(row))
        return owners

    def add_event(self, event: JsonObject, call: str | None, at: float) -> None:
        self._driver.execute(_ADD_EVENT, (at, call, _text(event)))

    def first_events(self, call_ids: Sequence[str]) -> dict[str, float]:
        if not call_ids:
            return {}
        found = self._driver.execute(_first_events(len(call_ids)), call_ids)
        return {call: at for call, at in found.fetchall()}  # noqa: C416

    def ends_of(self, call_external_id: str) -> list[CallEvent] | None:
        rows = self._driver.execute(_ENDS_OF, (call_external_id, USUAL.call_events, 0)).fetchall()
        found = [_EVENT.decode(content) for (content,) in rows if content]
        return [event for event in found if event.type == "hangup"] if rows else None

    def add_cards(self, new: Sequence[Card]) -> None:
        self._driver.insert(cards, _CARD, [_NEW_CARD(card) for card in new])

    def open_cards(self, call_ids: Sequence[str] | None = None) -> list[Card]:
        wanted = call_ids or ()
        rows = self._driver.execute(_open_cards(len(wanted)), wanted).fetchall()
        return [Card(*row) for row in rows]

    def cards_of(self, user_id: int) -> list[Card]:
        return [Card(*row) for row in self._driver.execute(_CARDS_OF, (user_id,)).fetchall()]

    def close_cards(self, ids: Sequence[int], at: float, status: str | None) -> None:
        if ids:
            self._driver.execute(_close_cards(len(ids)), (at, status, *ids))

    def add_calls(self, new: Sequence[HistoryCall]) -> list[bool]:
        text = orjson.dumps
        rows = [
            (c.external_id, c.phone, c.user_id, c.customer_id, c.uploaded_at, text(c.document).decode())
            for c in new
        ]
        stored = self._driver.insert_new(calls, _CALL, rows, "external_id")
        if len(stored) == len(rows):
            return [True] * len(rows)
        left = set(stored)
        told = []
        for call in new:
            # Of two equal ids in one batch the first is stored.
            told.append(call.external_id in left)
            left.discard(call.external_id)
        return told

    def call(self, external_id: str) -> HistoryCall | None:
        if "\0" in external_id:
            return None
        row = self._driver.execute(_CALL_OF, (external_id,)).fetchone()
        return HistoryCall(row[0], orjson.loads(row[1]), *row[2:]) if row else None

    def save_call(self, call: HistoryCall) -> None:
        self._driver.execute(_SAVE_CALL, (_text(call.document), call.external_id))

    def last_order(self, customer_id: int) -> StoredDocument | None:
        row = self._driver.execute(_LAST_ORDER, ("order", customer_id)).fetchone()
        if row is None:
            return None
        kind, external_id, site, customer, created, content, number = row
        return StoredDocument(kind, external_id, site, customer, created, orjson.loads(content), number)


def _text(document: Mapping[str, object]) -> str:
    return orjson.dumps(document).decode()


@cache
def _owners(count: int) -> Statement:
    found = (
        select(*CUSTOMER_COLUMNS, customer_phones.c.phone_key)
        .join_from(customer_phones, customers)
        .where(customer_phones.c.phone_key.in_(marks(count)))
        .order_by(customer_phones.c.customer_id)
    )
    return Statement(found, *names(count))


@cache
def _first_events(count: int) -> Statement:
    found = (
        select(events.c.call_external_id, func.min(events.c.at))
        .where(events.c.call_external_id.in_(marks(count)))
        .group_by(events.c.call_external_id)
    )
    return Statement(found, *names(count))


@cache
def _open_cards(count: int) -> Statement:
    """With 0, all of them."""
    found = select(cards.c.id, *(cards.c[name] for name in _CARD)).where(cards.c.closed_at.is_(None))
    if count:
        found = found.where(cards.c.call_external_id.in_(marks(count)))
    return Statement(found.order_by(cards.c.id), *names(count))


@cache
def _close_cards(count: int) -> Statement:
    changed = update(cards).where(cards.c.id.in_(marks(count)))
    changed = changed.values(closed_at=bindparam("moment"), hangup_status=bindparam("ended"))
    return Statement(changed, "moment", "ended", *names(count))


def _customer(row: Row) -> Customer:
    number, external_id, site, manager, created, updated, phones, details = row[:8]
    phone_list = tuple(orjson.loads(phones))
    return Customer(number, external_id, site, manager, phone_list, created, updated, orjson.loads(details))
