"""What it costs to read numbers as the field writes them, against one notation alone."""

from functools import partial

from benchmarks.bench import Bench
from benchmarks.figures import Found, interleaved
from benchmarks.processes import NotStarted
from benchmarks.product import Crm
from benchmarks.telephony import workloads
from benchmarks.workload import Notation
from benchmarks.wrk import BadRun


def measure_notations(bench: Bench) -> Found:
    """One server in memory is asked in both ways in turn."""
    seconds, rounds = (1, 1) if bench.quick else (3, 5)
    try:
        crm = Crm.start(bench)
    except (BadRun, NotStarted) as reason:
        return Found(missing={"notations": str(reason)})
    try:
        work = workloads(crm.phones())
        for kind in work.values():
            bench.measure(crm.server, crm.url, kind, 1)
        measures = {
            (str(notation), kind): partial(
                bench.measure, crm.server, crm.url, work[kind], seconds, notation=notation
            )
            for kind in ("event", "upload")
            for notation in Notation
        }
        return interleaved(measures, rounds, bench.say)
    finally:
        crm.stop()
