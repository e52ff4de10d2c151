"""``python -m benchmarks``: measure, print, and write ``docs/performance.md`` when asked to."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import click

from benchmarks import machine, plan, wrk
from benchmarks.bench import ROOT, Bench
from benchmarks.claims import (
    of_comparison,
    of_connections,
    of_footprint,
    of_journal,
    of_notations,
    of_scaling,
    of_sizes,
    of_workers,
)
from benchmarks.figures import Found
from benchmarks.processes import NotStarted
from benchmarks.report import (
    CONNECTIONS_TEXT,
    JOURNAL_TEXT,
    NOTATIONS_TEXT,
    NOTICE,
    SIZES_TEXT,
    comparison_part,
    footprint_part,
    found_part,
    page,
    workers_part,
)
from benchmarks.sections.comparison import Comparison, compare
from benchmarks.sections.connections import CONNECTIONS, kind, measure_connections
from benchmarks.sections.footprint import Footprint, measure_footprint
from benchmarks.sections.journal import measure_journal
from benchmarks.sections.notations import measure_notations
from benchmarks.sections.sizes import measure_sizes
from benchmarks.sections.workers import Workers, measure_workers

PAGE = ROOT / "docs" / "performance.md"
SCALING = ROOT / "docs" / "scaling.md"
SECTIONS = ("peers", "sizes", "notations", "journal", "connections", "workers", "footprint")
# As of all commands here: usage, and what is needed could not be reached.
_USAGE, _UNREACHABLE = 2, 3


@dataclass
class Results:
    compared: Comparison = field(default_factory=Comparison)
    sizes: Found = field(default_factory=Found)
    notations: Found = field(default_factory=Found)
    journal: Found = field(default_factory=Found)
    connections: Found = field(default_factory=Found)
    workers: Workers = field(default_factory=Workers)
    footprint: Footprint = field(default_factory=Footprint)


@click.command()
@click.option("--quick", is_flag=True, help="Few rounds and small databases, in under two minutes.")
@click.option("--only", type=click.Choice(SECTIONS), help="One section.")
@click.option("--write", is_flag=True, help="Write the pages of the figures; needs a whole run.")
def main(quick: bool, only: str | None, write: bool) -> None:
    """Measure callproof and its peers; print the figures as Markdown, progress to standard error."""
    if write and (quick or only):
        _stop("--write publishes a whole run: leave out --quick and --only.", _USAGE)
    if not wrk.find():
        _stop(wrk.HINT, _UNREACHABLE)
    cache = ROOT / ".bench"
    cache.mkdir(exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="run-", dir=cache))
    bench = Bench(cache, work, quick, _progress())
    try:
        results = _measure(bench, [only] if only else list(SECTIONS))
    except NotStarted as reason:
        _stop(f"callproof serve does not start: {reason}", _UNREACHABLE)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    text = _page(results, quick, only)
    click.echo(text)
    if write:
        PAGE.write_text(NOTICE + text, "utf-8")
        SCALING.write_text(plan.inserted(SCALING.read_text("utf-8"), text), "utf-8")


def _measure(bench: Bench, sections: list[str]) -> Results:
    results = Results()
    if "peers" in sections:
        results.compared = compare(bench)
    if "sizes" in sections:
        results.sizes = measure_sizes(bench)
    if "notations" in sections:
        results.notations = measure_notations(bench)
    if "journal" in sections:
        results.journal = measure_journal(bench)
    if "connections" in sections:
        results.connections = measure_connections(bench)
    if "workers" in sections:
        results.workers = measure_workers(bench)
    if "footprint" in sections:
        results.footprint = measure_footprint(bench)
    return results


def _page(results: Results, quick: bool, only: str | None) -> str:
    parts = {
        "peers": comparison_part(results.compared),
        "sizes": found_part("Stored calls", SIZES_TEXT, "stored calls and their ids", results.sizes),
        "notations": found_part("Notations", NOTATIONS_TEXT, "numbers", results.notations),
        "journal": found_part("Journal", JOURNAL_TEXT, "callproof", results.journal),
        "connections": found_part(
            "Connections", CONNECTIONS_TEXT, "set-up", results.connections, [kind(n) for n in CONNECTIONS]
        ),
        "workers": workers_part(results.workers),
        "footprint": footprint_part(results.footprint),
    }
    claims = {
        "peers": of_comparison(results.compared.found),
        "sizes": of_sizes(results.sizes),
        "notations": of_notations(results.notations),
        "journal": of_journal(results.journal),
        "connections": of_connections(results.connections),
        "workers": [*of_workers(results.workers), *of_scaling(results.workers)],
        "footprint": of_footprint(results.footprint),
    }
    options = f"{' --quick' if quick else ''}{f' --only {only}' if only else ''}"
    shown = [part for name, part in parts.items() if only in (None, name)]
    promised = [claim for name, some in claims.items() if only in (None, name) for claim in some]
    return page(options, machine.describe(), promised, shown)


def _progress() -> Callable[[str], None]:
    """What is being done, with the seconds since the start."""
    begun = time.monotonic()

    def say(text: str) -> None:
        click.echo(f"{time.monotonic() - begun:5.0f} s  {text}", err=True)

    return say


def _stop(text: str, code: int) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
