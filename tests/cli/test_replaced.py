"""A worker of two is killed under load: nothing is lost, another takes its place, figures go on."""

import os
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import requests

from tests.served import Served, served

CLIENTS = 4
# How soon another worker has to answer, in seconds.
SOON = 5.0


class Load:
    """Clients that upload one call after the other; ``kept`` are those that the CRM acknowledged."""

    def __init__(self, crm: Served) -> None:
        self.kept: list[str] = []
        self._crm = crm
        self._stop = Event()
        self._threads = [Thread(target=self._upload, args=(number,)) for number in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _upload(self, client: int) -> None:
        for number in count():
            if self._stop.is_set():
                return
            name = f"{client}-{number}"
            # What the worker had taken in is refused.
            with suppress(requests.ConnectionError):
                if self._crm.upload([name])["processedCallsCount"] == 1:
                    self.kept.append(name)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def figures(crm: Served, name: str) -> list[float]:
    """Those of the family, whatever their labels."""
    text = requests.get(f"{crm.url}/_bench/metrics", timeout=30).text
    return [float(found) for found in re.findall(rf"(?m)^callproof_{name}(?:{{.*}})? (\S+)$", text)]


def uploads(crm: Served) -> int:
    text = requests.get(f"{crm.url}/_bench/metrics", timeout=30).text
    return sum(map(int, re.findall(r'requests_total{operation="calls-upload",status="200"} (\d+)', text)))


def workers(crm: Served) -> set[int]:
    """The processes that listen, which are grandchildren of the served one."""
    of: Callable[[int], list[int]] = lambda process: [  # noqa: E731
        int(child)
        for thread in Path(f"/proc/{process}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]
    with suppress(FileNotFoundError, ProcessLookupError):
        return {worker for end in of(crm.process.pid) for worker in of(end)}
    return set()


def eventually(holds: Callable[[], bool], seconds: float = 20) -> float:
    """How long it took."""
    began = monotonic()
    while not _tried(holds):
        assert monotonic() - began < seconds
    return monotonic() - began


def _tried(holds: Callable[[], bool]) -> bool:
    with suppress(requests.ConnectionError):
        return holds()
    return False


def test_a_worker_that_is_killed_under_load_loses_nothing_and_is_replaced_soon(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'state.db'}"
    with served(tmp_path, database, options=["--workers", "2"]) as (crm,):
        crm.register()
        eventually(lambda: figures(crm, "workers") == [2])
        load = Load(crm)
        eventually(lambda: uploads(crm) > 50)
        told, before = uploads(crm), workers(crm)
        os.kill(min(before), signal.SIGKILL)
        eventually(lambda: len(workers(crm) - before) == 1 and figures(crm, "workers") == [2], SOON)
        assert uploads(crm) >= told
        acknowledged = len(load.kept)
        eventually(lambda: len(load.kept) > acknowledged + 50, SOON)
        load.stop()
        kept = [call["externalId"] for call in crm.state()["calls"]]
        counted = uploads(crm)
        crm.stop()
    assert set(load.kept) <= set(kept)
    assert len(kept) == len(set(kept))
    # One that was killed between its commit and its answer is kept and not counted.
    assert len(load.kept) <= counted <= len(kept)
    assert "A worker of the CRM has died" in (tmp_path / "0.log").read_text()
