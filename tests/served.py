"""Served CRMs as processes, and a PBX engineer's hands on them."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import orjson
import requests

from callproof.contract.jsontypes import JsonObject
from tests.support import KEY, call_item

MODULE: JsonObject = {
    "clientId": "c",
    "active": True,
    "integrations": {"telephony": {"additionalCodes": [{"userId": "1", "code": "100"}]}},
}
RINGING: JsonObject = {"type": "in", "phone": "+7-555-555-55-55", "codes": ["100"], "callExternalId": "r-1"}


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
            command = [sys.executable, "-m", "callproof", "serve", "--only", "crm", "--crm-port", "0"]
            command += ["--api-key", KEY, "--db", database, *options]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
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
