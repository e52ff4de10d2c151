"""The CRM's data: ``CrmStore`` on a database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    Text,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from simulator.contract.jsontypes import JsonObject
from simulator.contract.phones import phone_key
from simulator.core.model import (
    Card,
    Customer,
    CustomerQuery,
    Document,
    Grant,
    Group,
    HistoryCall,
    Initiation,
    Module,
    Pool,
    Site,
    User,
)
from simulator.storage import tables
from simulator.storage.database import Database, new_id


class SqlCrmStore:
    """``country`` reads telephone numbers that come without a country code."""

    def __init__(self, url: str, country: str = "RU") -> None:
        self.database = Database(url, tables.crm)
        self._country = country
        self._pools = _Pools(country)

    @contextmanager
    def begin(self) -> Iterator["SqlCrmSession"]:
        with self.database.begin() as connection:
            yield SqlCrmSession(connection, self._country, self._pools)

    def close(self) -> None:
        self.database.close()


class _Pools:
    """The last pool that was read, with the texts that it was made of.

    Almost every request needs the pool and almost none changes it. The texts are compared, not the time,
    because other processes write to the same database.
    """

    def __init__(self, country: str) -> None:
        self._last: tuple[list[tuple[str, str]], Pool] = ([], Pool((), country))

    def of(self, texts: list[tuple[str, str]]) -> Pool:
        known, pool = self._last
        if texts != known:
            found = (Module(code, orjson.loads(text)) for code, text in texts)
            pool = Pool(tuple(module for module in found if module.enabled), pool.country)
            self._last = texts, pool
        return pool


class SqlCrmSession:
    def __init__(self, connection: Connection, country: str, pools: _Pools) -> None:
        self._db = connection
        self._country = country
        self._pools = pools

    def grants(self) -> list[Grant]:
        rows = self._all(select(tables.grants).order_by(tables.grants.c.key))
        return [
            Grant(row["key"], tuple(row["scopes"]), None if row["sites"] is None else tuple(row["sites"]))
            for row in rows
        ]

    def save_grant(self, grant: Grant) -> None:
        sites = None if grant.sites is None else list(grant.sites)
        self._upsert(tables.grants, {"key": grant.key, "scopes": list(grant.scopes), "sites": sites}, "key")

    def module(self, code: str) -> Module | None:
        row = self._one(select(tables.modules).where(tables.modules.c.code == code))
        return Module(row["code"], row["document"]) if row else None

    def save_module(self, module: Module) -> None:
        self._upsert(tables.modules, {"code": module.code, "document": module.document}, "code")

    def pool(self) -> Pool:
        table = tables.modules
        statement = select(table.c.code, cast(table.c.document, Text)).order_by(table.c.code)
        return self._pools.of([(code, text) for code, text in self._db.execute(statement)])

    def user(self, user_id: int) -> User | None:
        row = self._one(select(tables.users).where(tables.users.c.id == user_id))
        return _user(row) if row else None

    def users(self) -> list[User]:
        return [_user(row) for row in self._all(select(tables.users).order_by(tables.users.c.id))]

    def save_user(self, user: User) -> None:
        self._upsert(tables.users, asdict(user) | {"groups": list(user.groups)}, "id")

    def groups(self) -> list[Group]:
        return [Group(**row) for row in self._all(select(tables.groups).order_by(tables.groups.c.id))]

    def save_group(self, group: Group) -> None:
        self._upsert(tables.groups, asdict(group), "id")

    def sites(self) -> list[Site]:
        return [Site(**row) for row in self._all(select(tables.sites).order_by(tables.sites.c.code))]

    def save_site(self, site: Site) -> None:
        self._upsert(tables.sites, asdict(site), "code")

    def customer(self, customer_id: int) -> Customer | None:
        return self._customer(tables.customers.c.id == customer_id)

    def customer_by_external_id(self, external_id: str) -> Customer | None:
        return self._customer(tables.customers.c.external_id == external_id)

    def customers_by_phone(self, phone: str) -> list[Customer]:
        key = phone_key(phone, self._country)
        if not key:
            return []
        statement = (
            select(tables.customers)
            .join(tables.customer_phones)
            .where(tables.customer_phones.c.phone_key == key)
            .order_by(tables.customers.c.id)
        )
        return [_customer(row) for row in self._all(statement)]

    def customers(self, query: CustomerQuery, limit: int, offset: int) -> tuple[list[Customer], int]:
        statement = select(tables.customers).where(*_conditions(query, self._country))
        total = self._count(statement)
        page = statement.order_by(tables.customers.c.id).limit(limit).offset(offset)
        return [_customer(row) for row in self._all(page)], total

    def add_customer(self, customer: Customer) -> Customer:
        """Store it under a new id, or under its own when it has one."""
        values = asdict(customer) | {"phones": list(customer.phones)}
        if not customer.id:
            del values["id"]
        result = self._db.execute(insert(tables.customers).values(values))
        stored = replace(customer, id=new_id(result.inserted_primary_key))
        self._save_phones(stored)
        return stored

    def add_customers(self, customers: Sequence[Customer]) -> None:
        """Many at once, under new ids in their order."""
        table = tables.customers
        rows = [asdict(customer) | {"phones": list(customer.phones)} for customer in customers]
        for row in rows:
            del row["id"]
        if not rows:
            return
        statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
        ids = self._db.execute(statement, rows).scalars()
        stored = (replace(customer, id=number) for customer, number in zip(customers, ids, strict=True))
        if phones := [row for customer in stored for row in self._phone_rows(customer)]:
            self._db.execute(insert(tables.customer_phones), phones)

    def save_customer(self, customer: Customer) -> None:
        values = asdict(customer) | {"phones": list(customer.phones)}
        self._db.execute(
            update(tables.customers).where(tables.customers.c.id == customer.id).values(values)
        )
        table = tables.customer_phones
        self._db.execute(delete(table).where(table.c.customer_id == customer.id))
        self._save_phones(customer)

    def add_event(self, event: JsonObject, at: float) -> int:
        values = {"at": at, "call_external_id": event.get("callExternalId"), "document": event}
        result = self._db.execute(insert(tables.events).values(values))
        return new_id(result.inserted_primary_key)

    def first_event(self, call_external_id: str) -> float | None:
        """When the call was first heard of."""
        table = tables.events
        found = select(func.min(table.c.at)).where(table.c.call_external_id == call_external_id)
        moment: float | None = self._db.execute(found).scalar()
        return moment

    def events_of(self, call_external_id: str) -> list[JsonObject]:
        """What was reported of the call, in the order of arrival."""
        table = tables.events
        wanted = select(table.c.document).where(table.c.call_external_id == call_external_id)
        return list(self._db.execute(wanted.order_by(table.c.id)).scalars())

    def add_cards(self, cards: Sequence[Card]) -> None:
        for card in cards:
            values = asdict(card)
            del values["id"]
            self._db.execute(insert(tables.cards).values(values))

    def cards(self) -> list[Card]:
        return [Card(**row) for row in self._all(select(tables.cards).order_by(tables.cards.c.id))]

    def open_cards(self, call_external_id: str | None = None) -> list[Card]:
        """All of them, or those of one call."""
        table = tables.cards
        statement = select(table).where(table.c.closed_at.is_(None)).order_by(table.c.id)
        if call_external_id is not None:
            statement = statement.where(table.c.call_external_id == call_external_id)
        return [Card(**row) for row in self._all(statement)]

    def close_cards(self, ids: Sequence[int], at: float, status: str | None) -> None:
        if ids:
            table = tables.cards
            self._db.execute(
                update(table).where(table.c.id.in_(ids)).values(closed_at=at, hangup_status=status)
            )

    def add_call(self, call: HistoryCall) -> bool:
        """Store the call unless its external id is known; says whether it was stored."""
        statement = self._insert(tables.calls).values(asdict(call))
        result = self._db.execute(statement.on_conflict_do_nothing(index_elements=["external_id"]))
        return result.rowcount == 1

    def save_call(self, call: HistoryCall) -> None:
        table = tables.calls
        self._db.execute(
            update(table).where(table.c.external_id == call.external_id).values(document=call.document)
        )

    def call(self, external_id: str) -> HistoryCall | None:
        row = self._one(select(tables.calls).where(tables.calls.c.external_id == external_id))
        return _history_call(row) if row else None

    def calls(self) -> list[HistoryCall]:
        return [_history_call(row) for row in self._all(select(tables.calls).order_by(tables.calls.c.id))]

    def calls_after(self, position: int, limit: int) -> list[tuple[int, HistoryCall]]:
        """A page of the history with the positions of its rows."""
        table = tables.calls
        rows = self._all(select(table).where(table.c.id > position).order_by(table.c.id).limit(limit))
        return [(row["id"], _history_call(row)) for row in rows]

    def add_initiation(self, initiation: Initiation) -> Initiation:
        values = asdict(initiation)
        del values["id"]
        result = self._db.execute(insert(tables.initiations).values(values))
        return replace(initiation, id=new_id(result.inserted_primary_key))

    def initiations(self) -> list[Initiation]:
        table = tables.initiations
        return [Initiation(**row) for row in self._all(select(table).order_by(table.c.id))]

    def add_document(self, document: Document) -> Document:
        values = asdict(document)
        del values["id"]
        result = self._db.execute(insert(tables.documents).values(values))
        return replace(document, id=new_id(result.inserted_primary_key))

    def document(
        self, kind: str, *, number: int | None = None, external_id: str | None = None
    ) -> Document | None:
        table = tables.documents
        named = table.c.id == number if number is not None else table.c.external_id == external_id
        row = self._one(select(table).where(table.c.kind == kind, named))
        return Document(**row) if row else None

    def documents(self, kind: str) -> list[Document]:
        table = tables.documents
        rows = self._all(select(table).where(table.c.kind == kind).order_by(table.c.id))
        return [Document(**row) for row in rows]

    def last_order(self, customer_id: int) -> Document | None:
        table = tables.documents
        of_customer = (table.c.kind == "order", table.c.customer_id == customer_id)
        row = self._one(select(table).where(*of_customer).order_by(table.c.id.desc()).limit(1))
        return Document(**row) if row else None

    def counts(self) -> dict[str, int]:
        counted = {
            "calls": tables.calls,
            "events": tables.events,
            "customers": tables.customers,
            "modules": tables.modules,
        }
        return {name: self._count(select(table)) for name, table in counted.items()}

    def under_way(self) -> dict[str, int]:
        return {"openCards": self._count(select(tables.cards).where(tables.cards.c.closed_at.is_(None)))}

    def clear(self) -> None:
        for table in reversed(tables.crm.sorted_tables):
            self._db.execute(delete(table))

    def _customer(self, condition: ColumnElement[bool]) -> Customer | None:
        row = self._one(select(tables.customers).where(condition))
        return _customer(row) if row else None

    def _save_phones(self, customer: Customer) -> None:
        if rows := self._phone_rows(customer):
            self._db.execute(insert(tables.customer_phones), rows)

    def _phone_rows(self, customer: Customer) -> list[dict[str, int | str]]:
        keys = sorted({key for phone in customer.phones if (key := phone_key(phone, self._country))})
        return [{"customer_id": customer.id, "phone_key": key} for key in keys]

    def _upsert(self, table: Table, values: dict[str, Any], key: str) -> None:
        statement = self._insert(table).values(values)
        rest = {name: value for name, value in values.items() if name != key}
        self._db.execute(statement.on_conflict_do_update(index_elements=[key], set_=rest))

    def _insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that knows ON CONFLICT, which both databases spell the same."""
        if self._db.dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)

    def _count(self, statement: Select[Any]) -> int:
        return self._db.execute(select(func.count()).select_from(statement.subquery())).scalar_one()

    def _one(self, statement: Select[Any]) -> RowMapping | None:
        return self._db.execute(statement).mappings().first()

    def _all(self, statement: Select[Any]) -> Sequence[RowMapping]:
        return self._db.execute(statement).mappings().all()


def _conditions(query: CustomerQuery, country: str) -> list[ColumnElement[bool]]:
    columns = tables.customers.c
    found: list[ColumnElement[bool]] = []
    if query.ids:
        found.append(columns.id.in_(query.ids))
    if query.external_ids:
        found.append(columns.external_id.in_(query.external_ids))
    if query.managers:
        found.append(columns.manager_id.in_(query.managers))
    if query.sites:
        found.append(columns.site.in_(query.sites))
    if query.email:
        found.append(columns.details["email"].as_string() == query.email)
    if query.name:
        found.append(or_(_named(query.name), _phoned(query.name, country)))
    if query.phone:
        found.append(_phoned(query.phone, country))
    return found


def _named(text: str) -> ColumnElement[bool]:
    details = tables.customers.c.details
    names = (details["firstName"], details["lastName"], details["patronymic"])
    return or_(*(name.as_string().icontains(text, autoescape=True) for name in names))


def _phoned(text: str, country: str) -> ColumnElement[bool]:
    """By custom a phone is looked for through filter[name] (contract.md, section 6.6)."""
    phones = tables.customer_phones
    owners = select(phones.c.customer_id).where(phones.c.phone_key == phone_key(text, country))
    return tables.customers.c.id.in_(owners)


def _user(row: RowMapping) -> User:
    return User(**{**row, "groups": tuple(row["groups"])})


def _customer(row: RowMapping) -> Customer:
    return Customer(**{**row, "phones": tuple(row["phones"])})


def _history_call(row: RowMapping) -> HistoryCall:
    return HistoryCall(**{name: value for name, value in row.items() if name != "id"})
