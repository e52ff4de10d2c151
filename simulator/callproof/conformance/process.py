"""The process of a side under test: started before the run, waited for, ended after it with all that it
started itself."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import IO

import requests

from callproof.clocks.machine import monotonic
from callproof.conformance.strays import MARK, new_mark, signal_all, strays
from callproof.conformance.target import Start
from callproof.control.client import Unreachable
from callproof.errors import Misuse
from callproof.exchange.trust import USUAL, Trust, knock, why

LOOK, _MOMENT = 0.05, 0.001
GRACE = 5.0
# How long children may take that outlive what started them.
CHILDREN = 1.0
# How many characters of what it printed are shown, and how many bytes of it are kept.
SHOWN, KEPT = 2000, 16_384
# Where our own ends listen; no proxy of the environment leads there.
NEAR = ("127.0.0.1", "localhost", "::1")


# A program does not do these to itself: whoever sent them ended it. Windows lacks some.
_FROM_OUTSIDE = {
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGKILL", "SIGHUP") if hasattr(signal, name)
}


class SideEnded(Unreachable):
    """The side under test, which callproof had started, ended by itself in the middle of the run: that is
    its own doing."""

    exit_code = 1

    def __init__(self, how: str, printed: str, asked: str = "") -> None:
        when = f"while it was asked {asked}" if asked else "in the middle of the run"
        super().__init__(f"The side under test {how} {when}. {printed}")
        self.how = how
        self.printed = printed


class Process:
    """What runs. It has a process group and a mark of its own, so that nothing of it is left behind."""

    def __init__(self, start: Start, folder: Path, environment: Mapping[str, str]) -> None:
        """Raises Unreachable when the program cannot be run, Misuse when its log cannot be written."""
        self._mark = new_mark()
        self._log = _opened(folder, start.log)
        try:
            self._process = subprocess.Popen(
                start.command,
                cwd=folder,
                env=surroundings({**environment, MARK: self._mark}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            self._log.close()
            raise Unreachable(
                f"The side under test cannot be started: {start.command[0]}: {error.strerror}"
            ) from None
        self._tail = b""
        self._reader = Thread(target=self._read, daemon=True, name="output of the side under test")
        self._reader.start()

    @property
    def ended(self) -> str:
        """How it ended, empty as long as it runs."""
        code = self._process.poll()
        if code is None:
            return ""
        return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"

    @property
    def killed(self) -> bool:
        """Whether it ended because somebody told it to."""
        return -(self._process.poll() or 0) in _FROM_OUTSIDE

    def printed(self) -> str:
        """The last of what it printed, as a sentence."""
        if self.ended:
            self._reader.join(LOOK * 4)
        else:
            self._catch_up()
        text = self._tail.decode(errors="replace").strip()[-SHOWN:]
        # On one line, as the sentence that it becomes a part of.
        return f"It printed last: {' | '.join(text.splitlines())}" if text else "It printed nothing."

    def _catch_up(self) -> None:
        """On a busy machine what it has printed by now may not have been read yet."""
        pipe, until = self._process.stdout, monotonic() + LOOK * 4
        assert pipe is not None
        with suppress(ValueError):  # it prints no more
            while monotonic() < until and sys.platform != "win32":
                Event().wait(_MOMENT)
                if not select.select([pipe], [], [], 0)[0]:
                    break

    def wait(self, seconds: float) -> None:
        """For its end, at most so long."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def end(self) -> None:
        """Ask it and its children to end, and kill what does not."""
        self._signal(signal.SIGTERM)
        self.wait(GRACE)
        if not self._all_ended(CHILDREN):
            self._kill()
            self._all_ended(CHILDREN)
        self._process.wait()
        self._reader.join(LOOK * 4)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._log, self._process.stdout as pipe:
            while piece := os.read(pipe.fileno(), KEPT):
                self._tail = (self._tail + piece)[-KEPT:]
                # A full disk is no reason to let the side wait for somebody who reads what it prints.
                with suppress(OSError):
                    self._log.write(piece)

    def _signal(self, number: int) -> None:
        if sys.platform == "win32":
            self._process.terminate()
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
        signal_all(strays(self._mark), number)

    def _left(self) -> bool:
        """Whether anything of its group still runs, or what left it."""
        if sys.platform == "win32" or strays(self._mark):
            return True
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def _all_ended(self, seconds: float) -> bool:
        """Wait for that, at most so long."""
        until = monotonic() + seconds
        while self._left() and monotonic() < until:
            Event().wait(LOOK)
        return not self._left()

    def _kill(self) -> None:
        if sys.platform == "win32":
            tree = ["taskkill", "/T", "/F", "/PID", str(self._process.pid)]
            subprocess.run(tree, capture_output=True, check=False)
        else:
            self._signal(signal.SIGKILL)


@contextmanager
def running(
    start: Start, folder: Path, environment: Mapping[str, str], trust: Trust = USUAL
) -> Iterator[Process]:
    """Raises Unreachable when the process does not get ready, with the end of what it printed, or when
    somebody else answers in its place."""
    if not _silent(start.ready, 1, trust):
        raise Unreachable(
            f"Something else answers at {start.ready} before the side under test is started; "
            "end it, or give the side another port"
        )
    process = Process(start, folder, environment)
    try:
        if problem := _unready(process, start, trust):
            raise Unreachable(f"The side under test {problem}. {process.printed()}")
        yield process
    finally:
        process.end()


def surroundings(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of what is started for the side under test: ours, and ``more``."""
    found = {**os.environ, **more}
    # What it printed last is asked for when it has died.
    found.setdefault("PYTHONUNBUFFERED", "1")
    for name in ("NO_PROXY", "no_proxy"):
        spared = (found.get(name) or found.get(name.swapcase(), "")).split(",")
        found[name] = "*" if spared == ["*"] else ",".join(dict.fromkeys([*filter(None, spared), *NEAR]))
    return found


def demand_answer(url: str, seconds: float, process: Process | None = None, trust: Trust = USUAL) -> None:
    """Raises Unreachable when the side under test is not there: an address of its does not answer within so
    many seconds, or its process was ended; SideEnded when that ended by itself."""
    problem = _silent(url, seconds, trust) if url else ""
    if process and problem:
        # The socket of a process that dies is closed a moment before it is dead.
        process.wait(LOOK * 4)
    if process and process.ended:
        if not process.killed:
            raise SideEnded(process.ended, process.printed())
        how = f"{process.ended} in the middle of the run"
        raise Unreachable(f"The side under test {how}. {process.printed()}")
    if problem:
        printed = f" {process.printed()}" if process else ""
        raise Unreachable(f"The side under test does not answer at {url} ({problem}).{printed}")


def _opened(folder: Path, log: str) -> IO[bytes]:
    """The file for what is printed, written as it comes; without one it goes nowhere."""
    file = folder / log if log else Path(os.devnull)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.open("wb", buffering=0)
    except OSError as error:
        said = f"What the side under test prints cannot be written to {log}: {error.strerror}"
        raise Misuse(said) from None


def _unready(process: Process, start: Start, trust: Trust) -> str:
    problem, until, patience = "", monotonic() + start.within, 0.5
    while (left := until - monotonic()) > 0:
        # One that is slow is asked with more patience the next time.
        patience = min(patience * 2, max(left, 1.0))
        if not (problem := _silent(start.ready, patience, trust)):
            # It may be somebody else who was quicker.
            return f"{process.ended}, but somebody answers at {start.ready}" if process.ended else ""
        if process.ended:
            return f"{process.ended} before it was ready"
        Event().wait(LOOK)
    wanted = f"does not answer at {start.ready} within {start.within:g} s"
    hint = "is that where it listens? Its command has $port, its environment CALLPROOF_PORT"
    return f"{wanted} ({problem}; {hint})"


def _silent(url: str, seconds: float, trust: Trust) -> str:
    """What happens instead of an answer, of whatever kind."""
    try:
        knock(url, seconds, trust)
    except requests.RequestException as error:
        return why(error)
    return ""
