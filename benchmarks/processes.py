"""Servers as processes: started on their core, asked until they answer, measured, stopped."""

import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 60.0
_POLL = 0.002
_TICKS = os.sysconf("SC_CLK_TCK")


class NotStarted(Exception):
    """A server did not answer; the text is the end of its log."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def pinned(cores: set[int]) -> Iterator[None]:
    """What is started in the block runs on these cores alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Server:
    """A process and its descendants. ``log`` gets what they print.

    ``took`` is how many seconds passed until it answered.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        cores: set[int],
        env: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self.log = log
        self.took = 0.0
        self._born = time.monotonic()
        with log.open("wb") as out, pinned(cores):
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                user=user,
                cwd=log.parent,
                start_new_session=True,
            )

    def wait_until(self, answers: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Raises NotStarted when the process ends or time is up before ``answers`` is true."""
        until = self._born + patience
        while not _quietly(answers):
            if self._process.poll() is not None or time.monotonic() > until:
                raise NotStarted(self.log.read_text("utf-8", "replace").strip()[-600:] or "no answer")
            time.sleep(_POLL)
        self.took = time.monotonic() - self._born

    def cpu(self) -> float:
        """Seconds of CPU, in user and system mode, of all its processes, the ended ones included."""
        return sum(_cpu(pid) for pid in self.tree())

    def memory(self) -> int:
        """Bytes of resident memory of all its processes; what they share counts once."""
        return sum(_pss(pid) for pid in self.tree())

    def tree(self) -> list[int]:
        """The process and its descendants."""
        children: dict[int, list[int]] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            if fields := _stat(int(folder.name)):
                children.setdefault(int(fields[1]), []).append(int(folder.name))
        found = [self._process.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for whatever is left; all are gone afterwards."""
        rest = [descriptor for pid in self.tree()[1:] if (descriptor := _descriptor(pid)) is not None]
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for descriptor in rest:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            # It can be read once the process has ended.
            select.select([descriptor], [], [], PATIENCE)
            os.close(descriptor)


def _descriptor(pid: int) -> int | None:
    """It stands for this process alone, also when its number is given to another."""
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


def _quietly(answers: Callable[[], bool]) -> bool:
    try:
        return answers()
    except OSError:
        return False


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name, from the state on; none when it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("latin-1")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _cpu(pid: int) -> float:
    """A process's own clock counts nanoseconds; of its reaped children the kernel keeps ticks."""
    fields = _stat(pid)
    if not fields:
        return 0.0
    reaped = (int(fields[13]) + int(fields[14])) / _TICKS
    try:
        # clock_getcpuclockid(3), which Python has not: the kernel's number for a process's clock.
        return time.clock_gettime((~pid << 3) | 2) + reaped
    except OSError:
        return reaped


def _pss(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))
