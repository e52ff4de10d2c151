"""What every section needs: folders, cores, and a measured run of one kind of request."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from benchmarks import wrk
from benchmarks.processes import Server
from benchmarks.workload import Ids, Notation, Workload, script

ROOT = Path(__file__).resolve().parent.parent
# No run uses up the numbers between two starts.
_STEP = 10_000_000
# A run that a number of requests ends needs no clock; this only bounds a server that hangs.
_LONGEST = 60


@dataclass
class Bench:
    """``cache`` keeps installed peers from run to run, ``work`` is this run's own."""

    cache: Path
    work: Path
    quick: bool
    say: Callable[[str], None]
    server_cores: set[int] = field(default_factory=set)
    load_cores: set[int] = field(default_factory=set)
    _starts: Iterator[int] = field(default_factory=lambda: count(_STEP, _STEP))
    _logs: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        cores = sorted(os.sched_getaffinity(0))
        self.server_cores, self.load_cores = {cores[0]}, {cores[-1]}

    def start(
        self,
        name: str,
        command: list[str],
        answers: Callable[[], bool],
        *,
        env: dict[str, str] | None = None,
        cores: set[int] | None = None,
    ) -> Server:
        """The server once it answers. Raises NotStarted."""
        log = self.work / f"{next(self._logs)}-{name}.log"
        server = Server(command, log, cores or self.server_cores, env)
        try:
            server.wait_until(answers)
        except BaseException:
            server.stop()
            raise
        return server

    def measure(
        self,
        server: Server,
        url: str,
        work: Workload,
        seconds: int = _LONGEST,
        *,
        ids: Ids = Ids.ASCENDING,
        limit: int = 0,
        notation: Notation = Notation.MIXED,
        beside: Sequence[Server] = (),
        spread: bool = False,
        connections: int = wrk.CONNECTIONS,
    ) -> wrk.Figure:
        """A run of so many ``seconds``, or until ``limit`` requests are sent.

        ``beside`` are servers whose CPU time counts too; ``spread`` lets the load take any core.
        Raises BadRun.
        """
        start = next(self._starts)
        file = self.work / f"{work.name}-{start}.lua"
        file.write_text(script(work, start, ids, limit, notation), "utf-8")
        cores = self.server_cores | self.load_cores if spread else self.load_cores
        return wrk.measure([server, *beside], url, file, seconds, cores, connections)
