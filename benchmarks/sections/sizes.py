"""What a request costs when many calls are stored, with ascending and with random external ids."""

import shutil
import sqlite3
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Found, interleaved
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
    found = _measure(bench, stores, rounds)
    found.missing |= missing
    return found


def _measure(bench: Bench, stores: dict[str, tuple[Path, Ids]], rounds: int) -> Found:
    """A server is up for one store at a time, and answers all its kinds of request."""
    running: dict[str, Crm] = {}

    def measured(name: str, kind: str) -> Figure:
        file, ids = stores[name]
        if kind == "event":
            running[name] = _open(bench, file, ids)
        crm = running[name]
        work = workloads(crm.phones())[kind]
        try:
            return bench.measure(crm.server, crm.url, work, ids=ids, limit=REQUESTS[kind])
        finally:
            if kind == "upload":
                _close(running.pop(name), file)

    measures = {
        (name, kind): (lambda name=name, kind=kind: measured(name, kind))  # type: ignore[misc]
        for name in stores
        for kind in REQUESTS
    }
    try:
        return interleaved(measures, rounds, bench.say)
    finally:
        for crm in running.values():
            crm.stop()


def _open(bench: Bench, file: Path, ids: Ids) -> Crm:
    """A server on a copy of the store, warm."""
    copy = file.with_suffix(".copy.db")
    shutil.copyfile(file, copy)
    try:
        crm = Crm.start(bench, sqlite(copy))
    except NotStarted as reason:
        raise BadRun(str(reason)) from None
    for kind, work in workloads(crm.phones()).items():
        bench.measure(crm.server, crm.url, work, ids=ids, limit=_WARMING[kind])
    return crm


def _close(crm: Crm, file: Path) -> None:
    crm.stop()
    for left in file.parent.glob(f"{file.stem}.copy.db*"):
        left.unlink()
