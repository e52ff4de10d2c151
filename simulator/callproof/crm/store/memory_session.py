"""What a transaction of the CRM does with tables in memory; see ``sessions`` for what that is."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, replace
from heapq import nlargest
from itertools import islice
from operator import attrgetter, itemgetter

import orjson

from callproof import kinds
from callproof.contract.jsontypes import JsonObject
from callproof.contract.phones import phone_key
from callproof.crm.rules.model import (
    Card,
    Customer,
    CustomerQuery,
    HistoryCall,
    HistoryQuery,
    Initiation,
    StoredDocument,
)
from callproof.crm.rules.told import CallEvent
from callproof.crm.store import shapes
from callproof.crm.store.memory_directory import DirectorySession
from callproof.crm.store.memory_search import Began, is_asked_for, was_asked_for
from callproof.limits import USUAL
from callproof.storage.memory import Index, Memory, MemoryTable, Name, Several, Shape, Unique
from callproof.storage.rows import Row, Rows

_EVENT = kinds.decoder(CallEvent)
_BEGAN = kinds.decoder(Began)
_NEW_CARD = attrgetter(
    *("direction", "phone", "user_id", "code", "call_external_id", "external_phone", "shop"),
    *("customer_id", "opened_at", "closed_at", "hangup_status"),
)
# Their places in rows.
_CARD_USER, _CARD_CALL, _CARD_CUSTOMER, _CARD_CLOSED = 3, 5, 8, 10
_DOCUMENT_KIND, _DOCUMENT_CUSTOMER = 1, 4
_NO_CALL = 0


class MemorySession(DirectorySession):
    """It begins and ends with ``memory``, so one is enough."""

    def __init__(self, memory: Memory, country: str) -> None:
        super().__init__(memory, country)

        def table(shape: Shape, *indexes: Unique | Index) -> MemoryTable:
            return MemoryTable(shape, memory.undo, *indexes)

        self._customer_names = Unique(itemgetter(1))
        # Beside its columns a row has the keys of its telephone numbers, as the country was then.
        self._phones = Several(itemgetter(8))
        self._customers = table(shapes.CUSTOMERS, self._customer_names, self._phones)
        self._events_of = Index(itemgetter(2))
        self._events = table(shapes.EVENTS, self._events_of)
        self._open = Index(_open_call)
        self._cards = table(shapes.CARDS, self._open)
        self._call_names = Unique(itemgetter(1))
        self._calls = table(shapes.CALLS, self._call_names)
        self._document_names = Unique(lambda row: None if row[2] is None else row[1:3])
        self._orders_of = Index(lambda row: row[_DOCUMENT_CUSTOMER] if row[1] == "order" else None)
        self._documents = table(shapes.DOCUMENTS, self._document_names, self._orders_of)
        self._initiations = table(shapes.INITIATIONS)
        self._state = (
            *(*self._directory_tables, self._customers, self._events, self._cards, self._calls),
            *(self._documents, self._initiations),
        )

    def hold(self, call_ids: Collection[str] | None) -> None:
        """There is one transaction at a time."""

    def customer(self, customer_id: int) -> Customer | None:
        row = self._customers.rows.get(customer_id)
        return _customer(row) if row else None

    def customer_by_external_id(self, external_id: str) -> Customer | None:
        number = self._customer_names.found.get(external_id)
        return None if number is None else self.customer(number)

    def customers(self, query: CustomerQuery, limit: int, offset: int) -> tuple[list[Customer], int]:
        found = list(filter(is_asked_for(query, self.country), self._candidates(query)))
        return [_customer(row) for row in found[offset : offset + limit]], len(found)

    def _candidates(self, query: CustomerQuery) -> Iterable[Row]:
        """All that may be asked for, in the order of ids, and not many more."""
        rows = self._customers.rows
        if query.phone:
            return [rows[one] for one in self._phones.of(phone_key(query.phone, self.country))]
        if query.ids:
            return [rows[one] for one in sorted({*query.ids}) if one in rows]
        if query.external_ids:
            known = self._customer_names.found
            return [
                rows[one] for one in sorted({known[name] for name in query.external_ids if name in known})
            ]
        return rows.values()

    def _owners(self, keys: Sequence[str]) -> dict[str, list[Customer]]:
        rows, phones = self._customers.rows, self._phones
        return {
            key: [_customer(rows[one]) for one in phones.of(key)] for key in keys if key in phones.found
        }

    def add_customer(self, customer: Customer) -> Customer:
        row = self._customer_row(customer)
        if not customer.id:
            return replace(customer, id=self._customers.add(*row[1:]))
        if customer.id in self._customers.rows:
            raise LookupError(f"there is a customer {customer.id} already")
        self._customers.put(row)
        return customer

    def add_customers(self, customers: Sequence[Customer]) -> None:
        for customer in customers:
            self.add_customer(replace(customer, id=0))

    def save_customer(self, customer: Customer) -> None:
        if customer.id in self._customers.rows:
            self._customers.put(self._customer_row(customer))

    def add_event(self, event: JsonObject, call: str | None, at: float) -> None:
        # As text: what ``dumps`` gives keeps a kilobyte however short it is.
        self._events.add(at, call, orjson.dumps(event).decode())

    def first_events(self, call_ids: Sequence[str]) -> dict[str, float]:
        rows, events = self._events.rows, self._events_of
        known = {call: keys for call in call_ids if (keys := events.keys(call))}
        return {call: min(rows[one][1] for one in keys) for call, keys in known.items()}

    def ends_of(self, call_external_id: str) -> list[CallEvent] | None:
        # No event is ever changed, so they stand there in their order.
        known = self._events_of.keys(call_external_id)
        if not known:
            return None
        last = (self._events.rows[number][3] for number in known[-USUAL.call_events :])
        found = [_EVENT.decode(content) for content in last if "hangup" in content]
        return [event for event in found if event.type == "hangup"]

    def add_cards(self, new: Sequence[Card]) -> None:
        for card in new:
            self._cards.add(*_NEW_CARD(card))

    def cards(self) -> list[Card]:
        return [Card(*row) for row in self._cards.rows.values()]

    def open_cards(self, call_ids: Sequence[str] | None = None) -> list[Card]:
        rows, keys = self._cards.rows, self._open.keys
        numbers = (one for call in call_ids or self._open.found for one in keys(call))
        return [Card(*rows[number]) for number in sorted({*numbers})]

    def cards_of(self, user_id: int) -> list[Card]:
        return [card for card in self.open_cards() if card.user_id == user_id]

    def close_cards(self, ids: Sequence[int], at: float, status: str | None) -> None:
        for number in ids:
            if row := self._cards.rows.get(number):
                self._cards.put((*row[:_CARD_CLOSED], at, status))

    def show_customer(self, card_ids: Sequence[int], customer_id: int) -> None:
        for number in card_ids:
            if row := self._cards.rows.get(number):
                self._cards.put((*row[:_CARD_CUSTOMER], customer_id, *row[_CARD_CUSTOMER + 1 :]))

    def add_calls(self, new: Sequence[HistoryCall]) -> list[bool]:
        known, add, told = self._call_names.found, self._calls.add, []
        for call in new:
            name = call.external_id
            is_new = name not in known
            if is_new:
                content = orjson.dumps(call.document).decode()
                add(name, call.phone, call.user_id, call.customer_id, call.uploaded_at, content)
            told.append(is_new)
        return told

    def call(self, external_id: str) -> HistoryCall | None:
        number = self._call_names.found.get(external_id)
        return None if number is None else _history_call(self._calls.rows[number])

    def save_call(self, call: HistoryCall) -> None:
        if (number := self._call_names.found.get(call.external_id)) is not None:
            row = self._calls.rows[number]
            self._calls.put((*row[:-1], orjson.dumps(call.document).decode()))

    def calls(self) -> list[HistoryCall]:
        return [_history_call(row) for row in self._calls.rows.values()]

    def history(self, query: HistoryQuery, limit: int, offset: int = 0) -> list[HistoryCall]:
        found = filter(was_asked_for(query, self.country), reversed(self._calls.rows.values()))
        return [_history_call(row) for row in islice(found, offset, offset + limit)]

    def calls_after(self, position: int, limit: int) -> list[tuple[int, HistoryCall]]:
        rows = self._calls.rows
        found = (
            rows[number] for number in range(position + 1, next(reversed(rows), 0) + 1) if number in rows
        )
        return [(row[0], _history_call(row)) for row in islice(found, limit)]

    def newest_calls(
        self, limit: int, before: int | None = None, sites: Sequence[str] | None = None
    ) -> list[tuple[int, HistoryCall]]:
        rows = self._calls.rows
        known = ((_BEGAN.decode(row[-1]), number) for number, row in rows.items())
        found = (
            (began.date or "", number)
            for began, number in known
            if sites is None or began.site is None or began.site in sites
        )
        if before is not None:
            last = _BEGAN.decode(rows[before][-1]).date if before in rows else None
            found = (each for each in found if last and each[0] and each < (last, before))
        return [(number, _history_call(rows[number])) for _, number in nlargest(limit, found)]

    def add_initiation(self, initiation: Initiation) -> Initiation:
        row = self._initiations.row(asdict(initiation))
        return replace(initiation, id=self._initiations.add(*row[1:]))

    def initiations(self) -> list[Initiation]:
        return [Initiation(**row) for row in self._initiations.all()]

    def initiations_of(self, user_id: int, limit: int) -> list[Initiation]:
        mine = (row for row in reversed(self._initiations.rows.values()) if row[1] == user_id)
        return [Initiation(**self._initiations.read(row)) for row in islice(mine, limit)]

    def newest_call_signs(self, user_id: int) -> tuple[int, int]:
        cards, clicks = reversed(self._cards.rows.values()), reversed(self._initiations.rows.values())
        card = next((row[0] for row in cards if row[_CARD_USER] == user_id), 0)
        return card, next((row[0] for row in clicks if row[1] == user_id), 0)

    def add_document(self, document: StoredDocument) -> StoredDocument:
        row = self._documents.row(asdict(document))
        return replace(document, id=self._documents.add(*row[1:]))

    def save_document(self, document: StoredDocument) -> None:
        if document.id in self._documents.rows:
            self._documents.put(self._documents.row(asdict(document)))

    def document(
        self, kind: str, *, number: int | None = None, external_id: str | None = None
    ) -> StoredDocument | None:
        if number is None:
            number = self._document_names.found.get((kind, external_id))
        row = self._documents.rows.get(number)
        return self._document(row) if row and row[_DOCUMENT_KIND] == kind else None

    def documents(self, kind: str) -> list[StoredDocument]:
        return [self._document(row) for row in self._documents.rows.values() if row[1] == kind]

    def newest_documents(
        self, kind: str, limit: int, offset: int = 0, *, customer_id: int | None = None
    ) -> list[StoredDocument]:
        found = (
            row
            for row in reversed(self._documents.rows.values())
            if row[1] == kind and (customer_id is None or row[_DOCUMENT_CUSTOMER] == customer_id)
        )
        return [self._document(row) for row in islice(found, offset, offset + limit)]

    def last_order(self, customer_id: int) -> StoredDocument | None:
        numbers = self._orders_of.of(customer_id)
        return self._document(self._documents.rows[numbers[-1]]) if numbers else None

    def counts(self) -> dict[str, int]:
        counted = {
            "calls": self._calls,
            "events": self._events,
            "customers": self._customers,
            "modules": self._modules,
        }
        return {name: len(table.rows) for name, table in counted.items()}

    def under_way(self) -> dict[str, int]:
        return {"openCards": sum(len(self._open.keys(call)) for call in self._open.found)}

    def clear(self) -> None:
        for table in self._state:
            table.clear()
        self._change_directory()

    def snapshot(self) -> Rows:
        taken = {table.name: list(table.all()) for table in self._state}
        phones = [
            {"customer_id": row[0], "phone_key": key}
            for row in self._customers.rows.values()
            for key in row[8]
        ]
        # Of other stores these are the mark of the directory, and what budgets are counted by.
        return {**taken, "crm_customer_phones": phones, "crm_marks": [], "crm_spent": []}

    def restore(self, rows: Rows) -> None:
        phones: dict[int, list[str]] = {}
        for row in rows["crm_customer_phones"]:
            phones.setdefault(row["customer_id"], []).append(row["phone_key"])
        for table in self._state:
            kept: Iterable[Row] = map(table.row, rows[table.name])
            if table is self._customers:
                kept = ((*row, tuple(phones.get(row[0], ()))) for row in kept)
            table.fill(kept)
        self._change_directory()

    def _customer_row(self, customer: Customer) -> Row:
        keys = {key for phone in customer.phones if (key := phone_key(phone, self.country))}
        return (
            *(customer.id, customer.external_id, customer.site, customer.manager_id),
            orjson.dumps(customer.phones).decode(),
            *(customer.created_at, customer.updated_at),
            orjson.dumps(customer.details).decode(),
            tuple(sorted(keys)),
        )

    def _document(self, row: Row) -> StoredDocument:
        return StoredDocument(**self._documents.read(row))


def _open_call(row: Row) -> Name:
    """Of which call a card is, if it is open."""
    if row[_CARD_CLOSED] is not None:
        return None
    call: str | None = row[_CARD_CALL]
    return _NO_CALL if call is None else call


def _customer(row: Row) -> Customer:
    number, external_id, site, manager, phones, created, updated, details, _ = row
    phone_list = tuple(orjson.loads(phones))
    return Customer(number, external_id, site, manager, phone_list, created, updated, orjson.loads(details))


def _history_call(row: Row) -> HistoryCall:
    return HistoryCall(row[1], orjson.loads(row[6]), *row[2:6])
