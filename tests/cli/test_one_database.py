"""Served CRMs on one PostgreSQL: one after another, and two at once, are one account."""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import orjson
import requests

from simulator.bench.clocks import SteppedClock
from simulator.contract.jsontypes import JsonObject
from simulator.crm.crm import Crm
from simulator.crm.settings import CrmSettings
from tests.support import KEY, call_item

MODULE: JsonObject = {
    "clientId": "c",
    "active": True,
    "integrations": {"telephony": {"additionalCodes": [{"userId": "1", "code": "100"}]}},
}
RINGING: JsonObject = {"type": "in", "phone": "+7-555-555-55-55", "codes": ["100"], "callExternalId": "r-1"}


@dataclass
class Served:
    """A CRM in a process of its own, and a PBX engineer's hands on it."""

    url: str
    process: subprocess.Popen[str]

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

    def state(self) -> Any:
        return requests.get(f"{self.url}/_bench/state", timeout=30).json()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)


@contextmanager
def served(folder: Path, *databases: str) -> Iterator[list[Served]]:
    """A CRM on each, all started at once; their logs go into the folder."""
    with ExitStack() as stack:
        starting = []
        for number, database in enumerate(databases):
            log = stack.enter_context((folder / f"{number}.log").open("w+"))
            command = [sys.executable, "-m", "simulator", "serve", "--only", "crm", "--crm-port", "0"]
            command += ["--api-key", KEY, "--db", database]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
            stack.callback(process.communicate)
            stack.callback(process.kill)
            starting.append((process, log))
        yield [ready(process, log) for process, log in starting]


def ready(process: subprocess.Popen[str], log: TextIO) -> Served:
    """Waits for the line that says it is serving; fails with what it said instead."""
    assert process.stdout is not None
    url = ""
    for line in process.stdout:
        if line.startswith("CRM "):
            url = line.split()[1]
        if line.startswith("Serving"):
            return Served(url, process)
    log.seek(0)
    raise AssertionError(log.read())


def filled(database: str) -> None:
    """Whom the account holds from the beginning is there before anybody is started."""
    Crm(CrmSettings(api_key=KEY, base_url="http://crm.example", database=database), SteppedClock()).close()


def test_everything_is_there_after_a_restart_and_goes_on(postgres_url: str, tmp_path: Path) -> None:
    with served(tmp_path, postgres_url) as (crm,):
        crm.register()
        assert crm.event(RINGING) == {"success": True}
        assert crm.upload(["c-1", "c-2"]) == {"success": True, "processedCallsCount": 2}
        before = crm.state()
        crm.stop()
        assert crm.process.returncode == 0
    assert before["counts"] == {"calls": 2, "events": 1, "customers": 20, "modules": 1}
    with served(tmp_path, postgres_url) as (crm,):
        assert crm.state() == before
        assert crm.upload(["c-2", "c-3"]) == {
            "success": True,
            "processedCallsCount": 1,
            "duplicateCalls": ["c-2"],
        }
        crm.event({**RINGING, "type": "hangup", "hangupStatus": "answered"})
        assert [card["open"] for card in crm.state()["cards"]] == [False]


def test_two_that_are_uploaded_the_same_calls_at_once_store_each_once(
    postgres_url: str, tmp_path: Path
) -> None:
    names = [f"c-{number}" for number in range(300)]
    dice = random.Random(1)
    batches = [dice.sample(names, 50) for _ in range(32)]
    filled(postgres_url)
    with served(tmp_path, postgres_url, postgres_url) as crms:
        crms[0].register()
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda n: crms[n % 2].upload(batches[n]), range(len(batches))))
        stored = [call["externalId"] for call in crms[0].state()["calls"]]
    assert [answer for answer in answers if not answer["success"]] == []
    assert sorted(stored) == sorted({name for batch in batches for name in batch})
    assert sum(answer["processedCallsCount"] for answer in answers) == len(stored)
    for batch, answer in zip(batches, answers, strict=True):
        duplicates = answer.get("duplicateCalls", [])
        assert len(duplicates) + answer["processedCallsCount"] == len(batch)
        assert set(duplicates) <= set(batch)


def test_a_call_that_both_are_told_of_at_once_is_shown_once(postgres_url: str, tmp_path: Path) -> None:
    rings = [{**RINGING, "callExternalId": f"r-{number // 8}"} for number in range(320)]
    filled(postgres_url)
    with served(tmp_path, postgres_url, postgres_url) as crms:
        crms[0].register()
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda n: crms[n % 2].event(rings[n]), range(len(rings))))
        shown = [card["callExternalId"] for card in crms[1].state()["cards"]]
    assert [answer for answer in answers if not answer["success"]] == []
    assert sorted(shown) == sorted({str(ring["callExternalId"]) for ring in rings})


def test_several_may_be_started_at_once_on_an_empty_database(postgres_url: str, tmp_path: Path) -> None:
    with served(tmp_path, *[postgres_url] * 4) as crms:
        states = [crm.state() for crm in crms]
    assert states == [states[0]] * 4
    assert states[0]["counts"] == {"calls": 0, "events": 0, "customers": 20, "modules": 0}
