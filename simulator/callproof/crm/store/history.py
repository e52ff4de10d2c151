"""The history as people look through it."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from callproof.crm.rules.model import HistoryQuery
from callproof.crm.rules.notation import BETWEEN, wanted
from callproof.crm.store.tables import calls


def history(query: HistoryQuery, country: str) -> Select[Any]:
    """The calls that are asked for, the newest uploads first."""
    found = select(calls).order_by(calls.c.id.desc())
    if query.phone:
        found = found.where(_plain().contains(wanted(query.phone, country), autoescape=True))
    for name, value in (("type", query.type), ("result", query.result)):
        if value:
            found = found.where(_member(name) == value)
    if query.user_id is not None:
        found = found.where(calls.c.user_id == query.user_id)
    if query.customer_id is not None:
        found = found.where(calls.c.customer_id == query.customer_id)
    # Whole days: what stands behind one is compared otherwise by each collation.
    day = func.substr(_member("date"), 1, 10)
    if query.since:
        found = found.where(day >= query.since)
    if query.until:
        found = found.where(day <= query.until)
    return found


def _member(name: str) -> ColumnElement[str]:
    found: ColumnElement[str] = calls.c.document[name].as_string()
    return found


def _plain() -> ColumnElement[str]:
    plain: ColumnElement[str] = calls.c.phone
    for sign in BETWEEN:
        plain = func.replace(plain, sign, "")
    return plain
