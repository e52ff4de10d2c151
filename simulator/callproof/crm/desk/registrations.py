"""The last registration of each telephony, as the journal has it."""

from threading import Lock
from urllib.parse import urlsplit

from callproof.contract.findings import Finding
from callproof.contract.routes import OF_CRM
from callproof.contract.values import immutable
from callproof.exchange.exchange import Exchange
from callproof.exchange.journal import Journal

_REGISTERS = ("module-edit", "setting-edit-v4", "setting-edit-v3", "settings-edit-v3")
_MOST = 1000


@immutable(frozen=True, slots=True)
class Registration:
    """``at`` in seconds since 1970, what was answered and what was found."""

    at: float
    status: int
    findings: tuple[Finding, ...]


class Registrations:
    """Each exchange of the journal is looked at once, when somebody asks; safe for threads."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = Lock()
        self._seen = 0
        self._newest: dict[str, Registration] = {}

    def newest(self, code: str) -> Registration | None:
        """None when the journal no longer reaches back to it."""
        with self._lock:
            while found := self._journal.since(self._seen):
                for exchange in found:
                    self._look(exchange)
                self._seen = found[-1].id
            return self._newest.get(code)

    def _look(self, exchange: Exchange) -> None:
        if exchange.direction != "in" or exchange.answer is None:
            return
        request = exchange.request
        found = OF_CRM.match(request.method, urlsplit(request.url).path)
        if found is None or found[0].name not in _REGISTERS:
            return
        code = found[1]["code"]
        self._newest.pop(code, None)
        self._newest[code] = Registration(exchange.at, exchange.answer.status, exchange.findings)
        if len(self._newest) > _MOST:
            del self._newest[next(iter(self._newest))]
