"""What the journal adds to a request."""

from contextlib import ExitStack
from functools import partial

from benchmarks.bench import Bench
from benchmarks.figures import Found, interleaved
from benchmarks.processes import NotStarted
from benchmarks.product import Crm, lacks, sqlite
from benchmarks.telephony import workloads
from benchmarks.wrk import BadRun

ON, OFF = "journal on", "journal off"
_SERVERS: dict[str, tuple[str, ...]] = {ON: (), OFF: ("--journal", "off")}


def measure_journal(bench: Bench) -> Found:
    if reason := lacks("--journal"):
        return Found(missing={OFF: reason})
    seconds, rounds = (1, 1) if bench.quick else (3, 5)
    with ExitStack() as stack:
        try:
            running = {name: _warm(bench, name, options, stack) for name, options in _SERVERS.items()}
        except (BadRun, NotStarted) as reason:
            return Found(missing={"journal": str(reason)})
        work = workloads(running[ON].phones())
        measures = {
            (name, kind): partial(bench.measure, crm.server, crm.url, work[kind], seconds)
            for kind in work
            for name, crm in running.items()
        }
        return interleaved(measures, rounds, bench.say)


def _warm(bench: Bench, name: str, options: tuple[str, ...], stack: ExitStack) -> Crm:
    """A server that has answered for a while. Raises BadRun or NotStarted."""
    crm = Crm.start(bench, sqlite(bench.work / f"{name.replace(' ', '-')}.db"), *options)
    stack.callback(crm.stop)
    for work in workloads(crm.phones()).values():
        bench.measure(crm.server, crm.url, work, 1)
    return crm
