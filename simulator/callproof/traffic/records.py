"""What both ends have kept of the traffic, read page by page."""

from collections.abc import Iterator, Mapping
from math import inf
from typing import TypeVar

import msgspec
import requests

from callproof import kinds
from callproof.contract.operations import BY_NAME
from callproof.control.client import Ends, Unreachable
from callproof.control.driven import Controlled

PAGE = 1000
CUSTOMERS_PER_PAGE = 100

T = TypeVar("T")


class Kept(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that an end tells: members are camelCase there; those without a name here are left."""


class PbxCall(Kept, frozen=True, kw_only=True):
    """A call as the PBX had it: moments are seconds since 1970, times whole seconds."""

    id: str
    direction: str
    phone: str
    line: str
    started_at: float
    ended_at: float | None = None
    extensions: tuple[str, ...] = ()
    answered_by: str | None = None
    cause: str | None = None
    reason: str | None = None
    told: tuple[str, ...] = ()
    holds: int = 0
    transfers: int = 0
    duration: int = 0
    duration_waiting: int = 0
    recorded: int = 0


class CrmCall(Kept, frozen=True, kw_only=True):
    """A row of the CRM's history as it was uploaded, and when that was."""

    external_id: str
    uploaded_at: float
    type: str | None = None
    phone: str | None = None
    external_phone: str | None = None
    result: str | None = None
    duration: int | float | None = None
    duration_waiting: int | float | None = None
    code: str | None = None
    record_url: str | None = None


class ExtensionInUse(Kept, frozen=True, kw_only=True):
    extension: str
    user: int


class _Page(Kept, frozen=True, kw_only=True):
    calls: list[object]
    last: int


class _Extensions(Kept, frozen=True, kw_only=True):
    extensions: list[ExtensionInUse]


class _Module(Kept, frozen=True, kw_only=True):
    lines: Mapping[str, object]


class _State(Kept, frozen=True, kw_only=True):
    modules: list[_Module]


class _Phone(Kept, frozen=True, kw_only=True):
    number: str


class _Customer(Kept, frozen=True, kw_only=True):
    phones: list[_Phone] = []


class _Pagination(Kept, frozen=True, kw_only=True):
    total_page_count: int


class _Customers(Kept, frozen=True, kw_only=True):
    customers: list[_Customer]
    pagination: _Pagination


def told(end: Controlled, answer: object, kind: type[T]) -> T:
    """What an end answers, as a type. Raises Unreachable when it is something else."""
    try:
        return kinds.convert(answer, kind)
    except msgspec.ValidationError as error:
        raise Unreachable(f"The {end.side.upper()} at {end.url} answers something else: {error}") from None


def calls(end: Controlled, after: int, kind: type[T]) -> Iterator[T]:
    """The calls of an end from a position on, in their order, as what is wanted of them."""
    while True:
        page = _page(end, after)
        for call in page.calls:
            yield told(end, call, kind)
        if len(page.calls) < PAGE:
            return
        after = page.last


def last_position(end: Controlled) -> int:
    """Where the calls of an end will go on."""
    after = 0
    while True:
        page = _page(end, after)
        after = page.last
        if len(page.calls) < PAGE:
            return after


def extensions(pbx: Controlled) -> list[ExtensionInUse]:
    """The extensions of the PBX."""
    return told(pbx, pbx.get("/extensions"), _Extensions).extensions


def free_extension(pbx: Controlled, at: float) -> ExtensionInUse | None:
    """One of those that are not on the telephone, if there is any: ``at`` is between 0 and 1."""
    found = told(pbx, pbx.get("/extensions", free=1, at=at), _Extensions).extensions
    return found[0] if found else None


def phones(crm: Controlled, api_key: str, most: float = inf) -> tuple[str, ...]:
    """The numbers of the CRM's customers, by its own API; pages are read until there are ``most``."""
    found: list[str] = []
    page, pages = 1, 1
    while page <= pages and len(found) < most:
        path = f"{BY_NAME['customers'].path}?limit={CUSTOMERS_PER_PAGE}&page={page}"
        answer = crm.api("GET", path, api_key, {})
        if answer.status_code != 200:
            raise Unreachable(
                f"The CRM does not list its customers: {answer.status_code} {answer.text[:200]}"
            )
        try:
            listed: object = answer.json()
        except requests.JSONDecodeError:
            raise Unreachable(f"The CRM at {crm.url} lists its customers with no JSON") from None
        body = told(crm, listed, _Customers)
        pages = body.pagination.total_page_count
        found += [phone.number for customer in body.customers for phone in customer.phones[:1]]
        page += 1
    return tuple(found)


def lines(ends: Ends) -> tuple[str, ...]:
    """The external numbers that the CRM knows of the PBX."""
    state = told(ends.crm, ends.crm.get("/state"), _State)
    return tuple(phone for module in state.modules for phone in module.lines)


def _page(end: Controlled, after: int) -> _Page:
    return told(end, end.get("/calls", after=after, limit=PAGE), _Page)
