"""Both ends are killed again and again while they are written to: what was acknowledged is there once."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.postgres import postgres
from callproof.control.client import Ends
from callproof.traffic.reconcile import reconcile
from callproof.traffic.run import Log, Traffic
from tests.pbx.test_kill import PLAN, Callers
from tools.torture.clients import Client, kept_calls, kept_cards, register
from tools.torture.ends import KEY, Served, serving
from tools.torture.figures import Figure, Say, at_least, none_of

CLIENTS = 4
CORES = {0, 1}


@dataclass
class Counts:
    """Of writes; ``kills`` are by SIGKILL, ``stops`` by SIGTERM. ``odd`` says what else does not fit."""

    kills: int = 0
    stops: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    odd: list[str] = field(default_factory=list)

    def compare(self, acknowledged: list[str], kept: Counter[str]) -> None:
        self.acknowledged += len(acknowledged)
        self.lost += sum(kept[one] == 0 for one in acknowledged)
        self.doubled += sum(number > 1 for number in kept.values())

    def add(self, other: "Counts") -> None:
        self.kills += other.kills
        self.stops += other.stops
        self.acknowledged += other.acknowledged
        self.lost += other.lost
        self.doubled += other.doubled
        self.odd += other.odd


def run(folder: Path, kills: int, dice: random.Random, say: Say) -> list[Figure]:
    """``kills`` in all: CRMs with one and two workers and PBXs, on SQLite and PostgreSQL."""
    total = Counts()
    each = -(-kills // 6)
    for kind in ("SQLite", "PostgreSQL"):
        for name, workers in (("CRM", 1), ("CRM", 2), ("PBX", 1)):
            place = folder / f"{kind}-{name}-{workers}"
            place.mkdir()
            with database(kind, place) as url:
                began = time.monotonic()
                if name == "CRM":
                    found = crm(place, url, workers, each, dice)
                else:
                    found = pbx(place, url, each, dice)
            say(f"{name} on {kind}, {workers} at work: {found} in {time.monotonic() - began:.0f} s")
            total.add(found)
    return [
        at_least("Kills", total.kills, kills),
        Figure("Stops by SIGTERM among them", f"{total.stops}"),
        at_least("Acknowledged writes", total.acknowledged, kills),
        none_of("Lost", total.lost),
        none_of("Doubled", total.doubled),
        none_of("Differences between CRM and PBX afterwards", len(total.odd), total.odd),
    ]


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """An empty one; PostgreSQL is a server of our own with its usual settings."""
    if kind == "SQLite":
        yield f"sqlite:///{folder / 'state.db'}"
        return
    with postgres(CORES) as server:
        yield server.url


def crm(folder: Path, url: str, workers: int, kills: int, dice: random.Random) -> Counts:
    """Clients upload and report; every sixth end is by SIGTERM."""
    found = Counts()
    with serving(folder, "--only=crm", f"--db={url}", f"--workers={workers}") as served:
        register(served.told.crm_url)
        clients = [Client(f"c{n}", served.told.crm_url) for n in range(CLIENTS)]
        for one in clients:
            one.start()
        try:
            end_often(served, kills, dice, found)
        finally:
            for one in clients:
                one.stop()
        found.compare([name for one in clients for name in one.calls], kept_calls(served.told.crm_url))
        found.compare([name for one in clients for name in one.cards], kept_cards(served.told.crm_url))
        found.odd += [refused for one in clients for refused in one.refused]
    return found


def end_often(served: Served, kills: int, dice: random.Random, found: Counts) -> None:
    while found.kills < kills:
        time.sleep(dice.uniform(0.05, 0.9))
        if dice.random() < 1 / 6:
            served.stop()
            found.stops += 1
        else:
            served.kill()
            found.kills += 1
        served.start()
    time.sleep(0.5)


def pbx(folder: Path, url: str, kills: int, dice: random.Random) -> Counts:
    """Customers call and managers dial; every call is reported to a CRM that lives on."""
    found, log = Counts(), Log()
    plan = folder / "plan.yaml"
    plan.write_text(PLAN, "utf-8")
    options = ["--only=pbx", "--register", f"--db={url}", f"--pbx-config={plan}"]
    with serving(folder / "crm", "--only=crm", "--managers=4") as opposite:
        crm_url = opposite.told.crm_url
        with serving(folder, *options, f"--crm-url={crm_url}") as served:
            ends = Ends.at(crm_url, served.told.pbx_url, KEY)
            ends.crm.post("/readings", {"repeat": "update-record-url"})
            callers = Callers(ends, log)
            callers.start()
            try:
                end_often(served, kills, dice, found)
            finally:
                callers.stop()
            Traffic(ends, patience=20).run([])
            books = reconcile(ends, log)
            ends.close()
    kept = Counter(str(one.id) for one in books.pbx)
    found.compare([str(one) for one in log.acknowledged], kept)
    # How long a call lasted is the machine's affair: it goes on when its PBX is back.
    found.odd += [one for one in books.mismatches if " lasted " not in one]
    return found
