"""The CRM's data: ``CrmStore`` on a database."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from typing import Any, TypeVar, cast

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from callproof.contract.jsontypes import Json
from callproof.contract.phones import phone_key
from callproof.crm.rules.model import (
    Card,
    Customer,
    Grant,
    Group,
    HistoryCall,
    HistoryQuery,
    Initiation,
    Module,
    Site,
    StoredDocument,
    User,
)
from callproof.crm.store import tables
from callproof.crm.store.calls import SqlShortSession
from callproof.crm.store.directory import Known, registered
from callproof.crm.store.history import history
from callproof.crm.store.sessions import CrmSession, ShortSession
from callproof.crm.store.spending import spend
from callproof.storage.database import (
    Database,
    clear,
    skip_id,
)
from callproof.storage.driver import Alone, Compiler, Driver, raw_of
from callproof.storage.durability import Durability
from callproof.storage.journal import JournalTable
from callproof.storage.rows import Rows
from callproof.storage.snapshots import put_back, taken

T = TypeVar("T")
_PHONE = ("customer_id", "phone_key")
# The journal is not state, and its numbers go on.
_STATE = [table for table in tables.crm.sorted_tables if table not in tables.journal]


class CrmStore:
    """``country`` reads telephone numbers that come without a country code."""

    spends_apart = True

    def __init__(self, url: str, country: str = "RU", durability: Durability = "commit") -> None:
        self.database = Database(url, tables.crm, beside=True, durability=durability)
        self.country = country
        self._known = Known(country)

    def journal_table(self) -> JournalTable:
        return JournalTable(self.database, tables.journal)

    def read_in(self, country: str) -> None:
        self.country, self._known = country, Known(country)

    @contextmanager
    def begin(self) -> Iterator[CrmSession]:
        with self.database.begin() as connection:
            yield SqlSession(connection, self.database.compiler, self.country, self._known)

    def transact(self, job: Callable[[CrmSession], T], *, short: bool, writes: bool) -> T:
        if short:
            with suppress(Alone):
                return self.share(cast("Callable[[ShortSession], T]", job), writes=writes)
        with self.begin() as session:
            return job(session)

    def share(self, job: Callable[[ShortSession], T], *, writes: bool) -> T:
        lane = self.database.writes if writes else self.database.reads
        return lane.run(lambda driver: job(SqlShortSession(driver, self.country, self._known)))

    def spend(self, caller: str, purse: str, now: float, limit: int) -> bool:
        return self.database.writes.run(lambda driver: spend(driver, caller, purse, now, limit))

    def forget_spent(self) -> None:
        with self.database.begin() as connection:
            connection.execute(delete(tables.spent))

    def close(self) -> None:
        self.database.close()


class SqlSession(SqlShortSession, CrmSession):
    """On a database. No name with a NUL is kept, and PostgreSQL cannot even be asked."""

    def __init__(self, connection: Connection, compiler: Compiler, country: str, known: Known) -> None:
        super().__init__(Driver(raw_of(connection.connection, compiler.name), compiler), country, known)
        self._db = connection

    def save_grant(self, grant: Grant) -> None:
        scopes: list[Json] = list(grant.scopes)
        sites: list[Json] | None = None if grant.sites is None else list(grant.sites)
        self._driver.upsert(tables.grants, {"key": grant.key, "scopes": scopes, "sites": sites}, "key")
        self._change_directory()

    def save_setting(self, name: str, content: Json) -> None:
        self._driver.upsert(tables.settings, {"name": name, "content": content}, "name")
        self._change_directory()

    def registered(self) -> list[Module]:
        return registered(self._driver)

    def save_module(self, module: Module) -> None:
        self._driver.upsert(tables.modules, {"code": module.code, "document": module.document}, "code")
        self._change_directory()

    def delete_module(self, code: str) -> None:
        self._db.execute(delete(tables.modules).where(tables.modules.c.code == code))
        self._change_directory()

    def save_user(self, user: User) -> None:
        self._driver.upsert(tables.users, asdict(user) | {"groups": list(user.groups)}, "id")
        self._change_directory()

    def save_group(self, group: Group) -> None:
        self._driver.upsert(tables.groups, asdict(group), "id")
        self._change_directory()

    def save_site(self, site: Site) -> None:
        self._driver.upsert(tables.sites, asdict(site), "code")
        self._change_directory()

    def add_customer(self, customer: Customer) -> Customer:
        values = asdict(customer) | {"phones": list(customer.phones)}
        if not customer.id:
            del values["id"]
        stored = replace(customer, id=self._driver.add(tables.customers, values))
        if customer.id:
            skip_id(self._db, tables.customers)
        self._save_phones(stored)
        return stored

    def add_customers(self, customers: Sequence[Customer]) -> None:
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
            rows = [dict(zip(_PHONE, row, strict=True)) for row in phones]
            self._db.execute(insert(tables.customer_phones), rows)

    def save_customer(self, customer: Customer) -> None:
        values = asdict(customer) | {"phones": list(customer.phones)}
        self._db.execute(
            update(tables.customers).where(tables.customers.c.id == customer.id).values(values)
        )
        table = tables.customer_phones
        self._db.execute(delete(table).where(table.c.customer_id == customer.id))
        self._save_phones(customer)

    def cards(self) -> list[Card]:
        return [Card(**row) for row in self._all(select(tables.cards).order_by(tables.cards.c.id))]

    def calls(self) -> list[HistoryCall]:
        return [_history_call(row) for row in self._all(select(tables.calls).order_by(tables.calls.c.id))]

    def show_customer(self, card_ids: Sequence[int], customer_id: int) -> None:
        shown = update(tables.cards).where(tables.cards.c.id.in_(card_ids)).values(customer_id=customer_id)
        self._db.execute(shown)

    def history(self, query: HistoryQuery, limit: int, offset: int = 0) -> list[HistoryCall]:
        found = history(query, self.country).limit(limit).offset(offset)
        return [_history_call(row) for row in self._all(found)]

    def calls_after(self, position: int, limit: int) -> list[tuple[int, HistoryCall]]:
        table = tables.calls
        rows = self._all(select(table).where(table.c.id > position).order_by(table.c.id).limit(limit))
        return [(row["id"], _history_call(row)) for row in rows]

    def newest_calls(
        self, limit: int, before: int | None = None, sites: Sequence[str] | None = None
    ) -> list[tuple[int, HistoryCall]]:
        table = tables.calls
        began, shop = table.c.document["date"].as_string(), table.c.document["site"].as_string()
        found = select(table).order_by(began.desc(), table.c.id.desc()).limit(limit)
        if before is not None:
            last = select(began).where(table.c.id == before).scalar_subquery()
            found = found.where(or_(began < last, and_(began == last, table.c.id < before)))
        if sites is not None:
            found = found.where(or_(shop.is_(None), shop.in_(sites)))
        return [(row["id"], _history_call(row)) for row in self._all(found)]

    def add_initiation(self, initiation: Initiation) -> Initiation:
        values = asdict(initiation)
        del values["id"]
        return replace(initiation, id=self._driver.add(tables.initiations, values))

    def initiations(self) -> list[Initiation]:
        table = tables.initiations
        return [Initiation(**row) for row in self._all(select(table).order_by(table.c.id))]

    def initiations_of(self, user_id: int, limit: int) -> list[Initiation]:
        table = tables.initiations
        mine = select(table).where(table.c.user_id == user_id).order_by(table.c.id.desc()).limit(limit)
        return [Initiation(**row) for row in self._all(mine)]

    def newest_call_signs(self, user_id: int) -> tuple[int, int]:
        card, click = (
            self._db.execute(select(func.max(table.c.id)).where(table.c.user_id == user_id)).scalar()
            for table in (tables.cards, tables.initiations)
        )
        return card or 0, click or 0

    def add_document(self, document: StoredDocument) -> StoredDocument:
        values = asdict(document)
        del values["id"]
        return replace(document, id=self._driver.add(tables.documents, values))

    def save_document(self, document: StoredDocument) -> None:
        table = tables.documents
        self._db.execute(update(table).where(table.c.id == document.id).values(asdict(document)))

    def document(
        self, kind: str, *, number: int | None = None, external_id: str | None = None
    ) -> StoredDocument | None:
        table = tables.documents
        if external_id is not None and "\0" in external_id:
            return None
        named = table.c.id == number if number is not None else table.c.external_id == external_id
        row = self._one(select(table).where(table.c.kind == kind, named))
        return StoredDocument(**row) if row else None

    def documents(self, kind: str) -> list[StoredDocument]:
        table = tables.documents
        rows = self._all(select(table).where(table.c.kind == kind).order_by(table.c.id))
        return [StoredDocument(**row) for row in rows]

    def newest_documents(
        self, kind: str, limit: int, offset: int = 0, *, customer_id: int | None = None
    ) -> list[StoredDocument]:
        table = tables.documents
        found = select(table).where(table.c.kind == kind).order_by(table.c.id.desc())
        if customer_id is not None:
            found = found.where(table.c.customer_id == customer_id)
        return [StoredDocument(**row) for row in self._all(found.limit(limit).offset(offset))]

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
        clear(self._db, _STATE)
        self._change_directory()

    def snapshot(self) -> Rows:
        return taken(self._db, _STATE)

    def restore(self, rows: Rows) -> None:
        put_back(self._db, _STATE, rows)
        self._change_directory()

    def _change_directory(self) -> None:
        self._driver.upsert(tables.marks, {"id": 1, "mark": uuid.uuid4().hex}, "id")
        self._known.forget()
        self._directory, self._changed = None, True

    def _save_phones(self, customer: Customer) -> None:
        self._driver.insert(tables.customer_phones, _PHONE, self._phone_rows(customer))

    def _phone_rows(self, customer: Customer) -> list[tuple[int, str]]:
        keys = sorted({key for phone in customer.phones if (key := phone_key(phone, self.country))})
        return [(customer.id, key) for key in keys]

    def _count(self, statement: Select[Any]) -> int:
        return self._db.execute(select(func.count()).select_from(statement.subquery())).scalar_one()

    def _one(self, statement: Select[Any]) -> RowMapping | None:
        return self._db.execute(statement).mappings().first()

    def _all(self, statement: Select[Any]) -> Sequence[RowMapping]:
        return self._db.execute(statement).mappings().all()


def _history_call(row: RowMapping) -> HistoryCall:
    return HistoryCall(**{name: value for name, value in row.items() if name != "id"})
