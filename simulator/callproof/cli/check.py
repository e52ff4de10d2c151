"""``callproof check`` and ``callproof requirements``: what the contract demands and whether it is kept."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from callproof.cli.common import (
    NOT_CONFORMANT,
    UNREACHABLE,
    USAGE,
    faults_of,
    option,
    stop,
    write_file,
)
from callproof.cli.writing import listeners, report_options
from callproof.conformance import baseline, fates, loading, runner
from callproof.conformance.baseline import Baseline, load_baseline
from callproof.conformance.events import Telling
from callproof.conformance.foreign import Foreign
from callproof.conformance.judge import BOTH, UnderTest
from callproof.conformance.selection import choose, foreign_needs, unused
from callproof.conformance.target import Target, load_target
from callproof.conformance.verdict import Verdict
from callproof.contract.files import shipped
from callproof.contract.operations import Side
from callproof.contract.requirements import RULESET, Evidence, Level, all_requirements
from callproof.control.client import ActionRefused, Ends, Unreachable
from callproof.crm.account import DEFAULT_SEED
from callproof.exchange.faults import catalogue
from callproof.files.yamlfile import FileError
from callproof.reports.redact import Redactor
from callproof.running.opposite import opposite
from callproof.running.pair import built_in
from callproof.running.threads import PortTaken


@click.command()
@click.argument("wanted", nargs=-1, metavar="[PATH-OR-ID]...")
@option(
    "--seed", default=DEFAULT_SEED, show_default=True, type=int, help="The same seed gives the same report."
)
@option("--strict", is_flag=True, help="Raise the severity of every row by one.")
@option(
    "--target", type=click.Choice(["pbx", "crm"]), help="The side that is yours; by default neither is."
)
@option(
    "--config",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="How to reach and poke your side; callproof init writes one.",
)
@option("--crm-url", default="", help="Your CRM; with --pbx-url, a running callproof CRM to judge.")
@option("--pbx-url", default="", help="A running callproof PBX that talks to that CRM.")
@option("--api-key", default="", help="The API key of the CRM.")
@option("--control-token", default="", help="The token of the running ends' control API.")
@option(
    "--fault",
    multiple=True,
    metavar="NAME",
    help="Break an end of callproof's in every scenario; a requirement means all faults that touch it.",
)
@option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Known failures, which do not count; a stale entry does.",
)
@option(
    "--write-baseline",
    type=click.Path(dir_okay=False, writable=True),
    metavar="FILE",
    help="Write the failures of this run as a baseline.",
)
@report_options
def check(wanted: tuple[str, ...], **options: Any) -> None:
    """Play scenarios and judge your side, requirement by requirement.

    Without arguments all scenarios are played. Without --target or --config both ends are callproof's own,
    on a manual clock.
    """
    try:
        scenarios, target = loading.find(wanted), _target(options)
        broken = faults_of(options["fault"])
        known = load_baseline(options["baseline"]) if options["baseline"] else Baseline()
    except (FileError, LookupError) as error:
        stop(str(error.args[0]), USAGE)
    verdict = Verdict([], options["seed"], options["strict"])
    if target:
        if any(fault.side is target.side for fault in broken):
            stop(f"--fault: a fault of the {target.side} can only break callproof's own.", USAGE)
        scenarios, left_out = choose(scenarios, target)
        verdict.target = target.side
        verdict.left_out = [(found.scenario, found.why) for found in left_out if found.why]
    heard_by = listeners(options)
    try:
        with _ends(options, target) as (ends, foreign):
            redactor = Redactor((ends.api_key, options["control_token"]))
            telling = Telling(verdict, heard_by, lambda played: known.marked(redactor.scenario(played)))
            telling.started()
            judged = UnderTest(target.side, target.code, target.client_id) if target else BOTH
            runner.run(scenarios, ends, telling.played, judged, broken)
            verdict.created = [redactor.text(made) for made in foreign.created] if foreign else ()
    except (Unreachable, PortTaken, ActionRefused) as error:
        stop(str(error), UNREACHABLE)
    verdict.stale = known.stale(verdict.scenarios)
    if options["write_baseline"]:
        write_file(options["write_baseline"], baseline.written(verdict))
    telling.ended()
    sys.exit(0 if verdict.conformant else NOT_CONFORMANT)


def _target(options: dict[str, Any]) -> Target | None:
    """The side under test, None for callproof's own ends. Raises FileError for a broken file."""
    if options["config"]:
        target = load_target(options["config"])
        if options["target"] not in (None, target.side.value):
            stop(f"{options['config']} is about a {target.side}, not a {options['target']}.", USAGE)
        if unknown := unused(target, loading.find()):
            stop(f"{options['config']}: absent: no scenario needs {unknown[0]!r}.", USAGE)
        url, key = options["crm_url"] or target.url, options["api_key"] or target.api_key
        if target.side is Side.CRM:
            target = replace(target, url=url, api_key=key)
    elif options["target"] == "crm":
        absent = {need for scenario in loading.find() for need in foreign_needs(scenario, Side.CRM)}
        target = Target(
            Side.CRM,
            Path.cwd(),
            url=options["crm_url"],
            api_key=options["api_key"],
            absent=tuple(sorted(absent)),
        )
    elif options["target"]:
        stop("--target pbx needs --config FILE, which says how your PBX is made to act.", USAGE)
    else:
        return None
    if target.side is Side.CRM and not (target.url and target.api_key):
        stop("A CRM under test needs --crm-url and --api-key, or url and api-key in the file.", USAGE)
    return target


@contextmanager
def _ends(options: dict[str, Any], target: Target | None) -> Iterator[tuple[Ends, Foreign | None]]:
    with ExitStack() as stack:
        if target:
            yield stack.enter_context(opposite(target, options["seed"], strict=options["strict"]))
            return
        given = [options[name] for name in ("crm_url", "pbx_url", "api_key")]
        if any(given) and not all(given):
            stop("--crm-url, --pbx-url and --api-key belong together.", USAGE)
        if not any(given):
            pair = stack.enter_context(built_in(options["seed"]))
            given = [pair.crm_url, pair.pbx_url, pair.api_key]
        ends = Ends.at(given[0], given[1], given[2], options["control_token"])
        stack.callback(ends.close)
        yield ends, None


@click.command()
@option("--side", type=click.Choice(["crm", "pbx"]), help="Only the faults of this side.")
def faults(side: str | None) -> None:
    """List how an end can be broken, what that challenges on the other side and breaks on its own."""
    for fault in catalogue().values():
        if side in (None, fault.side.value):
            touched = [
                *(f"challenges {row}" for row in fault.challenges),
                *(f"breaks {row}" for row in fault.breaks),
            ]
            click.echo(f"{fault.name:<24} {fault.text} ({', '.join(touched)})")


@click.command()
@option("--target", type=click.Choice(["pbx", "crm"]), default="pbx", show_default=True, help="Your side.")
@click.argument("file", default="callproof.yaml", type=click.Path(dir_okay=False))
def init(target: str, file: str) -> None:
    """Write a commented callproof.yaml, to be filled in."""
    if Path(file).exists():
        stop(f"{file} is there already; name another file.", USAGE)
    write_file(file, shipped("schemas").joinpath(f"callproof-{target}.yaml").read_bytes())
    click.echo(f"{file} is written. Fill it in, then: callproof check --config {file}")


@click.command()
@option("--side", type=click.Choice(["crm", "pbx"]), help="Only the rows that bind this side.")
@option("--level", type=click.Choice([level.value for level in Level]), help="Only rows of this level.")
@option(
    "--evidence",
    type=click.Choice([grade.value for grade in Evidence]),
    help="Only rows that rest on this evidence.",
)
@option("--untested", is_flag=True, help="Only rows that no check looks at, with the reason.")
@click.argument("wanted", nargs=-1, metavar="[ID]...")
def requirements(wanted: tuple[str, ...], untested: bool, **filters: str | None) -> None:
    """List what the contract demands, row by row; an ID or its beginning narrows the list.

    The columns are the row, its level, the evidence, what missing it does to a verdict, and the demand.
    """
    left = {row.id for row, _ in fates.untested()}
    for row in all_requirements().values():
        if any(getattr(row, name) != value for name, value in filters.items() if value):
            continue
        if (untested and row.id not in left) or (wanted and not row.id.startswith(wanted)):
            continue
        fate = f" (excluded: {row.excluded})" if row.excluded else ""
        severity = row.severity(strict=False).name.lower()
        click.echo(f"{row.id:<16} {row.level:<6} {row.evidence} {severity:<4}  {row.text}{fate}")
    if not wanted and not untested and not any(filters.values()):
        click.echo(f"Ruleset {RULESET}: {len(all_requirements())} rows, of them untested: {len(left)}")
