"""A CRM whose search learns of a customer a little after its answer gets the time for it."""

from collections.abc import Mapping, Sequence
from time import sleep
from urllib.parse import urlencode

import orjson

from callproof.clocks.crowd import crowd
from callproof.clocks.machine import monotonic
from callproof.contract.jsontypes import Json, reached
from callproof.contract.operations import BY_NAME
from callproof.control.driven import Controlled

LOOK = 0.1


def numbers_of(customer: Json) -> list[str]:
    """Of the entity of a customer."""
    phones = reached(customer, "phones")
    found = [reached(phone, "number") for phone in phones] if isinstance(phones, list) else []
    return [number for number in found if isinstance(number, str) and number]


def wait_until_found(crm: Controlled, key: str, numbers: Sequence[str], seconds: float) -> None:
    """Until a lookup of each number finds somebody, at most so many real seconds for all, of which a busy
    machine gives less; whoever refuses lookups, or is never to find anybody, is judged by what scenarios
    ask."""
    left = seconds
    lookup = BY_NAME["manager-lookup"]
    for number in numbers:
        query = urlencode({"phone": number, "details": "1", "ignoreStatus": "1"})
        while left > 0:
            looked = monotonic()
            answer = crm.api(lookup.method, f"{lookup.path}?{query}", key, {})
            if not answer.ok or _names_somebody(answer.content):
                break
            sleep(min(LOOK, left))
            left -= (monotonic() - looked) / crowd()


def _names_somebody(body: bytes) -> bool:
    """Also where the answer is no JSON, for which nobody waits."""
    try:
        answer: Json = orjson.loads(body)
    except orjson.JSONDecodeError:
        return True
    return not isinstance(answer, Mapping) or bool(answer.get("customer") or answer.get("manager"))
