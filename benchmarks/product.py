"""callproof itself, by its command line and over HTTP, as its users drive it."""

import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import requests

from benchmarks.bench import Bench
from benchmarks.processes import NotStarted, Server, free_port
from benchmarks.telephony import API_KEY, KEY_HEADER

COMMAND = [sys.executable, "-m", "callproof"]
CUSTOMERS = 1000
_PAGES = 2
_MODULE = (
    '{"code":"bench","active":true,"name":"Bench","clientId":"bench","baseUrl":"http://127.0.0.1:9",'
    '"integrations":{"telephony":{"makeCallUrl":"http://127.0.0.1:9/call","inputEventSupported":true,'
    '"additionalCodes":[{"userId":"1","code":"100"},{"userId":"2","code":"200"}],'
    '"externalPhones":[{"siteCode":"shop1","externalPhone":"+7-499-999-99-99"}]}}}'
)


@cache
def options() -> str:
    """The help of ``callproof serve``, which says what options there are."""
    return subprocess.run([*COMMAND, "serve", "--help"], capture_output=True, text=True, check=True).stdout


def lacks(option: str) -> str | None:
    """Why something cannot be measured: callproof serve has no such option yet."""
    return None if option in options() else f"callproof serve has no {option}"


def command(port: int, db: str = "", *more: str) -> list[str]:
    """``callproof serve`` for a CRM; without ``db`` it keeps its state in memory."""
    where = ["--db", db] if db else []
    size = ["--customers", str(CUSTOMERS), "--api-key", API_KEY]
    return [*COMMAND, "serve", "--only", "crm", "--crm-port", str(port), *size, *where, *more]


@dataclass
class Crm:
    """A running CRM with a telephony registered."""

    server: Server
    url: str
    _session: requests.Session = field(default_factory=requests.Session)

    @classmethod
    def start(cls, bench: Bench, db: str = "", *more: str, cores: set[int] | None = None) -> "Crm":
        """Raises NotStarted."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        server = bench.start("callproof", command(port, db, *more), lambda: answers(url), cores=cores)
        crm = cls(server, url)
        try:
            crm.register()
        except requests.RequestException as error:
            crm.stop()
            raise NotStarted(f"it takes no telephony: {error}") from None
        return crm

    def register(self) -> None:
        where = f"{self.url}/api/v5/integration-modules/bench/edit"
        form = {"integrationModule": _MODULE}
        self._session.post(where, data=form, headers=KEY_HEADER, timeout=20).raise_for_status()

    def phones(self) -> list[str]:
        """Of some customers, whose managers are looked up."""
        found: list[str] = []
        for number in range(1, _PAGES + 1):
            query = {"page": number, "limit": 100}
            page = self._session.get(
                f"{self.url}/api/v5/customers", params=query, headers=KEY_HEADER, timeout=20
            )
            page.raise_for_status()
            found += [phone["number"] for one in page.json()["customers"] for phone in one["phones"]]
        return found

    def counts(self) -> dict[str, int]:
        """How many calls, events and so on are kept."""
        found: dict[str, int] = self._session.get(f"{self.url}/_bench/counts", timeout=60).json()
        return found

    def stop(self) -> None:
        self._session.close()
        self.server.stop()


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/api/system-info", timeout=20).ok
    except requests.RequestException:
        return False


def sqlite(file: Path) -> str:
    """The address of a SQLite file for ``--db``."""
    return f"sqlite:///{file}"
