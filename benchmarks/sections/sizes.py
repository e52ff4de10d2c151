"""What a request costs when many calls are stored, with ascending and with random external ids."""

import shutil
import sqlite3
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Found, Series
from benchmarks.filling import fill
from benchmarks.processes import NotStarted
from benchmarks.product import Crm, sqlite
from benchmarks.telephony import workloads
from benchmarks.workload import Ids
from benchmarks.wrk import BadRun, Figure

SMALL, LARGE = 10_000, 1_000_000
# So few, that the smallest database is still about as large at the end of a round.
REQUESTS = {"event": 1000, "lookup": 1000, "upload": 100}
_WARMING = {"event": 100, "lookup": 100, "upload": 10}


def subject(calls: int, ids: Ids) -> str:
    return f"{calls:,} {ids}".replace(",", " ")


def measure_sizes(bench: Bench) -> Found:
    """Each store is copied afresh for every round, so that rounds do not add up."""
    sizes, rounds = ((SMALL, 100_000), 1) if bench.quick else ((SMALL, 100_000, LARGE), 5)
    stores: dict[str, tuple[Path, Ids]] = {}
    missing: dict[str, str] = {}
    for calls in sizes:
        for ids in Ids:
            name = subject(calls, ids)
            bench.say(f"filling a database with {name} calls")
            file = bench.work / f"{name.replace(' ', '-')}.db"
            try:
                fill(bench, file, calls, ids)
                stores[name] = file, ids
            except (sqlite3.Error, NotStarted) as error:
                missing[name] = str(error)
    rows: dict[tuple[str, str], list[Figure]] = {(name, kind): [] for name in stores for kind in REQUESTS}
    for number in range(1, rounds + 1):
        bench.say(f"round {number} of {rounds}")
        for name, (file, ids) in stores.items():
            try:
                for kind, figure in _measure(bench, file, ids).items():
                    rows[name, kind].append(figure)
            except (BadRun, NotStarted) as reason:
                missing[name] = str(reason)
    series = {key: Series(tuple(figures)) for key, figures in rows.items() if key[0] not in missing}
    return Found(series, missing)


def _measure(bench: Bench, file: Path, ids: Ids) -> dict[str, Figure]:
    """All kinds of request, on a copy of the store. Raises BadRun or NotStarted."""
    copy = file.with_suffix(".copy.db")
    shutil.copyfile(file, copy)
    crm = Crm.start(bench, sqlite(copy))
    try:
        work = workloads(crm.phones())
        for kind, few in _WARMING.items():
            bench.measure(crm.server, crm.url, work[kind], ids=ids, limit=few)
        return {
            kind: bench.measure(
                crm.server, crm.url, work[kind], ids=ids, limit=limit // 4 if bench.quick else limit
            )
            for kind, limit in REQUESTS.items()
        }
    finally:
        crm.stop()
        for left in file.parent.glob(f"{copy.name}*"):
            left.unlink()
