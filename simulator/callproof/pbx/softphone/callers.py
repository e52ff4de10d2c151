"""Whom a tester may be: customers that the CRM has, and callers whom no CRM knows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock

from callproof.clocks.machine import monotonic
from callproof.contract.jsontypes import Json
from callproof.pbx.pbx import Pbx

# How many are asked for (a number that the CRM's lists take), how long in seconds, and how soon again: one
# that has none to give, or one that was not there.
MOST = 20
PATIENCE = 1.0
AGAIN = 10.0
SOON = 1.5


@dataclass(frozen=True)
class Caller:
    phone: str
    name: str


class Callers:
    """Asks the CRM for customers when a page is opened, once for each CRM, and again for open pages until
    it has answered; the journals mark that request as the bench's own. ``answers`` says whether somebody
    is at an address."""

    def __init__(self, pbx: Pbx, answers: Callable[[str], bool]) -> None:
        self._pbx = pbx
        self._answers = answers
        self._lock = Lock()
        self._asked: tuple[str, str] | None = None
        self._again = 0.0
        self._found: tuple[Caller, ...] = ()
        self._answered = False

    @property
    def answered(self) -> bool:
        """Whether there is nobody, or nothing more, to ask."""
        return self._answered or not self._pbx.settings.crm_url

    def found(self) -> tuple[Caller, ...]:
        """Those that were found last."""
        return self._found

    def ask(self, *, opened: bool) -> None:
        """Find customers, unless they are known or the CRM has just been asked in vain; ``opened`` says
        that a page is, and is not only renewed."""
        settings, now = self._pbx.settings, monotonic()
        crm = (settings.crm_url, settings.api_key)
        with self._lock:
            anew = crm != self._asked
            if not settings.crm_url or (
                not anew and (self._found or now < self._again or (self._answered and not opened))
            ):
                return
            if anew:
                self._found, self._answered = (), False
            again = not anew and not self._answered
            self._asked, self._again = crm, now + (AGAIN if self._answered else SOON)
        # What is known to fail is not written into the journal again and again.
        if again and not self._answers(settings.crm_url):
            return
        told = self._pbx.crm.send_any(
            "GET", "/api/v5/customers", {"limit": str(MOST)}, {}, None, timeout=PATIENCE
        )
        with self._lock:
            self._answered = told.status is not None
            self._again = monotonic() + (AGAIN if self._answered else SOON)
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
