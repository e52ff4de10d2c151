"""Looking for customers and calls among rows in memory, as ``searching`` and ``history`` do by SQL."""

from collections.abc import Callable

import msgspec
import orjson

from callproof import kinds
from callproof.contract.phones import phone_key
from callproof.crm.rules.model import CustomerQuery, HistoryQuery
from callproof.crm.rules.notation import BETWEEN, wanted
from callproof.storage.rows import Row

_NO_SIGNS = str.maketrans("", "", "".join(BETWEEN))
_NAMES = ("firstName", "lastName", "patronymic")


class Began(msgspec.Struct):
    """When a stored call began, and in which shop."""

    date: str | None = None
    site: str | None = None


class _Told(msgspec.Struct):
    date: object = None
    type: object = None
    result: object = None


_TOLD = kinds.decoder(_Told)


def is_asked_for(query: CustomerQuery, country: str) -> Callable[[Row], bool]:
    """Whether a row of customers, with the keys of its numbers behind it, is among those."""
    name = _lower(query.name)
    named, phoned = phone_key(query.name, country), phone_key(query.phone, country)
    listed = [
        (place, values)
        for place, values in enumerate((query.ids, query.external_ids, query.sites, query.managers))
        if values
    ]

    def asked_for(row: Row) -> bool:
        if any(row[place] not in values for place, values in listed):
            return False
        if query.phone and phoned not in row[8]:
            return False
        if not (query.email or query.name):
            return True
        details = orjson.loads(row[7])
        if query.email and details.get("email") != query.email:
            return False
        if not query.name or named in row[8]:
            return True
        return any(name in _lower(details[key]) for key in _NAMES if isinstance(details.get(key), str))

    return asked_for


def was_asked_for(query: HistoryQuery, country: str) -> Callable[[Row], bool]:
    """Whether a row of calls is among those."""
    phone = _lower(wanted(query.phone, country)) if query.phone else b""
    told = query.type or query.result or query.since or query.until

    def asked_for(row: Row) -> bool:
        _, _, number, user, customer, _, document = row
        if phone and phone not in _lower(number.translate(_NO_SIGNS)):
            return False
        if query.user_id is not None and user != query.user_id:
            return False
        if query.customer_id is not None and customer != query.customer_id:
            return False
        return not told or _is_told(query, _TOLD.decode(document))

    return asked_for


def _is_told(query: HistoryQuery, told: _Told) -> bool:
    if (query.type and told.type != query.type) or (query.result and told.result != query.result):
        return False
    if not (query.since or query.until):
        return True
    if not isinstance(told.date, str):
        return False
    day = told.date[:10]
    return query.since <= day and (not query.until or day <= query.until)


def _lower(text: str) -> bytes:
    """As LIKE of SQLite compares: only letters of ASCII have two cases."""
    return text.encode().lower()
