"""The verdict for a person: scenarios as they end, then findings, a table by requirement, a summary last.

Where there are findings the table has only rows that do not hold, so that all of it fits a screen.
"""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from callproof.conformance.events import Event, RunEnded, ScenarioPlayed
from callproof.conformance.findings import RootCause, findings
from callproof.conformance.verdict import Outcome, ScenarioResult, Verdict
from callproof.reports.console import said
from callproof.reports.finding_words import SHOWN, lines

_STYLE = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "bold red",
    Outcome.WARNED: "yellow",
    Outcome.NOTED: "cyan",
    Outcome.KNOWN: "magenta",
}

# How many findings are told, and how many of them in full; a curl line is cut where it is longer.
MOST, IN_FULL, LONGEST = 10, 3, 400
_ALWAYS = ("demanded", "because", "do", "seen in", *SHOWN)
# How much that a run made is named.
MOST_CREATED = 3


class Terminal:
    """Hears a run and prints it; ``written`` are the files of other reports."""

    def __init__(self, out: Console, written: Sequence[str] = ()) -> None:
        self._out = out
        self._written = written

    def hear(self, event: Event) -> None:
        match event:
            case ScenarioPlayed():
                scenario(self._out, event.result, event.outcome, event.cause)
            case RunEnded():
                found = findings(event.verdict)
                told(self._out, found)
                table(self._out, event.verdict, whole=not found)
                summary(self._out, event.verdict, self._written)


def scenario(out: Console, result: ScenarioResult, outcome: Outcome, cause: str = "") -> None:
    """One line, and below it why it was not played to its end, and whose doing that is."""
    out.print(f"{_word(outcome)} {said(result.id)}: {said(result.title)}", soft_wrap=True)
    if result.broken:
        whose = f"broken off by {cause}: " if cause else ""
        out.print(f"       {said(whose + result.broken)}", style="red", soft_wrap=True)


def told(out: Console, found: Sequence[RootCause]) -> None:
    """The first findings in full, of the next ones what to do, where, and the message; all others are
    counted."""
    if not found:
        return
    out.print(f"\nFindings: {len(found)}", style="bold")
    for number, finding in enumerate(found[:MOST], 1):
        headline = f"{number:>2} {_word(finding.outcome)} [bold]{said(finding.headline)}[/]"
        out.print(headline, soft_wrap=True)
        for name, text in lines(finding, longest=LONGEST):
            if name in _ALWAYS or number <= IN_FULL:
                out.print(f"   [dim]{name:<8}[/] {said(text)}", soft_wrap=True)
    if len(found) > MOST:
        out.print(f"   and {len(found) - MOST} more; --html FILE has all of them")
    out.print()


def table(out: Console, verdict: Verdict, *, whole: bool = True) -> None:
    """A row for every requirement that was looked at, or for those alone that do not hold."""
    grid = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    for name in ("verdict", "requirement", "level", "evidence", "checks"):
        grid.add_column(name, no_wrap=True)
    grid.add_column("what it demands")
    for result in verdict.requirements:
        if not whole and result.outcome is Outcome.PASSED:
            continue
        row = result.requirement
        checks = str(result.held + len(result.problems))
        grid.add_row(
            _word(result.outcome), row.id, row.level.value, row.evidence.value, checks, said(row.text)
        )
    if grid.row_count:
        out.print(grid)


def summary(out: Console, verdict: Verdict, written: Sequence[str] = ()) -> None:
    words = ", ".join(f"{count} {outcome}" for outcome, count in verdict.counts.items())
    style = "bold green" if verdict.conformant else "bold red"
    if verdict.stopped and not verdict.scenarios:
        # The command says the cause next, and nothing else is worth a line before it.
        left_out = f"; left out: {len(verdict.left_out)}" if verdict.left_out else ""
        out.print(f"{verdict.words}: nothing was played{left_out}", style=style)
        return
    for scenario, absent in verdict.left_out:
        out.print(f"left out {said(scenario)}: {said(absent)} is absent", soft_wrap=True)
    for entry in verdict.stale:
        out.print(f"stale: {said(entry)}", style="bold red", soft_wrap=True)
    for made in verdict.created[:MOST_CREATED]:
        out.print(f"created at the CRM: {said(made)}", soft_wrap=True)
    if len(verdict.created) > MOST_CREATED:
        out.print(f"created at the CRM: {len(verdict.created) - MOST_CREATED} more, see --json")
    if written:
        out.print(f"Reports: {said(', '.join(written))}", soft_wrap=True)
    out.print(f"Scenarios: {len(verdict.scenarios)}, of them failed: {len(verdict.failed)}")
    out.print(f"Requirements of {verdict.ruleset}: {words}; not looked at: {len(verdict.untested)}")
    if verdict.undecided:
        rows = ", ".join(verdict.undecided)
        out.print(f"Undecided, as scenarios broke off: {rows}", style="bold red", soft_wrap=True)
    if verdict.too_few:
        out.print(said(verdict.too_few), style="bold red", soft_wrap=True)
    # Why there is none is said by the command, beside the report.
    out.print(verdict.words, style=style)


def _word(outcome: Outcome) -> str:
    return f"[{_STYLE[outcome]}]{outcome.value:<6}[/]"
