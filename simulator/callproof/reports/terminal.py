"""The verdict for a person: scenarios as they end, a table by requirement, a summary last."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from callproof.conformance.events import Event, RunEnded, ScenarioPlayed
from callproof.conformance.verdict import Outcome, RequirementResult, ScenarioResult, Verdict

_STYLE = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "bold red",
    Outcome.WARNED: "yellow",
    Outcome.NOTED: "cyan",
    Outcome.KNOWN: "magenta",
}


class Terminal:
    """Hears a run and prints it."""

    def __init__(self, out: Console) -> None:
        self._out = out

    def hear(self, event: Event) -> None:
        match event:
            case ScenarioPlayed():
                scenario(self._out, event.result, event.outcome, event.cause)
            case RunEnded():
                table(self._out, event.verdict)
                summary(self._out, event.verdict)


def scenario(out: Console, result: ScenarioResult, outcome: Outcome, cause: str = "") -> None:
    """One line, and below it why it was not played to its end, and whose doing that is."""
    out.print(f"{_word(outcome)} {escape(result.id)}: {escape(result.title)}", soft_wrap=True)
    if result.broken:
        whose = f"broken off by {cause}: " if cause else ""
        out.print(f"       {escape(whose + result.broken)}", style="red", soft_wrap=True)


def table(out: Console, verdict: Verdict) -> None:
    """A row for every requirement that was looked at."""
    grid = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    for name in ("verdict", "requirement", "level", "evidence", "checks"):
        grid.add_column(name, no_wrap=True)
    grid.add_column("what it demands")
    for result in verdict.requirements:
        row = result.requirement
        checks = str(result.passed + len(result.problems))
        grid.add_row(
            _word(result.outcome), row.id, row.level.value, row.evidence.value, checks, escape(row.text)
        )
    out.print(grid)
    for result in verdict.requirements:
        _problems(out, result)


def summary(out: Console, verdict: Verdict) -> None:
    words = ", ".join(f"{count} {outcome}" for outcome, count in verdict.counts.items())
    style = "bold green" if verdict.conformant else "bold red"
    for scenario, absent in verdict.left_out:
        out.print(f"left out {escape(scenario)}: {escape(absent)} is absent", soft_wrap=True)
    for entry in verdict.stale:
        out.print(f"stale: {escape(entry)}", style="bold red", soft_wrap=True)
    for made in verdict.created:
        out.print(f"created at the CRM: {escape(made)}", soft_wrap=True)
    out.print(f"Scenarios: {len(verdict.scenarios)}, of them failed: {len(verdict.failed)}")
    out.print(f"Requirements of {verdict.ruleset}: {words}; not looked at: {len(verdict.untested)}")
    if verdict.undecided:
        rows = ", ".join(verdict.undecided)
        out.print(f"Undecided, as scenarios broke off: {rows}", style="bold red", soft_wrap=True)
    if verdict.too_few:
        out.print(escape(verdict.too_few), style="bold red", soft_wrap=True)
    # Why there is none is said by the command, beside the report.
    out.print(verdict.words, style=style)


def _problems(out: Console, result: RequirementResult) -> None:
    style = _STYLE[result.outcome]
    for _, check in result.problems:
        line = f"{result.requirement.id} {check.where}: {check.what}: {check.problem}"
        out.print(escape(line), style=style, soft_wrap=True)


def _word(outcome: Outcome) -> str:
    return f"[{_STYLE[outcome]}]{outcome.value:<6}[/]"
