"""Served CRMs as processes, and a PBX engineer's hands on them."""

import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import orjson
import pytest
import requests

from callproof.clocks.manual import ManualClock
from callproof.contract.jsontypes import JsonObject
from callproof.control.wire import TOKEN_HEADER
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.limits import Bounds
from callproof.running.processes import Made, Workers, answering
from callproof.running.threads import Address, PortTaken
from tests.forking import Forked
from tests.support import KEY, call_item

MODULE: JsonObject = {
    "clientId": "c",
    "active": True,
    "integrations": {"telephony": {"additionalCodes": [{"userId": "1", "code": "100"}]}},
}
RINGING: JsonObject = {"type": "in", "phone": "+7-555-555-55-55", "codes": ["100"], "callExternalId": "r-1"}


@contextmanager
def worker(bounds: Bounds) -> Iterator[Address]:
    """A CRM in a process of its own, with these limits."""

    def make() -> Made:
        crm = Crm(CrmSettings(api_key=KEY, base_url="http://crm", bounds=bounds), ManualClock())
        return Made(create_app(crm).wsgi_app, crm.journal.interrupt, crm.close)

    address = Address()
    with closing(address.hold()), answering(Workers("CRM", address, 1, make, bounds=bounds)):
        yield address


@dataclass
class Served:
    """A CRM in a process of its own, and a PBX engineer's hands on it; ``said`` is its banner."""

    url: str
    process: subprocess.Popen[str]
    said: str = ""

    def post(self, path: str, name: str, value: JsonObject | Sequence[JsonObject]) -> Any:
        """The answer to a form with one member, which is JSON text."""
        answer = requests.post(
            f"{self.url}/api/v5/{path}",
            data={name: orjson.dumps(value).decode()},
            headers={"X-API-KEY": KEY},
            timeout=30,
        )
        return orjson.loads(answer.content)

    def register(self) -> None:
        assert self.post("integration-modules/m/edit", "integrationModule", MODULE)["success"]

    def event(self, event: JsonObject) -> Any:
        return self.post("telephony/call/event", "event", event)

    def upload(self, ids: Sequence[str]) -> Any:
        return self.post("telephony/calls/upload", "calls", [call_item(name) for name in ids])

    def bench(self, path: str, body: JsonObject) -> requests.Response:
        """A request to the control API."""
        return requests.post(f"{self.url}/_bench/{path}", json=body, timeout=30)

    def journal(self, since: int = 0, wait: float = 0) -> list[Any]:
        """The entries with a higher number."""
        query = {"since": since, "wait": wait}
        return list(requests.get(f"{self.url}/_bench/journal", params=query, timeout=60).json()["entries"])

    def state(self) -> Any:
        return requests.get(f"{self.url}/_bench/state", timeout=30).json()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)


@contextmanager
def served(folder: Path, *databases: str, options: Sequence[str] = ()) -> Iterator[list[Served]]:
    """A CRM on each, all started at once; their logs go into the folder."""
    with ExitStack() as stack:
        starting = []
        for number, database in enumerate(databases):
            log = stack.enter_context((folder / f"{number}.log").open("w+"))
            command = ["serve", "--only", "crm", "--crm-port", "0", "--api-key", KEY, "--db", database]
            process = Forked([*command, *options], stdout=subprocess.PIPE, stderr=log)
            stack.callback(process.communicate)
            stack.callback(process.kill)
            starting.append((process, log))
        yield [ready(process, log) for process, log in starting]


def ready(process: subprocess.Popen[str], log: TextIO) -> Served:
    """Waits for the line that says it is serving; fails with what it said instead."""
    assert process.stdout is not None
    url = said = ""
    for line in process.stdout:
        said += line
        if line.startswith("CRM "):
            url = line.split()[1]
        if line.startswith("Serving"):
            return Served(url, process, said)
    log.seek(0)
    raise AssertionError(log.read())


@dataclass(frozen=True)
class Ready:
    """Ends in one process of ``callproof serve``: what it wrote into its ready file, and its banner."""

    told: dict[str, Any]
    said: str
    file: Path
    process: subprocess.Popen[str]
    token: str = ""

    @property
    def crm(self) -> str:
        return str(self.told["crmUrl"])

    @property
    def pbx(self) -> str:
        return str(self.told["pbxUrl"])

    def http(self) -> requests.Session:
        """A client that believes the CA of the ends, and has the key."""
        session = requests.Session()
        session.trust_env = False
        session.verify = self.told.get("ca", True)
        session.headers["X-API-KEY"] = self.told["apiKey"]
        if self.token:
            session.headers[TOKEN_HEADER] = self.token
        return session

    def bench(self, side: str, path: str, body: JsonObject | None = None) -> Any:
        """The control API of an end: POST with a body, GET without."""
        url = f"{self.told[f'{side}Url']}/_bench/{path}"
        method = "GET" if body is None else "POST"
        with self.http() as session:
            return session.request(method, url, json=body, timeout=30).json()

    def module(self) -> Any:
        """The one that is registered."""
        [found] = self.bench("crm", "state")["modules"]
        return found

    def click(self) -> Any:
        """What came of a user's click on a number."""
        return self.bench("crm", "click-to-call", {"userId": 1, "phone": "+79120000001"})

    def call_in(self) -> Any:
        """The call of the CRM's history after a customer has called, an event and an upload."""
        script: JsonObject = {"after": 0, "talk": 1}
        self.bench("pbx", "calls", {"from": "+79120000001", "to": "+7-499-999-99-99", "script": script})
        if self.bench("pbx", "clock")["kind"] == "manual":
            self.bench("pbx", "clock", {"advance": 60})
        since = 0
        while not (calls := self.bench("crm", "state")["calls"]):
            since = self.bench("crm", f"journal?since={since}&wait=20")["lastId"]
        return calls[0]

    def played(self, call: Any) -> Any:
        return self.bench("crm", "play", {"externalId": call["externalId"]})["outcome"]

    def asked(self) -> list[str]:
        """The addresses at which the CRM was asked."""
        return [entry["request"]["url"] for entry in self.bench("crm", "journal")["entries"]]


@contextmanager
def serving_ends(folder: Path, *options: str, new_group: bool = False) -> Iterator[Ready]:
    """``callproof serve`` with these options, on free ports unless they say otherwise."""
    file, log = folder / "ready.json", folder / "serve.log"
    command = ["serve", "--ready-file", str(file), "--crm-port", "0", "--pbx-port", "0", *options]
    with log.open("w+") as errors:
        process = Forked(command, stdout=subprocess.PIPE, stderr=errors, start_new_session=new_group)
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if line.startswith("Serving"):
                    yield Ready(orjson.loads(file.read_bytes()), said, file, process)
                    return
            raise AssertionError(f"{said}{log.read_text()}")
        finally:
            process.terminate()
            process.communicate(timeout=30)


def own_name() -> str:
    """This machine's, where it leads here; for callproof it is as foreign as that of another container."""
    name = socket.gethostname()
    try:
        Address(name).close()
    except PortTaken:
        pytest.skip(f"{name} does not lead to this machine")
    return name


def free_ports() -> tuple[int, int]:
    first, second = Address(), Address()
    first.close()
    second.close()
    return first.port, second.port
