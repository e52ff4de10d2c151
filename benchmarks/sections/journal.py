"""What the journal adds to a request."""

from contextlib import ExitStack

from benchmarks.bench import Bench
from benchmarks.figures import Found, interleaved
from benchmarks.product import Crm, lacks, sqlite
from benchmarks.telephony import workloads

ON, OFF = "journal on", "journal off"


def measure_journal(bench: Bench) -> Found:
    """Raises NotStarted."""
    if reason := lacks("--journal"):
        return Found(missing={OFF: reason})
    seconds, rounds = (1, 1) if bench.quick else (3, 5)
    with ExitStack() as stack:
        running: dict[str, Crm] = {}
        for name, options in ((ON, ()), (OFF, ("--journal", "off"))):
            file = bench.work / f"{name.replace(' ', '-')}.db"
            running[name] = Crm.start(bench, sqlite(file), *options)
            stack.callback(running[name].stop)
        work = workloads(running[ON].phones())
        for crm in running.values():
            for kind in work:
                bench.measure(crm.server, crm.url, work[kind], 1)
        measures = {
            (name, kind): lambda crm=crm, kind=kind: bench.measure(crm.server, crm.url, work[kind], seconds)
            for kind in work
            for name, crm in running.items()
        }
        return interleaved(measures, rounds, bench.say)
