"""Ends as they are really served, that can be killed and come back at the same addresses."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import requests

from benchmarks.processes import free_port

KEY = "K" * 32
PATIENCE = 60.0
_PAGE = os.sysconf("SC_PAGE_SIZE")


class NotServing(Exception):
    """An end did not begin; the text is what it printed."""


class Told(msgspec.Struct, rename="camel"):
    """What of the ready file is read."""

    crm_url: str = ""
    pbx_url: str = ""


class Served:
    """``callproof serve`` with these options; ``restart`` brings it back at the same ports."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.told = Told()
        self._folder = folder
        self._ready = folder / "ready.json"
        ports = [f"--{side}-port={free_port()}" for side in ("crm", "pbx")]
        self._command = [sys.executable, "-m", "callproof", "serve", f"--ready-file={self._ready}"]
        self._command += [*ports, f"--api-key={KEY}", *options]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        """Raises NotServing when it does not answer in time."""
        self._ready.unlink(missing_ok=True)
        with (self._folder / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, **environment},
            )
        until = time.monotonic() + PATIENCE
        while not self._ready.exists():
            if self._process.poll() is not None or time.monotonic() > until:
                raise NotServing(self.log[-800:])
            time.sleep(0.005)
        self.told = msgspec.json.decode(self._ready.read_bytes(), type=Told)

    def kill(self) -> None:
        """SIGKILL to all its processes at once."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """SIGTERM, as an operator stops it."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(30)
            self.kill()

    @property
    def log(self) -> str:
        return (self._folder / "serve.log").read_text("utf-8", "replace")

    def tree(self) -> list[int]:
        """Its processes, parents first."""
        found = [self._process.pid] if self._process else []
        for one in found:
            for children in Path(f"/proc/{one}/task").glob("*/children"):
                with suppress(OSError):
                    found += [int(child) for child in children.read_text("ascii").split()]
        return found

    def workers(self) -> list[int]:
        """The processes that answer: those that have no children."""
        found = []
        for one in self.tree():
            with suppress(OSError):
                children = [
                    file.read_text("ascii") for file in Path(f"/proc/{one}/task").glob("*/children")
                ]
                found += [] if "".join(children).strip() else [one]
        return found

    def memory(self) -> int:
        """Bytes that are resident in the processes that answer."""
        return sum(resident(pid) for pid in self.workers())


def resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * _PAGE
    except OSError:
        return 0


@contextmanager
def serving(folder: Path, *options: str, **environment: str) -> Iterator[Served]:
    folder.mkdir(parents=True, exist_ok=True)
    served = Served(folder, *options)
    try:
        served.start(**environment)
        yield served
    finally:
        served.stop()


def client() -> requests.Session:
    """It has the key, and goes through no proxy."""
    session = requests.Session()
    session.trust_env = False
    session.headers["X-API-KEY"] = KEY
    return session
