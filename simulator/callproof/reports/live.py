"""What a run is doing just now, on one line that is written over and over, or, where nobody watches, on a
line of its own whenever nothing was printed for a while. So a run is never silent for long."""

import os
from contextlib import suppress
from dataclasses import dataclass
from threading import Event as Flag
from threading import Lock, Thread
from types import TracebackType
from typing import TextIO

from callproof.clocks.machine import monotonic
from callproof.conformance.events import (
    Doing,
    Event,
    RunEnded,
    RunStarted,
    ScenarioPlayed,
    ScenarioStarted,
)
from callproof.contract.printing import printable

# How often the line is written anew, and after how many seconds of silence a line of its own is printed.
TICK, QUIET = 0.25, 4.5
# Where no terminal says how wide it is.
COLUMNS = 80


@dataclass
class Moment:
    """Where a run is; ``since`` is when it began with what it is doing, on the monotonic clock."""

    asks: bool = False
    place: str = ""
    doing: Doing | None = None
    since: float = 0.0

    def hear(self, event: Event, now: float) -> None:
        match event:
            case RunStarted():
                self.doing, self.since = Doing("getting ready"), now
            case ScenarioStarted():
                self.place, self.doing = f"{event.number} of {event.of}: {event.id}", None
            case Doing():
                self.doing, self.since = event, now
            case ScenarioPlayed():
                self.place, self.doing = f"{self.place} is over", None
            case RunEnded():
                self.place, self.doing = "", None

    def told(self, now: float) -> str:
        """A line without an end, "" for nothing. While people act nobody speaks but for what is timed."""
        doing = self.doing
        if self.asks and not (doing and doing.seconds):
            return ""
        if doing is None:
            return self.place
        left = self.since + doing.seconds - now
        limit = f", up to {left:.0f} s" if left >= 1 else ""
        return ": ".join(part for part in (self.place, f"{doing.what}{limit}") if part)


class Live:
    """Hears a run, as the first of all who do, and writes to ``out`` from ``with`` to its end.

    With ``redrawn`` the line is written over. ``asks`` says that people act in this run, at this terminal.
    """

    def __init__(self, out: TextIO, *, redrawn: bool, asks: bool = False, quiet: float = QUIET) -> None:
        self._out = out
        self._redrawn = redrawn
        self._quiet = quiet
        self._moment = Moment(asks)
        self._shown = 0
        self._spoke = monotonic()
        self._lock = Lock()
        self._over = Flag()
        self._thread = Thread(target=self._go_on, name="callproof-live", daemon=True)

    def __enter__(self) -> "Live":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._clear()

    def hear(self, event: Event) -> None:
        with self._lock:
            self._moment.hear(event, monotonic())
            match event:
                case ScenarioStarted() if self._redrawn:
                    self._draw()
                case ScenarioPlayed() | RunEnded():
                    # Whoever hears it next prints.
                    self._clear()
                    self._spoke = monotonic()

    def _go_on(self) -> None:
        while not self._over.wait(min(TICK, self._quiet)):
            with self._lock:
                if self._redrawn:
                    self._draw()
                elif monotonic() - self._spoke >= self._quiet:
                    self._say()

    def _say(self) -> None:
        if told := printable(self._moment.told(monotonic())):
            self._write(f"{told}\n")
            self._spoke = monotonic()

    def _draw(self) -> None:
        told = printable(self._moment.told(monotonic()))
        columns = self._columns() - 1
        told = told if len(told) <= columns else f"{told[: columns - 1]}…"
        if told or self._shown:
            self._write(f"\r{told:<{self._shown}}")
        self._shown = len(told)

    def _clear(self) -> None:
        if self._shown:
            self._write(f"\r{'':<{self._shown}}\r")
            self._shown = 0

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._out.fileno()).columns or COLUMNS
        except (OSError, ValueError):
            return COLUMNS

    def _write(self, text: str) -> None:
        # Whether anybody reads it decides nothing.
        with suppress(OSError, ValueError):
            self._out.write(text)
            self._out.flush()


def is_watched(out: TextIO) -> bool:
    """Whether a person sees a line that is written over: at a terminal, and not in a CI run."""
    return out.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"
