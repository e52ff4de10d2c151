"""``make soak``: both ends under steady mixed load; what grows is told by its slope.

A slope is by least squares an hour, with how far off it may be (two standard errors). The first three
tenths are left out, in which journals and pools fill. Exit 1 when something grows surely, by more than
it may.
"""

import math
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression, median

import click
import orjson

from tools.torture.clients import Client, register, ringing
from tools.torture.ends import Served, client, resident, serving
from tools.torture.figures import Figure
from tools.torture.page import write

MIB = 1024 * 1024
CLIENTS = 3
# Seconds between two requests of a client, and between two samples.
PAUSE, EVERY = 0.02, 1.0
WARM = 0.3
DATABASE = "Database"


@dataclass(frozen=True)
class Gauge:
    """Something that is sampled; an hour it may grow by ``may`` of its unit, where that is bounded.

    What is ``cached`` may grow with the database as well: SQLite keeps 64 MiB of it in memory.
    """

    what: str
    unit: str
    read: Callable[[Served], float]
    may: float | None = None
    cached: bool = False


def files(served: Served) -> float:
    return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in served.workers())


def memory(served: Served, end: int) -> float:
    """Of the CRM, which is the first that is started, or of the PBX."""
    return resident(served.workers()[end]) / MIB


def threads(served: Served) -> float:
    return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in served.workers())


def latency(served: Served) -> float:
    """The median of some events, in milliseconds."""
    took = []
    with client() as session:
        for _ in range(9):
            began = time.perf_counter()
            form = {"event": orjson.dumps(ringing("soak"))}
            url = f"{served.told.crm_url}/api/v5/telephony/call/event"
            session.post(url, data=form, timeout=30)
            took.append((time.perf_counter() - began) * 1000)
    return median(took[1:])


def journal(served: Served) -> float:
    """How many entries can still be read; the first of them says where it begins."""
    with client() as session:
        url = f"{served.told.crm_url}/_bench/journal?limit=1"
        page = session.get(url, timeout=30).json()
    first = page["entries"][0]["id"] if page["entries"] else page["lastId"]
    return float(page["lastId"] - first)


def gauges(database: Path) -> list[Gauge]:
    def stored(_: Served) -> float:
        return sum(file.stat().st_size for file in database.parent.glob(f"{database.name}*")) / MIB

    return [
        Gauge("Resident memory of the CRM", "MiB", lambda served: memory(served, 0), 30, True),
        Gauge("Resident memory of the virtual PBX", "MiB", lambda served: memory(served, 1), 30, True),
        Gauge("Open files", "", files, 30),
        Gauge("Threads", "", threads, 30),
        Gauge("Entries in the journal", "", journal),
        Gauge(DATABASE, "MiB", stored),
        Gauge("An ordinary request", "ms", latency),
    ]


@dataclass(frozen=True)
class Slope:
    """By the hour, with two standard errors; ``level`` is the median of the samples."""

    an_hour: float
    off: float
    level: float

    @classmethod
    def of(cls, times: list[float], values: list[float]) -> "Slope":
        """Raises StatisticsError with fewer than two times."""
        slope, intercept = linear_regression(times, values)
        middle = sum(times) / len(times)
        spread = sum((moment - middle) ** 2 for moment in times)
        rest = sum(
            (value - slope * moment - intercept) ** 2 for moment, value in zip(times, values, strict=True)
        )
        error = (rest / max(len(times) - 2, 1) / spread) ** 0.5
        return cls(slope * 3600, 2 * error * 3600, median(values))

    def figure(self, gauge: Gauge, stored: float) -> Figure:
        """``stored`` is by how much the database grows an hour."""
        unit = f" {gauge.unit}" if gauge.unit else ""
        value = f"{self.level:.4g}{unit}; {self.an_hour:+.3g} ± {self.off:.2g}{unit} an hour"
        may = math.inf if gauge.may is None else gauge.may + stored * gauge.cached
        grows = self.an_hour - self.off > may
        broken = f"{gauge.what} grows by {value}; at most {may:.3g}{unit} may be." if grows else ""
        return Figure(gauge.what, value, broken)


def sampled(served: Served, database: Path, seconds: float) -> dict[Gauge, Slope]:
    kinds = gauges(database)
    times: list[float] = []
    values: dict[Gauge, list[float]] = {gauge: [] for gauge in kinds}
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        if passed >= seconds * WARM:
            times.append(passed)
            for gauge in kinds:
                values[gauge].append(gauge.read(served))
        time.sleep(EVERY)
    return {gauge: Slope.of(times, found) for gauge, found in values.items()}


class Caller(threading.Thread):
    """Customers call the virtual PBX, which reports to the CRM."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.failed: list[str] = []
        self.made = 0
        self._url = url
        self._over = threading.Event()

    def run(self) -> None:
        dice = random.Random(1)
        with client() as session:
            while not self._over.wait(0.5):
                phone = f"+7912000{dice.randrange(10**4):04}"
                script = {"outcome": dice.choice(("answered", "cancelled")), "after": 0.2, "talk": 1}
                asked = {"from": phone, "to": "+7-499-999-99-99", "script": script}
                answer = session.post(f"{self._url}/_bench/calls", json=asked, timeout=30)
                self.made += 1
                if answer.status_code >= 500:
                    self.failed.append(answer.text)

    def stop(self) -> None:
        self._over.set()
        self.join()


def soak(folder: Path, seconds: float) -> list[Figure]:
    database = folder / "state.db"
    # Full within the warm-up, also that of the PBX, which has less to write.
    limit = "--limit=journal-entries=1000"
    with serving(folder, "--register", f"--db=sqlite:///{database}", limit) as served:
        register(served.told.crm_url)
        clients = [Client(f"s{n}", served.told.crm_url, PAUSE, ended=True) for n in range(CLIENTS)]
        caller = Caller(served.told.pbx_url)
        callers: list[Client | Caller] = [*clients, caller]
        for one in callers:
            one.start()
        try:
            slopes = sampled(served, database, seconds)
        finally:
            for one in callers:
                one.stop()
        alive = len(served.workers())
    stored = next(slope.an_hour for gauge, slope in slopes.items() if gauge.what == DATABASE)
    refused = [text for client_ in clients for text in client_.refused] + caller.failed
    made = sum(len(client_.times) for client_ in clients) + caller.made
    broken = f"{len(refused)} requests were refused: {refused[:3]}" if refused else ""
    return [
        Figure("Minutes", f"{seconds / 60:.3g}"),
        Figure("Requests", f"{made:,}, {made / seconds:.0f} a second"),
        Figure("Refused or not answered", f"{len(refused)}", broken),
        Figure("Workers at the end", f"{alive}"),
        *(slope.figure(gauge, stored) for gauge, slope in slopes.items()),
    ]


@click.command()
@click.option("--minutes", default=10.0, show_default=True, type=click.FloatRange(0.2))
@click.option("--write", "writes", is_flag=True, help="Write the slopes into docs/robustness.md.")
def main(minutes: float, writes: bool) -> None:
    """Exit 1 when a request is refused or something grows."""
    with tempfile.TemporaryDirectory(prefix="callproof-soak-") as folder:
        figures = soak(Path(folder), minutes * 60)
    for figure in figures:
        click.echo(str(figure))
    broken = [figure.broken for figure in figures if figure.broken]
    for sentence in broken:
        click.echo(f"BROKEN: {sentence}")
    if writes:
        write("soak", figures)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
