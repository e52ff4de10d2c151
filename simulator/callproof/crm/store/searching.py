"""The list of customers: one statement for each set of filters, compiled once."""

from functools import cache
from typing import NamedTuple

from sqlalchemy import JSON, ColumnElement, Text, bindparam, cast, func, or_, select

from callproof.contract.phones import phone_key
from callproof.crm.rules.model import CustomerQuery
from callproof.crm.store.tables import customer_phones, customers
from callproof.storage.driver import Statement, marks, names
from callproof.storage.rows import Value

CUSTOMER_COLUMNS = (
    *(customers.c[n] for n in ("id", "external_id", "site", "manager_id", "created_at", "updated_at")),
    cast(customers.c.phones, Text),
    cast(customers.c.details, Text),
)
_NAMES = ("firstName", "lastName", "patronymic")


class Search(NamedTuple):
    """A search; ``values`` fill the statements of its ``shape``."""

    shape: "Shape"
    values: tuple[Value, ...]


class Shape(NamedTuple):
    """How many values each filter has; 0 does not ask."""

    ids: int
    external_ids: int
    managers: int
    sites: int
    email: int
    name: int
    phone: int


def search(query: CustomerQuery, country: str) -> Search | None:
    """None for a text with a NUL, which no customer has and PostgreSQL cannot even be asked for."""
    texts = (*query.external_ids, *query.sites, query.email, query.name, query.phone)
    if any("\0" in text for text in texts):
        return None
    email = [query.email] if query.email else []
    # By custom a phone is looked for through filter[name] (evidence#customers-by-phone).
    name = [*[_escaped(query.name)] * len(_NAMES), phone_key(query.name, country)] if query.name else []
    phone = [phone_key(query.phone, country)] if query.phone else []
    parts = (query.ids, query.external_ids, query.managers, query.sites, email, name, phone)
    return Search(Shape(*map(len, parts)), tuple(value for part in parts for value in part))


@cache
def count_of(shape: Shape) -> Statement:
    """How many there are."""
    return Statement(select(func.count()).select_from(customers).where(*_conditions(shape)), *_order(shape))


@cache
def page_of(shape: Shape) -> Statement:
    """The rows of a page; its length and how many come before it are the last values."""
    found = select(*CUSTOMER_COLUMNS).where(*_conditions(shape)).order_by(customers.c.id)
    page = found.limit(bindparam("length")).offset(bindparam("before"))
    return Statement(page, *_order(shape), "length", "before")


def _order(shape: Shape) -> list[str]:
    return names(sum(shape))


def _conditions(shape: Shape) -> list[ColumnElement[bool]]:
    left = marks(sum(shape))
    taken = [[left.pop(0) for _ in range(count)] for count in shape]
    ids, external_ids, managers, sites, email, name, phone = taken
    columns = customers.c
    listed = (
        (columns.id, ids),
        (columns.external_id, external_ids),
        (columns.manager_id, managers),
        (columns.site, sites),
    )
    found: list[ColumnElement[bool]] = [column.in_(values) for column, values in listed if values]
    found += [_detail("email") == value for value in email]
    if name:
        named = (_detail(key).icontains(text, escape="/") for key, text in zip(_NAMES, name, strict=False))
        found.append(or_(*named, _phoned(name[-1])))
    found += [_phoned(key) for key in phone]
    return found


def _escaped(text: str) -> str:
    """Without what means anything to LIKE."""
    for sign in "/%_":
        text = text.replace(sign, f"/{sign}")
    return text


def _detail(name: str) -> ColumnElement[str]:
    # Its name is no value that is given to the statement.
    path = bindparam(None, name, type_=JSON.JSONStrIndexType(), literal_execute=True)
    found: ColumnElement[str] = customers.c.details[path].as_string()
    return found


def _phoned(key: ColumnElement[str]) -> ColumnElement[bool]:
    owners = select(customer_phones.c.customer_id).where(customer_phones.c.phone_key == key)
    return customers.c.id.in_(owners)
