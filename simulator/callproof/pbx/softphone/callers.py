"""Whom a tester may be: customers that the CRM has, and callers whom no CRM knows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock

from callproof.contract.jsontypes import Json
from callproof.pbx.pbx import Pbx

# How many are asked for (a number that the CRM's lists take), how long in seconds, and how soon again.
MOST = 20
PATIENCE = 1.0
AGAIN = 10.0


@dataclass(frozen=True)
class Caller:
    phone: str
    name: str


class Callers:
    """Asks the CRM for customers when a page is opened, once for each CRM; the journals mark that request
    as the bench's own."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self._lock = Lock()
        self._asked: tuple[str, str] | None = None
        self._again = 0.0
        self._found: tuple[Caller, ...] = ()

    def found(self) -> tuple[Caller, ...]:
        """Those that were found last."""
        return self._found

    def ask(self) -> None:
        """Find customers, unless they are known or the CRM has just been asked in vain."""
        settings, now = self._pbx.settings, self._pbx.clock.now()
        crm = (settings.crm_url, settings.api_key)
        with self._lock:
            if not settings.crm_url or (crm == self._asked and (self._found or now < self._again)):
                return
            if crm != self._asked:
                self._found = ()
            self._asked, self._again = crm, now + AGAIN
        told = self._pbx.crm.send_any(
            "GET", "/api/v5/customers", {"limit": str(MOST)}, {}, None, timeout=PATIENCE
        )
        self._found = tuple(_callers(told.body.get("customers")))


def _callers(customers: Json) -> Iterator[Caller]:
    """Of each customer the first number; what is no customer is passed over."""
    for customer in _objects(customers):
        names = (customer.get("firstName"), customer.get("lastName"))
        name = " ".join(str(part) for part in names if part)
        for phone in _objects(customer.get("phones")):
            if number := str(phone.get("number") or ""):
                yield Caller(number, name)
                break


def _objects(found: Json) -> Iterable[Mapping[str, Json]]:
    return (item for item in found if isinstance(item, Mapping)) if isinstance(found, list) else ()
