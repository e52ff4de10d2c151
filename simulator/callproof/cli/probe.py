"""``callproof check --probe``: every stimulus and every view of the file tried once."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from secrets import token_hex

from rich.console import Console
from rich.table import Table

from callproof.cli.common import masks
from callproof.cli.interrupting import interrupted, interruptible
from callproof.conformance.probing import Outcome, Probe, Tried
from callproof.conformance.probing_crm import CrmProbe
from callproof.conformance.probing_pbx import PbxProbe
from callproof.conformance.process import SideEnded
from callproof.conformance.scenario import Scenario
from callproof.conformance.stimuli import StimulusFailed
from callproof.conformance.target import PASS_TIME, Target
from callproof.contract.operations import Side
from callproof.control.client import Unreachable
from callproof.errors import Misuse
from callproof.reports.console import console, said
from callproof.running.opposite import opposite

CLEAN_UP = "clean-up"
_STYLE = {
    Outcome.WORKS: "green",
    Outcome.ABSENT: "dim",
    Outcome.LOOK: "yellow",
    Outcome.UNTRIED: "dim",
    Outcome.WRONG: "bold red",
}


def run(target: Target, seed: int, scenarios: Sequence[Scenario], config: str) -> None:
    """Print the table and end: with 0 when all works, with 2 when something has to be changed.

    Raises Unreachable, of exit code 3, when the side is not there.
    """
    try:
        with interruptible():
            rows = _tried(target, seed, scenarios)
    except KeyboardInterrupt:
        interrupted("The probe was interrupted.")
    out = console()
    hidden = masks([target.api_key, target.client_id])
    out.print(_table([replace(row, said=hidden.text(row.said)) for row in rows]))
    _summary(out, rows, config)
    _absent(out, rows, target)
    out.demand_written()
    if any(row.outcome is Outcome.WRONG for row in rows):
        sys.exit(Misuse.exit_code)


def _tried(target: Target, seed: int, scenarios: Sequence[Scenario]) -> list[Tried]:
    try:
        return _opposite(target, seed, scenarios)
    except StimulusFailed as error:
        # The clock is asked before there is anything to try, and the rest can be tried without it.
        if not target.timed:
            raise
        left = {name: way for name, way in target.stimuli.items() if name != PASS_TIME}
        rows = _opposite(replace(target, stimuli=left), seed, scenarios)
        broken = Tried(PASS_TIME, Outcome.WRONG, str(error))
        return [broken if row.name == PASS_TIME else row for row in rows]


def _opposite(target: Target, seed: int, scenarios: Sequence[Scenario]) -> list[Tried]:
    probe: Probe | None = None
    try:
        with opposite(target, seed, strict=False) as (ends, theirs):
            judged = target.judged(token_hex(3))
            kind = PbxProbe if target.side is Side.PBX else CrmProbe
            probe = kind(target, ends, theirs, judged, scenarios)
            probe.run()
    except SideEnded as error:
        # Nothing was judged that it could have failed.
        raise Unreachable(str(error)) from None
    except StimulusFailed as error:
        # What is left of it then is the clean-up.
        if probe is None:
            raise
        probe.wrong(CLEAN_UP, str(error))
    return probe.rows


def _table(rows: Sequence[Tried]) -> Table:
    grid = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    for name in ("tried", "outcome"):
        grid.add_column(name, no_wrap=True)
    grid.add_column("what came of it, or what to do")
    for row in rows:
        style = _STYLE[row.outcome]
        grid.add_row(said(row.name), f"[{style}]{row.outcome}[/]", said(row.said))
    return grid


def _absent(out: Console, rows: Sequence[Tried], target: Target) -> None:
    """The line of the file that lets go of all that is missing."""
    if lifted := [row.lifted for row in rows if row.lifted]:
        words = dict.fromkeys([*target.absent, *lifted])
        out.print("If your side has none of what is missing, this line of the file says so:")
        out.print(said(f"absent: [{', '.join(words)}]"), soft_wrap=True)


def _summary(out: Console, rows: Sequence[Tried], config: str) -> None:
    count = {outcome: sum(row.outcome is outcome for row in rows) for outcome in Outcome}
    counts = [f"{count[outcome]} {outcome}" for outcome in Outcome if count[outcome]]
    out.print(f"Tried: {', '.join(counts)}")
    if count[Outcome.WRONG]:
        out.print("Nothing was judged. Mend what is wrong, and probe again.", soft_wrap=True)
        return
    out.print(f"Nothing was judged. Now: callproof check --config {said(config)}", soft_wrap=True)
