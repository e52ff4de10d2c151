"""docs/robustness.md: what is written by hand, and between two marks the figures of the last run."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import describe
from tools.torture.figures import Figure

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "robustness.md"


def write(part: str, figures: Sequence[Figure], seed: int | None = None) -> None:
    """Put them between the marks of the part, with the date and the kind of machine."""
    machine = describe()
    drawn = f", seed {seed}" if seed is not None else ""
    on = f"{machine.cpu}, {machine.cores} cores, {machine.memory / 2**30:.0f} GiB"
    when = f"{datetime.now(UTC):%Y-%m-%d}, Linux {machine.kernel.partition('-')[0]}, {on}{drawn}."
    PAGE.write_text(_between(PAGE.read_text("utf-8"), part, f"{_table(figures)}\n\n{when}"), "utf-8")


def _between(page: str, part: str, text: str) -> str:
    begin, end = f"<!-- {part}: written by a tool -->", f"<!-- end of {part} -->"
    marks = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    put = f"{begin}\n\n{text}\n\n{end}"
    changed, times = marks.subn(lambda _: put, page)
    assert times == 1, f"{PAGE.name} has {times} places for {part}"
    return changed


def _table(figures: Sequence[Figure]) -> str:
    rows = [
        f"| {figure.what} | {figure.value}{' **broken**' if figure.broken else ''} |" for figure in figures
    ]
    return "\n".join(["| what | found |", "|---|---|", *rows])
