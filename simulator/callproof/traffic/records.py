"""What both ends have kept of the traffic, read page by page."""

from collections.abc import Iterator, Mapping
from math import inf
from typing import cast

from callproof.contract.jsontypes import JsonObject, inner
from callproof.control.client import Ends, Unreachable
from callproof.control.driven import Controlled

PAGE = 1000
CUSTOMERS_PER_PAGE = 100


def calls(end: Controlled, after: int = 0) -> Iterator[JsonObject]:
    """The calls of an end from a position on, in their order."""
    while True:
        answer = end.get("/calls", after=after, limit=PAGE)
        found = cast(list[JsonObject], answer["calls"])
        yield from found
        if len(found) < PAGE:
            return
        after = cast(int, answer["last"])


def last_position(end: Controlled) -> int:
    """Where the calls of an end will go on."""
    after = 0
    while True:
        answer = end.get("/calls", after=after, limit=PAGE)
        after = cast(int, answer["last"])
        if len(cast(list[JsonObject], answer["calls"])) < PAGE:
            return after


def phones(crm: Controlled, api_key: str, most: float = inf) -> list[str]:
    """The numbers of the CRM's customers, by its own API; pages are read until there are ``most``."""
    found: list[str] = []
    page, pages = 1, 1
    while page <= pages and len(found) < most:
        path = f"/api/v5/customers?limit={CUSTOMERS_PER_PAGE}&page={page}"
        answer = crm.api("GET", path, api_key, {})
        if answer.status_code != 200:
            raise Unreachable(
                f"The CRM does not list its customers: {answer.status_code} {answer.text[:200]}"
            )
        body = answer.json()
        pages = body["pagination"]["totalPageCount"]
        found += [phone["number"] for customer in body["customers"] for phone in customer["phones"][:1]]
        page += 1
    return found


def lines(ends: Ends) -> list[str]:
    """The external numbers that the CRM knows of the PBX."""
    found = [inner(module, "lines") for module in ends.crm.state()["modules"]]
    return [phone for lines in found if isinstance(lines, Mapping) for phone in lines]
