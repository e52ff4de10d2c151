"""``callproof explore``: scenarios that nobody wrote, until one fails."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

import click
from rich.console import Console

from callproof import kinds
from callproof.cli import completion
from callproof.cli.common import (
    NOT_CONFORMANT,
    echo,
    hiding,
    masks,
    no_verdict,
    option,
    sendable,
    trusting,
)
from callproof.cli.interrupting import interrupted, interruptible, undisturbed
from callproof.cli.naming import faults_of
from callproof.cli.targets import TargetFile, strict_option, target_of, target_option
from callproof.clocks.durations import seconds
from callproof.conformance.actions import ACTIONS
from callproof.conformance.judge import BOTH
from callproof.conformance.target import UPLOAD_EVERY, Target
from callproof.contract.guide import CLIENT_ID, GUIDES
from callproof.contract.operations import Side
from callproof.control.client import Ends
from callproof.crm.account import DEFAULT_SEED, api_key
from callproof.errors import Misuse
from callproof.exchange.faults import Fault
from callproof.explore.board import Bench
from callproof.explore.exploring import Budget, Explorer, Failing, Mode
from callproof.explore.table import Table
from callproof.reports import explore_terminal, output
from callproof.reports.console import console

USUAL = 60.0


@dataclass(frozen=True)
class _Asked:
    """The options."""

    seed: int
    steps: int | None
    lasting: float | None
    mode: Mode
    target: Side | None
    config: str | None
    crm_url: str
    api_key: str
    fault: tuple[str, ...]
    strict: bool
    save: str | None

    @property
    def budget(self) -> Budget:
        usual = 0.0 if self.steps else USUAL
        return Budget(self.steps or 0, usual if self.lasting is None else self.lasting)

    @property
    def file(self) -> str:
        return self.save or f"explore-{self.seed}.yaml"


def duration(_context: click.Context, _parameter: click.Parameter, text: str | None) -> float | None:
    """Seconds, from ``90``, ``90s``, ``10m`` or ``2h``; a usage error for anything else, and for none."""
    try:
        found = None if text is None else seconds(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if found == 0:
        raise click.BadParameter("in no time nothing is found")
    return found


@click.command()
@option(
    "--seed",
    default=1,
    show_default=True,
    type=int,
    help="The same seed makes up the same runs.",
)
@option(
    "--for", "lasting", callback=duration, metavar="TIME", help="How long runs begin, as in 2m; default 1m."
)
@option("--steps", type=click.IntRange(1), help="How many steps are made up; then --for has no default.")
@option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.BOTH.value,
    show_default=True,
    help="safety: nothing wrong happens, whatever fails. liveness: what is due arrives after the trouble.",
)
@target_option
@trusting
@option(
    "--config",
    type=TargetFile(exists=True, dir_okay=False),
    metavar="FILE",
    help="How to reach and poke your side, as for callproof check.",
)
@option("--crm-url", default="", help="Your CRM.")
@option("--api-key", default="", callback=sendable, help="The API key of the CRM.")
@option(
    "--fault",
    shell_complete=completion.faults,
    multiple=True,
    metavar="NAME",
    help="Break an end of callproof's in every run; a requirement means all faults that touch it.",
)
@strict_option
@hiding
@option(
    "--save",
    type=click.Path(dir_okay=False, writable=True),
    metavar="FILE",
    help="Where the smallest failing run goes, as a scenario; default explore-SEED.yaml.",
)
def explore(**options: Any) -> None:
    """Make up scenarios until one fails, and save the smallest that fails as a file.

    Customers, managers, users, faults and the clock act at random, more often in some ways than in
    others as the seed has it. What holds in and after every scenario has to hold. Without --target or
    --config both ends are callproof's own, on a manual clock. Exits with 1 when a run fails.
    """
    asked = kinds.convert(options, _Asked)
    target = target_of(asked.target, asked.config, asked.crm_url, asked.api_key)
    broken = faults_of(asked.fault, target.side if target else None)
    key = (target.api_key if target else "") or api_key(DEFAULT_SEED)
    hidden = masks([key, target.client_id if target else CLIENT_ID])
    out = console()
    with no_verdict(), interruptible(), _table(asked, target, broken) as table:
        progress = explore_terminal.Progress(partial(echo, err=True))
        explorer = Explorer(table, Path(asked.file).stem, asked.seed, asked.mode, progress.hear)
        try:
            failing = explorer.explore(asked.budget)
        except KeyboardInterrupt:
            with undisturbed():
                explore_terminal.states(out, explorer.explored, hidden.text)
                if explorer.failing:
                    _save(explorer.failing, asked, hidden.text, out)
            interrupted("The run was interrupted.")
    explore_terminal.states(out, explorer.explored, hidden.text)
    if not failing:
        explore_terminal.nothing(out, explorer.explored)
        out.demand_written()
        return
    _save(failing, asked, hidden.text, out)
    out.demand_written()
    sys.exit(NOT_CONFORMANT)


def _save(failing: Failing, asked: _Asked, clean: Callable[[str], str], out: Console) -> None:
    """As a file, and on the terminal, where ``clean`` takes secrets out. Raises NotWritten."""
    output.write(asked.file, explore_terminal.entitled(failing, asked.seed).text().encode())
    explore_terminal.found(out, failing, asked.file, _again(asked), clean)


def _again(asked: _Asked) -> str:
    """How the saved scenario is played again."""
    words = ["callproof check", asked.file]
    if asked.config:
        words += ["--config", asked.config]
    elif asked.target:
        words += ["--target crm --crm-url", asked.crm_url, "--api-key ..."]
    words += [f"--fault {name}" for name in asked.fault] + (["--strict"] if asked.strict else [])
    return " ".join(words)


@contextmanager
def _table(asked: _Asked, target: Target | None, broken: tuple[Fault, ...]) -> Iterator[Table]:
    """Where the runs are played: opposite the side under test, or on a fresh pair of ends each."""
    if not target:
        yield Table(Bench(GUIDES), BOTH, _pair, broken, asked.strict)
        return
    from callproof.running.opposite import opposite

    with opposite(target, DEFAULT_SEED, strict=asked.strict) as (ends, _):
        if "calls" not in ends.pbx.state():
            raise Misuse(f"{asked.config}: explore has to see the calls of a PBX; write the view calls.")
        bench = Bench(target.account, _absent(target), frozenset((target.side.other,)), ends.manual)
        yield Table(bench, target.judged(token_hex(3)), lambda: nullcontext(ends), broken, asked.strict)


def _absent(target: Target) -> frozenset[str]:
    """What nobody can make the side do: what it declares absent, and every action without a stimulus."""
    known = {UPLOAD_EVERY} if target.side is Side.PBX else set()
    known |= {name for name, rule in ACTIONS.items() if rule.end is target.side}
    return frozenset((*target.lacks, *(name for name in known if name not in target.stimuli)))


@contextmanager
def _pair() -> Iterator[Ends]:
    # Only where one is needed, so that whoever has a side of his own does not load ours.
    from callproof.running.pair import built_in

    with built_in(nearby=True) as pair:
        yield pair.ends
