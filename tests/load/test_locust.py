"""Locust itself, alone and with a master and workers, against ends that run by themselves."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import orjson
import pytest
import requests
from junitparser import JUnitXml

from callproof.contract import schemas
from callproof.contract.jsontypes import JsonObject
from callproof.control.client import End
from callproof.load.job import CRM, PBX_FLEET
from callproof.load.loadfile import load_file
from callproof.load.schedule import Schedule
from callproof.load.thresholds import TIMED
from callproof.running.threads import Address
from callproof.traffic import records
from callproof.traffic.records import CrmCall
from tests.load.ends import KEY, LOCUST, ROOT, Server, crm_with_managers

HEADLESS = ["--headless", "--only-summary"]
LOAD = """\
model: pbx-fleet
target: {{url: [{urls}]}}
rate: {rate}
duration: {seconds}s
speed: 200
samples: {{conformance: 1, card: 0.2, play: 0.2}}
thresholds:
{thresholds}
"""


@pytest.fixture(scope="module")
def crm() -> Iterator[End]:
    yield from crm_with_managers()


@pytest.fixture
def doors(postgres_url: str) -> Iterator[tuple[End, End]]:
    """Two CRM servers of one account, as on two machines."""
    with ExitStack() as stack:
        options = ("--only", "crm", "--crm-port", "0", "--managers", "50", "--db", postgres_url)
        first, second = (Server(*options, stack=stack).end(stack) for _ in range(2))
        yield first, second


class Run:
    """The files of one run, and what they say when it is over."""

    def __init__(
        self, folder: Path, urls: Sequence[str], *thresholds: str, rate: int = 15, seconds: int = 3
    ) -> None:
        self.file = folder / "load.yaml"
        listed = "\n".join(f"  - {threshold}" for threshold in thresholds)
        text = LOAD.format(urls=", ".join(urls), rate=rate, seconds=seconds, thresholds=listed)
        self.file.write_text(text, "utf-8")
        self.json, self.junit, self.html = (folder / f"load.{kind}" for kind in ("json", "xml", "html"))
        self.environment = {
            **os.environ,
            "CALLPROOF_LOAD": str(self.file),
            "CALLPROOF_LOAD_JSON": str(self.json),
            "CALLPROOF_LOAD_JUNIT": str(self.junit),
            "CALLPROOF_LOAD_HTML": str(self.html),
            "CALLPROOF_API_KEY": KEY,
        }

    def begin(self, *options: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*LOCUST, *(options if "--worker" in options else (*HEADLESS, *options))],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def planned(self) -> int:
        job = load_file(str(self.file)).job
        return sum(1 for _ in Schedule(job.curve, job.seed).begins(0, job.curve.duration))

    def report(self) -> JsonObject:
        found = cast(JsonObject, orjson.loads(self.json.read_bytes()))
        assert schemas.validate("load-report", found) == []
        return found


def made(run: Run, *options: str) -> tuple[int, str]:
    process = run.begin(*options)
    output = process.communicate(timeout=60)[0]
    return process.returncode, output


def kept(report: JsonObject) -> Mapping[str, bool]:
    judged = cast(list[JsonObject], report["thresholds"])
    return {str(one["threshold"]): bool(one["kept"]) for one in judged}


def counts(report: JsonObject) -> Mapping[str, int]:
    return cast("Mapping[str, int]", report["counts"])


def until(crm: End, happened: Callable[[], bool]) -> None:
    """Look again whenever the CRM has heard something."""
    while not happened():
        last = cast(float, crm.get("/journal", limit=0)["lastId"])
        crm.get("/journal", since=last, wait=1, limit=1)


def telephonies(crm: End) -> list[JsonObject]:
    """Those that are active."""
    return cast(list[JsonObject], crm.get("/state")["modules"])


def forget_faults(crm: End) -> None:
    requests.delete(f"{crm.url}/_bench/faults", timeout=10).raise_for_status()


def test_a_run_that_keeps_its_thresholds_exits_with_0(crm: End, tmp_path: Path) -> None:
    wanted = ("p99 < 20 s", "failed == 0", "violations == 0", "lost == 0", "doubled == 0")
    run = Run(tmp_path, (crm.url,), *wanted, "arrival rate within 0 %")
    before = records.last_position(crm)
    code, output = made(run)
    assert code == 0, output
    report = run.report()
    assert counts(report)["attempted"] == run.planned()
    stored = Counter(row.external_id for row in records.calls(crm, before, CrmCall))
    assert len(stored) == stored.total() == run.planned()
    times = cast("Mapping[str, JsonObject]", report["times"])
    assert {"manager-lookup", "call-event", "calls-upload", "card", "play"} <= times.keys()
    assert times.keys() <= set(TIMED[PBX_FLEET])
    assert cast(JsonObject, report["conformance"])["judged"] == counts(report)["requests"]
    (suite,) = JUnitXml.fromfile(str(run.junit))
    assert (suite.tests, suite.failures) == (len(wanted) + 2, 0)
    assert run.html.read_text("utf-8").startswith("<!doctype html>")
    # Nobody answers at its address any more, so nobody's clicks may go there.
    assert "callproof-load" not in {module["code"] for module in telephonies(crm)}


def test_uploads_are_tried_again_and_a_broken_threshold_exits_with_1(crm: End, tmp_path: Path) -> None:
    for fault in ("crm-overloaded", "crm-answer-lost"):
        crm.post("/faults", {"fault": fault, "on": ["calls-upload"], "share": 0.2})
    run = Run(tmp_path, (crm.url,), "failed requests == 0", "failed == 0", "lost == 0", "doubled == 0")
    try:
        code, output = made(run)
    finally:
        forget_faults(crm)
    assert code == 1, output
    report = run.report()
    broken = {threshold for threshold, holds in kept(report).items() if not holds}
    assert broken == {"failed requests == 0"}
    assert counts(report)["attempted"] == run.planned()
    assert "calls-upload: 503" in cast(JsonObject, report["errors"])


def test_calls_that_a_crm_forgets_are_lost(crm: End, tmp_path: Path) -> None:
    run = Run(tmp_path, (crm.url,), "lost == 0")
    before = records.last_position(crm)
    process = run.begin()
    until(crm, lambda: records.last_position(crm) >= before + 5)
    crm.post("/reset")
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 1, output
    report = run.report()
    books = cast(JsonObject, report["reconciliation"])
    assert len(cast(list[str], books["lost"])) >= 5
    assert any("Telephony" in reason or "400" in reason for reason in cast(JsonObject, report["reasons"]))


def test_a_run_that_is_stopped_is_judged_and_invalid(crm: End, tmp_path: Path) -> None:
    run = Run(tmp_path, (crm.url,), "lost == 0", seconds=60)
    before = records.last_position(crm)
    process = run.begin()
    until(crm, lambda: records.last_position(crm) >= before + 5)
    process.terminate()
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 1, output
    report = run.report()
    (why,) = cast(list[str], report["invalid"])
    assert why.startswith("The run was stopped after ")
    assert kept(report) == {"lost == 0": True}


def test_workers_come_and_go_and_no_acknowledged_call_and_no_arrival_is_lost(
    doors: tuple[End, End], tmp_path: Path
) -> None:
    crm, other = doors
    # A call that is taken over may wait for its card longer than it has patience, which is a failed call.
    wanted = ("lost == 0", "doubled == 0", "arrival rate within 0 %", "lost workers == 1")
    run = Run(tmp_path, (crm.url, other.url), *wanted, rate=12, seconds=8)
    before = records.last_position(crm)
    address = Address()
    port = str(address.port)
    address.close()
    master = ["--master", "--expect-workers", "2", "--master-bind-host", "127.0.0.1"]
    worker = ["--worker", "--master-host", "127.0.0.1", "--master-port", port]
    lead = run.begin(*master, "--master-bind-port", port)
    workers = [run.begin(*worker) for _ in range(2)]
    until(crm, lambda: records.last_position(crm) >= before + 15)
    workers[0].kill()
    # It is missed only seconds later; unless the machine is very busy this one comes before.
    workers.append(run.begin(*worker))
    output = lead.communicate(timeout=90)[0]
    codes = [hand.wait(30) for hand in workers]
    for hand in workers:
        assert hand.stdout is not None
        hand.stdout.close()
    assert lead.returncode == 0, output
    assert codes == [-9, 0, 0]
    report = run.report()
    assert all("card: not open within" in reason for reason in cast(JsonObject, report["reasons"]))
    assert counts(report)["attempted"] == run.planned()
    assert counts(report)["taken over"] > 0
    assert report["workers"] in (2, 3)
    stored = Counter(row.external_id for row in records.calls(crm, before, CrmCall))
    assert len(stored) == stored.total()
    asked = Counter(
        urlsplit(str(cast(JsonObject, entry["request"])["url"])).port or 0
        for entry in cast(list[JsonObject], other.get("/journal")["entries"])
        if entry["direction"] == "in"
    )
    assert sorted(asked) == sorted(urlsplit(door.url).port or 0 for door in doors)


# Locust tells the master of the worker long before the locustfile can listen.
SLOW_START = """\
import os

import gevent
from locust.runners import WorkerRunner

connect = WorkerRunner.connect_to_master


def connect_and_wait(runner):
    # Its imports are done by now, however long they took.
    while not os.path.exists({begun!r}):
        gevent.sleep(0.02)
    connect(runner)
    gevent.sleep(1.5)


WorkerRunner.connect_to_master = connect_and_wait
"""


def test_a_worker_that_is_slow_to_begin_gets_its_share(crm: End, tmp_path: Path) -> None:
    run = Run(tmp_path, (crm.url,), "lost workers == 0", "failed == 0", rate=12, seconds=6)
    slow, begun = tmp_path / "slow.py", tmp_path / "begun"
    slow.write_text(SLOW_START.format(begun=str(begun)), "utf-8")
    before = records.last_position(crm)
    address = Address()
    port = str(address.port)
    address.close()
    lead = run.begin("--master", "--expect-workers", "1", "--master-bind-port", port)
    worker = ["--worker", "--master-host", "127.0.0.1", "--master-port", port]
    workers = [run.begin(*worker), run.begin(*worker, "-f", f"{slow},{ROOT / 'locustfile.py'}")]
    until(crm, lambda: records.last_position(crm) > before)
    begun.touch()
    output = lead.communicate(timeout=60)[0]
    for hand in workers:
        hand.communicate(timeout=30)
    assert lead.returncode == 0, output
    assert run.report()["workers"] == 2
    assert counts(run.report())["attempted"] == run.planned()


def test_a_crm_clicks_at_a_pbx(tmp_path: Path) -> None:
    with ExitStack() as stack:
        options = ("--crm-port", "0", "--pbx-port", "0", "--managers", "50", "--register")
        server = Server(*options, stack=stack)
        run = Run(tmp_path, (server.urls["virtual"],), "failed == 0", "lost == 0", "doubled == 0", rate=8)
        text = run.file.read_text("utf-8").replace("pbx-fleet", "crm")
        run.file.write_text(text.replace("card: 0.2, play: 0.2", "status: 0.5, record: 1"), "utf-8")
        code, output = made(run)
    assert code == 0, output
    report = run.report()
    assert {"make-call", "status-notice"} <= cast(JsonObject, report["times"]).keys() <= set(TIMED[CRM])
    assert cast(int, cast(JsonObject, report["reconciliation"])["acknowledged"]) > 5


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (("rate: 15", "rate: many"), 2, "load.yaml:3: rate: "),
        (("rate: 15", "rate: 1"), 3, "Nothing answers at http://127.0.0.1:1 (ConnectionError)"),
    ],
)
def test_a_run_that_cannot_be_made_says_why(
    tmp_path: Path, change: tuple[str, str], code: int, words: str
) -> None:
    run = Run(tmp_path, ("http://127.0.0.1:1",), "lost == 0")
    run.file.write_text(run.file.read_text("utf-8").replace(*change), "utf-8")
    exited, output = made(run)
    assert exited == code
    last = next(line for line in reversed(output.splitlines()) if line.startswith("callproof: "))
    assert last.startswith((f"callproof: {tmp_path}", "callproof: Nothing answers"))
    assert words in last
    below = output.partition(last)[2]
    assert "requests" not in below.lower()  # as the tables of locust have it
    assert "Traceback" not in output


def test_a_master_whose_target_is_out_of_reach_ends_and_says_so(tmp_path: Path) -> None:
    run = Run(tmp_path, ("http://127.0.0.1:1",), "lost == 0")
    address = Address()
    address.close()
    port = str(address.port)
    lead = run.begin("--master", "--expect-workers", "1", "--master-bind-port", port)
    hand = run.begin("--worker", "--master-host", "127.0.0.1", "--master-port", port)
    output = lead.communicate(timeout=60)[0]
    hand.communicate(timeout=30)
    assert (lead.returncode, hand.returncode) == (3, 0), output
    assert "callproof: Nothing answers at http://127.0.0.1:1" in output


# As locust's own --otel listens.
LISTENER = """\
import json
import os
from locust import events


@events.request.add_listener
def heard(name, response_time, exception, **_):
    with open(os.environ["HEARD"], "a") as file:
        file.write(json.dumps([name, response_time, type(exception).__name__]) + "\\n")
"""


def test_whoever_listens_to_locust_hears_each_request_by_its_method_and_how_it_failed(
    crm: End, tmp_path: Path
) -> None:
    crm.post("/faults", {"fault": "crm-overloaded", "on": ["call-event"], "first": 1})
    run = Run(tmp_path, (crm.url,), "failed requests == 1", seconds=1)
    (listener := tmp_path / "listener.py").write_text(LISTENER, "utf-8")
    run.environment["HEARD"] = str(tmp_path / "heard")
    try:
        code, output = made(run, "-f", f"{listener},{ROOT / 'locustfile.py'}")
    finally:
        forget_faults(crm)
    assert code == 0, output
    heard = [orjson.loads(line) for line in (tmp_path / "heard").read_bytes().splitlines()]
    times = cast("Mapping[str, JsonObject]", run.report()["times"])
    counted = Counter(name for name, _, _ in heard)
    assert counted == {name: times[name]["count"] for name in counted}
    assert {"call-event", "calls-upload"} <= counted.keys()
    assert Counter(failed for _, _, failed in heard) == {
        "NoneType": len(heard) - 1,
        "CatchResponseError": 1,
    }
    longest = max(took for name, took, _ in heard if name == "call-event")
    assert longest == pytest.approx(cast(float, times["call-event"]["max"]), abs=0.001)


@pytest.mark.parametrize("place", ["LocustStage.read", "Conductor.watch", "Director.results"])
def test_a_failure_of_callproof_itself_ends_with_4_and_a_sentence(
    crm: End, tmp_path: Path, place: str
) -> None:
    run = Run(tmp_path, (crm.url,), "lost == 0")
    broken = tmp_path / "broken.py"
    owner, _, method = place.partition(".")
    # The locustfile as it is, one method of which stumbles.
    text = (ROOT / "locustfile.py").read_text("utf-8")
    text += "\n\nfrom callproof.load.conductor import Conductor\nfrom callproof.load.main import Director"
    text += "\n\ndef _stumble(*_: object) -> None:\n    raise ZeroDivisionError('of ours')\n"
    text += f"\n\nsetattr({owner}, {method!r}, _stumble)\n"
    broken.write_text(text, "utf-8")
    run.environment["TMPDIR"] = str(tmp_path)
    index = LOCUST.index("-f") + 1
    command = [*LOCUST[:index], str(broken), *LOCUST[index + 1 :], *HEADLESS]
    done = subprocess.run(command, env=run.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "callproof itself failed, which is no verdict on anybody: ZeroDivisionError" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert list(tmp_path.glob("callproof-failure-*.txt"))


BROWSING = """\
import os
from locust import FastHttpUser, constant, task


class Browsing(FastHttpUser):
    {}
    wait_time = constant(0.2)

    @task
    def look(self):
        self.client.get("/api/system-info", name="browsing")
        with open(os.environ["HEARD"], "a") as file:
            file.write("seen ")
"""
SHAPE = """\
from locust import LoadTestShape


class Steps(LoadTestShape):
    def tick(self):
        return None
"""


def beside(run: Run, text: str, *, imports: bool = False) -> tuple[int, str]:
    """What becomes of a run with another locustfile beside ours, or one that imports it."""
    other = run.file.parent / "mine.py"
    run.environment["HEARD"] = str(run.file.parent / "heard.txt")
    other.write_text(("from locustfile import *\n" if imports else "") + text, "utf-8")
    run.environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "callproof", "load", "-f", str(other), *HEADLESS]
    done = subprocess.run(command, env=run.environment, capture_output=True, text=True, timeout=90)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("imports", [False, True])
def test_other_users_are_played_beside_the_calls(crm: End, tmp_path: Path, imports: bool) -> None:
    run = Run(tmp_path, (crm.url,), "failed == 0", "lost == 0", seconds=1)
    code, output = beside(run, BROWSING.format("fixed_count = 2"), imports=imports)
    assert code == 0, output
    assert counts(run.report())["attempted"] == run.planned()
    assert Path(run.environment["HEARD"]).read_text("utf-8").startswith("seen ")
    assert "browsing" not in cast(JsonObject, run.report()["times"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BROWSING.format("weight = 3"), "How many users of Browsing there are to be"),
        (SHAPE, "The load shape Steps cannot be followed"),
    ],
)
@pytest.mark.parametrize("imports", [False, True])
def test_users_without_a_number_and_other_shapes_are_refused_with_a_sentence(
    tmp_path: Path, text: str, words: str, imports: bool
) -> None:
    code, output = beside(Run(tmp_path, ("http://127.0.0.1:1",), "lost == 0"), text, imports=imports)
    assert (code, f"callproof: {words}" in output, "Traceback" in output) == (2, True, False), output
