"""What callproof takes besides requests: memory, time to start, time to import, a check, some traffic."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

from benchmarks.bench import Bench
from benchmarks.figures import Spread
from benchmarks.processes import NotStarted
from benchmarks.product import COMMAND, Crm, lacks
from benchmarks.telephony import UPLOADED, workloads
from benchmarks.wrk import BadRun

_IMPORT = (
    "import time; begin = time.perf_counter(); import {}; print(repr(1000 * (time.perf_counter() - begin)))"
)
MEGABYTE = 1_000_000
NOTHING, FLASK, PACKAGE, HELP = (
    "python -c pass",
    "python -c 'import flask'",
    "python -c 'import callproof'",
    "callproof --help",
)
# Both ends in one process, in virtual time.
CALLS = 5000
CHECK, TRAFFIC = "callproof check, all scenarios", f"callproof traffic --calls {CALLS}, virtual time"
_PROGRAMS = {
    NOTHING: [sys.executable, "-c", "pass"],
    FLASK: [sys.executable, "-c", "import flask"],
    PACKAGE: [sys.executable, "-c", "import callproof"],
    HELP: [*COMMAND, "--help"],
}
_FAILURES = (BadRun, NotStarted, subprocess.CalledProcessError)


@dataclass
class Footprint:
    """Spreads by what was measured, each with its unit, and what could not be measured with its reason."""

    values: dict[str, tuple[Spread, str]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def measure_footprint(bench: Bench) -> Footprint:
    result = Footprint()
    few, many = (1, 3) if bench.quick else (3, 7)

    def take(what: str, unit: str, rounds: int, measure: Callable[[], float]) -> None:
        bench.say(what)
        try:
            result.values[what] = Spread.of([measure() for _ in range(rounds)]), unit
        except _FAILURES as error:
            result.missing[what] = str(error)

    take("start of callproof serve, to the first answer", "ms", many, lambda: _start(bench))
    bench.say("CPU time of short programs")
    for what, times in _cpu_times(3 if bench.quick else 15).items():
        result.values[what] = Spread.of(times), "ms of CPU"
    for module in ("callproof", "callproof.cli", "callproof.plugin.hooks"):
        take(f"import {module}", "ms", many, partial(_import, module))
    take(CHECK, "s", few, _check)
    calls = 100 if bench.quick else CALLS
    take(TRAFFIC, "calls/s", few, lambda: _traffic(bench, calls))
    stored = 10_000 if bench.quick else 100_000
    for name, options in (("journal on", ()), ("journal off", ("--journal", "off"))):
        if options and (reason := lacks("--journal")):
            result.missing[f"memory, {name}"] = reason
            continue
        bench.say(f"memory, {name}")
        try:
            sizes = _memory(bench, stored, options)
        except _FAILURES as error:
            result.missing[f"memory, {name}"] = str(error)
            continue
        for nth, size in zip(("first", "second"), sizes, strict=True):
            what = f"memory per 100 000 calls, {name}, {nth} {stored // 1000} 000"
            result.values[what] = Spread.of([size]), "MB"
    return result


def _start(bench: Bench) -> float:
    crm = Crm.start(bench)
    crm.stop()
    return crm.server.took * 1000


def _import(module: str) -> float:
    command = [sys.executable, "-c", _IMPORT.format(module)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _cpu_times(rounds: int) -> dict[str, list[float]]:
    """User and system time of each program in ms, run in turns so that all see the same machine."""
    found: dict[str, list[float]] = {what: [] for what in _PROGRAMS}
    for _ in range(rounds):
        for what, command in _PROGRAMS.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, capture_output=True, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            found[what].append(1000 * spent)
    return found


def _check() -> float:
    begun = time.monotonic()
    subprocess.run([*COMMAND, "check"], capture_output=True, check=True)
    return time.monotonic() - begun


def _traffic(bench: Bench, calls: int) -> float:
    """Calls a second of the machine's time."""
    file = bench.work / "traffic.json"
    command = [*COMMAND, "traffic", "--calls", str(calls), "--json", str(file)]
    subprocess.run(command, capture_output=True, check=True)
    return float(json.loads(file.read_text("utf-8"))["callsPerSecond"])


def _memory(bench: Bench, calls: int, options: tuple[str, ...]) -> tuple[float, float]:
    """Megabytes per 100 000 calls, of the first so many in memory and of as many more. Raises BadRun."""
    crm = Crm.start(bench, "", *options)
    try:
        work = workloads(crm.phones())["upload"]
        bench.measure(crm.server, crm.url, work, limit=20)
        sizes = [crm.server.memory()]
        for _ in range(2):
            bench.measure(crm.server, crm.url, work, 600, limit=calls // UPLOADED)
            sizes.append(crm.server.memory())
    finally:
        crm.stop()
    first, second = ((after - before) / calls * 100_000 / MEGABYTE for before, after in pairwise(sizes))
    return first, second
