"""What events, uploads and lookups ask of the database, by statements that the driver executes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import cast as known_as

import orjson
from sqlalchemy import Select, Text, Update, bindparam, cast, func, insert, select, update

from simulator.contract.jsontypes import JsonObject
from simulator.contract.phones import phone_key
from simulator.core.model import Card, Customer, Directory, Document, HistoryCall, User
from simulator.storage.directory import Known
from simulator.storage.driver import Driver, Row
from simulator.storage.tables import calls, cards, customer_phones, customers, documents, events, users

_CARD = (
    *("direction", "phone", "user_id", "code", "call_external_id", "external_phone", "shop"),
    *("customer_id", "opened_at", "closed_at", "hangup_status"),
)
_NEW_CARD = attrgetter(*_CARD)
_CALL = ("external_id", "phone", "user_id", "customer_id", "uploaded_at", "document")

_USER_FIELDS = (
    *("id", "email", "first_name", "last_name", "online", "status", "created_at", "active"),
    *("is_admin", "is_manager", "phone", "patronymic", "groups"),
)

_USER = select(*(users.c[name] for name in _USER_FIELDS[:-1]), cast(users.c.groups, Text)).where(
    users.c.id == bindparam("number")
)
_ADD_EVENT = insert(events).values(
    at=bindparam("moment"), call_external_id=bindparam("call"), document=bindparam("content")
)
_EVENTS_OF = (
    select(cast(events.c.document, Text))
    .where(events.c.call_external_id == bindparam("call"))
    .order_by(events.c.id)
)
_CALL_OF = select(
    calls.c.external_id,
    cast(calls.c.document, Text),
    *(calls.c[name] for name in ("phone", "user_id", "customer_id", "uploaded_at")),
).where(calls.c.external_id == bindparam("call"))
_SAVE_CALL = (
    update(calls).where(calls.c.external_id == bindparam("call")).values(document=bindparam("content"))
)
_LAST_ORDER = (
    select(
        *(documents.c[name] for name in ("kind", "external_id", "site", "customer_id", "created_at")),
        cast(documents.c.document, Text),
        documents.c.id,
    )
    .where(documents.c.kind == bindparam("sort"), documents.c.customer_id == bindparam("customer"))
    .order_by(documents.c.id.desc())
)


class SqlCallSession:
    """One transaction of the hot path; ``known`` remembers the directory between them."""

    def __init__(self, driver: Driver, country: str, known: Known) -> None:
        self._driver = driver
        self._country = country
        self._known = known
        self._directory: Directory | None = None

    def directory(self) -> Directory:
        if self._directory is None:
            self._directory = self._known.read(self._driver)
        return self._directory

    def user(self, user_id: int) -> User | None:
        row = self._driver.execute(_USER, {"number": user_id}).fetchone()
        return _user(row) if row else None

    def customers_by_phones(self, phones: Iterable[str]) -> dict[str, list[Customer]]:
        """Who has each number, in the order of ids; a number that nobody has is not there."""
        keys = {phone: phone_key(phone, self._country) for phone in phones}
        wanted = sorted({key for key in keys.values() if key})
        if not wanted:
            return {}
        owners: dict[str, list[Customer]] = {}
        for key, *row in self._driver.execute(_owners(len(wanted)), _numbered(wanted)).fetchall():
            owners.setdefault(key, []).append(_customer(tuple(row)))
        return {phone: owners[key] for phone, key in keys.items() if key in owners}

    def add_event(self, event: JsonObject, at: float) -> None:
        call = known_as("str | None", event.get("callExternalId"))
        values = {"moment": at, "call": call, "content": _text(event)}
        self._driver.execute(_ADD_EVENT, values)

    def first_events(self, call_ids: Sequence[str]) -> dict[str, float]:
        """When each of the calls was first heard of; one that was not is not there."""
        if not call_ids:
            return {}
        found = self._driver.execute(_first_events(len(call_ids)), _numbered(call_ids))
        return dict(known_as("list[tuple[str, float]]", found.fetchall()))

    def events_of(self, call_external_id: str) -> list[JsonObject]:
        """What was reported of the call, in the order of arrival."""
        rows = self._driver.execute(_EVENTS_OF, {"call": call_external_id}).fetchall()
        return [orjson.loads(content) for (content,) in rows]

    def add_cards(self, new: Sequence[Card]) -> None:
        self._driver.insert(cards, _CARD, [_NEW_CARD(card) for card in new])

    def open_cards(self, call_ids: Sequence[str] | None = None) -> list[Card]:
        """All of them, or those of some calls."""
        if call_ids is None:
            rows = self._driver.execute(_open_cards(0)).fetchall()
        else:
            rows = self._driver.execute(_open_cards(len(call_ids)), _numbered(call_ids)).fetchall()
        return [Card(*row) for row in rows]

    def close_cards(self, ids: Sequence[int], at: float, status: str | None) -> None:
        if ids:
            values = {**_numbered(ids), "moment": at, "ended": status}
            self._driver.execute(_close_cards(len(ids)), values)

    def add_calls(self, new: Sequence[HistoryCall]) -> list[bool]:
        """Store the calls whose external ids are not known, and say of each whether it was stored."""
        rows = [
            (c.external_id, c.phone, c.user_id, c.customer_id, c.uploaded_at, _text(c.document))
            for c in new
        ]
        stored = {found for (found,) in self._driver.insert(calls, _CALL, rows, returning="external_id")}
        told = []
        for call in new:
            # Of two equal ids in one batch the first is stored.
            told.append(call.external_id in stored)
            stored.discard(call.external_id)
        return told

    def call(self, external_id: str) -> HistoryCall | None:
        row = self._driver.execute(_CALL_OF, {"call": external_id}).fetchone()
        return HistoryCall(row[0], orjson.loads(row[1]), *row[2:]) if row else None

    def save_call(self, call: HistoryCall) -> None:
        self._driver.execute(_SAVE_CALL, {"call": call.external_id, "content": _text(call.document)})

    def last_order(self, customer_id: int) -> Document | None:
        row = self._driver.execute(_LAST_ORDER, {"sort": "order", "customer": customer_id}).fetchone()
        if row is None:
            return None
        kind, external_id, site, customer, created, content, number = row
        return Document(kind, external_id, site, customer, created, orjson.loads(content), number)


def _text(document: Mapping[str, object]) -> str:
    return orjson.dumps(document).decode()


def _numbered(values: Collection[str | int]) -> dict[str, str | int | float | None]:
    return {f"v{number}": value for number, value in enumerate(values)}


def _marks(count: int) -> list[bindparam]:  # type: ignore[valid-type]
    return [bindparam(f"v{number}") for number in range(count)]


@cache
def _owners(count: int) -> Select[Row]:
    columns = ("id", "external_id", "site", "manager_id", "created_at", "updated_at")
    return (
        select(
            customer_phones.c.phone_key,
            *(customers.c[name] for name in columns),
            cast(customers.c.phones, Text),
            cast(customers.c.details, Text),
        )
        .join_from(customer_phones, customers)
        .where(customer_phones.c.phone_key.in_(_marks(count)))
        .order_by(customers.c.id)
    )


@cache
def _first_events(count: int) -> Select[Row]:
    return (
        select(events.c.call_external_id, func.min(events.c.at))
        .where(events.c.call_external_id.in_(_marks(count)))
        .group_by(events.c.call_external_id)
    )


@cache
def _open_cards(count: int) -> Select[Row]:
    """With 0, all of them."""
    found = select(cards.c.id, *(cards.c[name] for name in _CARD)).where(cards.c.closed_at.is_(None))
    return (found.where(cards.c.call_external_id.in_(_marks(count))) if count else found).order_by(
        cards.c.id
    )


@cache
def _close_cards(count: int) -> Update:
    changed = update(cards).where(cards.c.id.in_(_marks(count)))
    return changed.values(closed_at=bindparam("moment"), hangup_status=bindparam("ended"))


def _user(row: Row) -> User:
    fields = dict(zip(_USER_FIELDS, row, strict=True))
    for flag in ("online", "active", "is_admin", "is_manager"):
        fields[flag] = bool(fields[flag])
    return User(**fields | {"groups": tuple(orjson.loads(row[-1]))})


def _customer(row: Row) -> Customer:
    number, external_id, site, manager, created, updated, phones, details = row
    phone_list = tuple(orjson.loads(phones))
    return Customer(number, external_id, site, manager, phone_list, created, updated, orjson.loads(details))
