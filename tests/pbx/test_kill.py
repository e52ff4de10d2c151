"""A PBX that is killed at any moment loses no call that it has acknowledged and reports none twice."""

import random
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import pytest

from callproof.clocks.real import RealClock
from callproof.contract.jsontypes import JsonObject
from callproof.control.client import ActionRefused, Ends, Unreachable
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings, Readings
from callproof.running.threads import Address, serving
from callproof.traffic.reconcile import reconcile
from callproof.traffic.run import Log, Traffic
from tests.forking import Forked
from tests.support import KEY

KILLS = 20
PLAN = """\
lines: [{phone: "+7-499-999-99-99", shop: shop1, group: all}]
groups: {all: {extensions: ["100", "200", "300", "400"], strategy: round-robin, queue-seconds: 5}}
extensions: {100: {user: 1}, 200: {user: 2}, 300: {user: 3}, 400: {user: 4}}
recordings: {ready-after: 0.5}
"""


class Killable:
    """A PBX in a process of its own, on one database, that comes back on the same port."""

    def __init__(self, folder: Path, crm_url: str) -> None:
        with_port = Address()
        self.url = with_port.url
        with_port.close()
        plan = folder / "plan.yaml"
        plan.write_text(PLAN, "utf-8")
        options = {
            "--only": "pbx",
            "--pbx-port": str(with_port.port),
            "--crm-url": crm_url,
            "--api-key": KEY,
            "--db": f"sqlite:///{folder / 'pbx.db'}",
            "--pbx-config": str(plan),
        }
        self._command = ["serve", "--register"]
        self._command += [word for option in options.items() for word in option]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = Forked(self._command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert any(line.startswith("Serving") for line in self._process.stdout)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


class Callers(Thread):
    """Customers and managers who call as long as the PBX is there, and try again when it is not."""

    def __init__(self, ends: Ends, log: Log) -> None:
        super().__init__()
        self._ends = ends
        self._log = log
        self._dice = random.Random(1)
        self._over = Event()

    def run(self) -> None:
        while not self._over.wait(0.05):
            self._log.attempted += 1
            try:
                call, script = self._one()
            except (Unreachable, ActionRefused) as error:
                self._log.not_started[type(error).__name__] += 1
            else:
                self._log.acknowledged[str(call["id"])] = script

    def _one(self) -> tuple[JsonObject, JsonObject]:
        dice = self._dice
        phone = f"+7 912 000-00-{dice.randrange(10, 99)}"
        outcome = dice.choice(("answered", "answered", "cancelled", "refused", "failed"))
        script: JsonObject = {"outcome": outcome, "after": round(dice.uniform(0, 0.3), 2), "talk": 1}
        if dice.random() < 0.7:
            asked: JsonObject = {"from": phone, "to": "+7-499-999-99-99", "script": script}
            return self._ends.pbx.post("/calls", asked), script
        asked = {"extension": dice.choice(("100", "200", "300", "400")), "to": phone, "script": script}
        return self._ends.pbx.post("/dial", asked), script

    def stop(self) -> None:
        self._over.set()
        self.join()


@pytest.fixture
def crm_url() -> Iterator[str]:
    """A CRM on a real clock."""
    with ExitStack() as stack:
        address, clock = Address(), RealClock()
        crm = Crm(CrmSettings(api_key=KEY, base_url=address.url, managers=4), clock)
        crm.set_readings(Readings(repeat="update-record-url"))
        stack.callback(crm.close)
        stack.callback(clock.close)
        stack.enter_context(serving(create_app(crm), address))
        yield address.url


def test_a_pbx_that_is_killed_at_random_moments_loses_and_doubles_no_call(
    tmp_path: Path, crm_url: str
) -> None:
    pbx, log, dice = Killable(tmp_path, crm_url), Log(), random.Random(1)
    ends = Ends.at(crm_url, pbx.url, KEY)
    callers = Callers(ends, log)
    try:
        pbx.start()
        callers.start()
        for _ in range(KILLS):
            Event().wait(dice.uniform(0.0, 0.8))
            pbx.kill()
            pbx.start()
        callers.stop()
        Traffic(ends, patience=20).run([])
        books = reconcile(ends, log)
    finally:
        callers.stop()
        pbx.kill()
        ends.close()
    # A call lasts as long as its PBX takes to come back, which is the machine's affair.
    assert [problem for problem in books.mismatches if " lasted " not in problem] == []
    assert log.not_started["Unreachable"] + log.not_started["NobodyThere"] > KILLS
    assert len(books.pbx) >= len(log.acknowledged) > KILLS
    assert books.recordings > KILLS
