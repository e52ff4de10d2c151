"""The load generator: wrk with a generated script, on a core of its own."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from benchmarks.processes import Server, pinned

CONNECTIONS = 16
HINT = "wrk is missing; on Debian and Ubuntu: apt-get install wrk"


class BadRun(Exception):
    """A run that is no figure, since not every answer was a success; the text says what came."""


@dataclass(frozen=True)
class Load:
    """``seconds`` of load; latencies in milliseconds. ``sent`` includes what was under way at the end."""

    answered: int
    sent: int
    seconds: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        return self.answered / self.seconds


@dataclass(frozen=True)
class Figure:
    """One round: requests a second, CPU microseconds a request, latencies in milliseconds."""

    rate: float
    cpu: float
    p50: float
    p99: float


def find() -> str | None:
    return shutil.which("wrk")


def parse(output: str) -> Load:
    """The last line that the script printed. Raises BadRun when there is none or an answer was bad."""
    line = next((line for line in reversed(output.splitlines()) if line.startswith('{"answered"')), "")
    if not line:
        raise BadRun(f"wrk printed no result: {output.strip()[-300:]}")
    found: dict[str, int] = orjson.loads(line)
    if bad := {name: found[name] for name in ("refused", "broken", "late") if found[name]}:
        raise BadRun(f"of {found['answered']} answers not all were good: {bad}")
    if not found["answered"]:
        raise BadRun("no answer came")
    return Load(
        answered=found["answered"],
        sent=found["sent"],
        seconds=found["microseconds"] / 1e6,
        p50=found["p50"] / 1e3,
        p99=found["p99"] / 1e3,
    )


def run(url: str, script: Path, seconds: int, cores: set[int], connections: int = CONNECTIONS) -> Load:
    """Raises BadRun when the run is no figure."""
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--timeout",
        "20s",
        "-s",
        str(script),
        url,
    ]
    with pinned(cores):
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    return parse(done.stdout + done.stderr)


def measure(
    servers: Sequence[Server],
    url: str,
    script: Path,
    seconds: int,
    cores: set[int],
    connections: int = CONNECTIONS,
) -> Figure:
    """A run with the CPU time that the servers took for it. Raises BadRun."""
    before = sum(server.cpu() for server in servers)
    load = run(url, script, seconds, cores, connections)
    taken = sum(server.cpu() for server in servers) - before
    return Figure(load.rate, taken / load.sent * 1e6, load.p50, load.p99)
