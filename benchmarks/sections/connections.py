"""What it costs that many ask at once: each connection is answered by a thread of its own."""

from functools import partial

from benchmarks.bench import Bench
from benchmarks.figures import Found, interleaved
from benchmarks.processes import NotStarted
from benchmarks.sections.workers import POSTGRES, SQLITE, Setup, running
from benchmarks.telephony import workloads
from benchmarks.wrk import BadRun

MEMORY = "memory"
CONNECTIONS = (1, 16, 64)
SETUPS = (Setup(MEMORY, 1), Setup(SQLITE, 1), Setup(SQLITE, 2), Setup(POSTGRES, 1), Setup(POSTGRES, 2))


def kind(connections: int) -> str:
    """What the figures of so many are called."""
    return f"event, {connections} connection{'s' if connections > 1 else ''}"


def measure_connections(bench: Bench) -> Found:
    """Of each set-up in turn; within one the counts of connections take turns."""
    found = Found()
    for setup in SETUPS:
        bench.say(f"{setup}, from few and from many connections")
        try:
            found = _with(found, _measure(bench, setup))
        except (BadRun, NotStarted) as reason:
            found.missing[str(setup)] = str(reason).strip().splitlines()[-1]
    return found


def _measure(bench: Bench, setup: Setup) -> Found:
    seconds, rounds = (1, 1) if bench.quick else (3, 5)
    with running(bench, setup, "connections") as (crms, database):
        crm, beside = crms[0], [database] if database else []
        event = workloads(crm.phones())["event"]
        measure = partial(bench.measure, crm.server, crm.url, event, beside=beside, spread=True)
        measure(1)
        measures = {
            (str(setup), kind(count)): partial(measure, seconds, connections=count) for count in CONNECTIONS
        }
        return interleaved(measures, rounds, bench.say)


def _with(found: Found, more: Found) -> Found:
    return Found(found.series | more.series, found.missing | more.missing)
