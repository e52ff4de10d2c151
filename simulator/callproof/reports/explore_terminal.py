"""What ``callproof explore`` says to a person: how far it is, which states it reached, what it found."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from rich.console import Console

from callproof.clocks.machine import monotonic
from callproof.explore.exploring import Explored, Failing
from callproof.explore.writing import Written
from callproof.reports.console import said

# Between two lines, in seconds.
EVERY = 3.0
# How many things of one kind are shown.
SHOWN = 3


class Progress:
    """A line every few seconds."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._began = self._last = monotonic()

    def hear(self, explored: Explored) -> None:
        now = monotonic()
        if now - self._last < EVERY:
            return
        self._last = now
        every, never = len(explored.reached.every), len(explored.reached.never)
        smaller = f"; a run fails, {explored.tries} smaller ones tried" if explored.tries else ""
        done = f"{explored.runs} runs, {explored.steps} steps"
        self._say(f"{now - self._began:.0f} s: {done}, {every - never} of {every} states{smaller}")


def states(out: Console, explored: Explored, clean: Callable[[str], str]) -> None:
    """In how many steps each state was seen, what was never reached last; ``clean`` takes secrets out."""
    out.print("steps  state")
    for name, count in sorted(explored.reached.every, key=lambda state: -state[1]):
        if count:
            out.print(f"{count:>5}  {name}")
    if explored.reached.never:
        out.print(f"Never reached: {', '.join(explored.reached.never)}", soft_wrap=True)
    _some(out, "Steps that were refused", map(clean, explored.refused))
    _some(out, "Runs that a side broke off", map(clean, explored.broken))
    _some(out, "Failed once, and not when played again", map(clean, explored.unsteady))


def _some(out: Console, what: str, lines: Iterable[str]) -> None:
    every = list(lines)
    if every:
        out.print(f"{what}: {len(every)}")
    for line in list(dict.fromkeys(every))[:SHOWN]:
        out.print(f"    {said(line)}", soft_wrap=True)


def nothing(out: Console, explored: Explored) -> None:
    out.print(f"Nothing found in {explored.runs} runs, {explored.steps} steps", style="bold green")


def found(out: Console, failing: Failing, file: str, again: str, clean: Callable[[str], str]) -> None:
    """``again`` is the command that plays it; ``clean`` takes secrets out of a text."""
    for row, problem in failing.problems.items():
        out.print(f"failed {said(row)}: {said(clean(problem))}", style="bold red", soft_wrap=True)
    length = len(failing.written.steps)
    out.print(f"{said(file)} fails so in {length} of {failing.length} steps: {said(again)}", soft_wrap=True)


def entitled(failing: Failing, seed: int) -> Written:
    """The scenario with its title, and the rule that it breaks."""
    rows = ", ".join(failing.problems)
    rule = (
        f"Made up with the seed {seed}, and made smaller from {failing.length} steps. It fails in {rows}."
    )
    return replace(failing.written, title=f"Found by callproof explore: {rows}", rule=rule)
