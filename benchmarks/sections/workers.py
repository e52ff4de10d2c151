"""Several workers, and several servers, on one database: is the count exact, and how fast is it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import requests

from benchmarks.bench import Bench
from benchmarks.figures import Found, Series
from benchmarks.ledger import Ledger, keep
from benchmarks.postgres import postgres
from benchmarks.processes import NotStarted, Server
from benchmarks.product import Crm, lacks, sqlite
from benchmarks.telephony import workloads
from benchmarks.wrk import BadRun

SQLITE, POSTGRES = "SQLite file", "PostgreSQL"


@dataclass(frozen=True)
class Setup:
    """``servers`` processes of callproof on one database, with so many workers each."""

    database: str
    workers: int
    servers: int = 1
    pinned: bool = False

    def __str__(self) -> str:
        pinned = ", pinned" if self.pinned else ""
        workers = f"{self.workers} worker{'s' if self.workers > 1 else ''}{pinned}"
        return f"{self.database}, {f'{self.servers} servers' if self.servers > 1 else workers}"


SETUPS = (
    Setup(SQLITE, 1),
    Setup(SQLITE, 1, pinned=True),
    Setup(SQLITE, 2),
    Setup(SQLITE, 2, pinned=True),
    Setup(SQLITE, 1, servers=2),
    Setup(POSTGRES, 1),
    Setup(POSTGRES, 2),
    Setup(POSTGRES, 1, servers=2),
)


@dataclass
class Workers:
    found: Found = field(default_factory=Found)
    ledgers: dict[str, Ledger] = field(default_factory=dict)


def measure_workers(bench: Bench) -> Workers:
    """Servers, database and load share all cores here, so these figures compare with one another only."""
    result = Workers()
    for setup in SETUPS:
        reason = lacks("--workers") if setup.workers > 1 else None
        if reason:
            result.found.missing[str(setup)] = reason
            continue
        bench.say(str(setup))
        try:
            with running(bench, setup, "workers") as (crms, database):
                urls = [crm.url for crm in crms]
                result.ledgers[str(setup)] = keep(urls, 10 if bench.quick else 250, "ledger")
                if setup.servers == 1:
                    _speed(bench, setup, crms[0], database, result.found)
        except (NotStarted, requests.RequestException) as error:
            result.found.missing[str(setup)] = str(error).strip().splitlines()[-1]
    return result


@contextmanager
def running(bench: Bench, setup: Setup, section: str) -> Iterator[tuple[list[Crm], Server | None]]:
    """The servers of a section, and the database's if it has one. Raises NotStarted."""
    everywhere = os.sched_getaffinity(0)
    with ExitStack() as stack:
        database = None
        file = f"{section}-{setup}.db".replace(", ", "-").replace(" ", "-")
        url = sqlite(bench.work / file) if setup.database == SQLITE else ""
        if setup.database == POSTGRES:
            own = stack.enter_context(postgres(everywhere))
            database, url = own.server, own.url
        options = ["--workers", str(setup.workers)] if setup.workers > 1 else []
        options += ["--pin"] if setup.pinned else []
        crms = []
        for _ in range(setup.servers):
            crms.append(Crm.start(bench, url, *options, cores=everywhere))
            stack.callback(crms[-1].stop)
        yield crms, database


def _speed(bench: Bench, setup: Setup, crm: Crm, database: Server | None, found: Found) -> None:
    seconds, rounds = (1, 1) if bench.quick else (3, 3)
    beside = [database] if database else []
    for kind, work in workloads(crm.phones()).items():
        try:
            figures = [
                bench.measure(crm.server, crm.url, work, seconds, beside=beside, spread=True)
                for _ in range(rounds)
            ]
            found.series[str(setup), kind] = Series(tuple(figures))
        except BadRun as bad:
            found.missing[f"{setup} {kind}"] = str(bad)
