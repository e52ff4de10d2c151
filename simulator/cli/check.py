"""``callproof check`` and ``callproof requirements``: what the contract demands and whether it is kept."""

import sys
from contextlib import ExitStack

import click

from simulator.bench.ends import Ends, Unreachable
from simulator.bench.seed import DEFAULT_SEED
from simulator.bench.yamlfile import FileError
from simulator.cli.common import NOT_CONFORMANT, UNREACHABLE, USAGE, option, stop, write_file
from simulator.conformance import loading, runner
from simulator.conformance.reports import json_report, terminal
from simulator.conformance.reports import junit as junit_report
from simulator.conformance.verdict import ScenarioResult, Verdict
from simulator.contract.requirements import all_requirements
from simulator.serving import PortTaken, built_in


@click.command()
@click.argument("wanted", nargs=-1, metavar="[PATH-OR-ID]...")
@option(
    "--seed", default=DEFAULT_SEED, show_default=True, type=int, help="The same seed gives the same report."
)
@option("--strict", is_flag=True, help="Raise the severity of every row by one.")
@option("--crm-url", default="", help="A running callproof CRM to judge, instead of a built-in pair.")
@option("--pbx-url", default="", help="A running callproof PBX that talks to it.")
@option("--api-key", default="", help="The API key of that CRM.")
@option("--control-token", default="", help="The token of its control API.")
@option(
    "--json",
    type=click.Path(dir_okay=False, writable=True),
    metavar="FILE",
    help="Write the report as JSON.",
)
@option("--junit", type=click.Path(dir_okay=False, writable=True), metavar="FILE", help="Write JUnit XML.")
def check(
    wanted: tuple[str, ...],
    seed: int,
    strict: bool,
    crm_url: str,
    pbx_url: str,
    api_key: str,
    control_token: str,
    json: str | None,
    junit: str | None,
) -> None:
    """Play scenarios and judge both ends, requirement by requirement.

    Without arguments all scenarios are played, on built-in ends with a manual clock.
    """
    if bool(crm_url) != bool(pbx_url) or bool(crm_url) != bool(api_key):
        stop("--crm-url, --pbx-url and --api-key belong together.", USAGE)
    try:
        scenarios = loading.find(wanted)
    except (FileError, LookupError) as error:
        stop(str(error.args[0]), USAGE)
    out = terminal.console()
    verdict = Verdict([], seed, strict)

    def show(result: ScenarioResult) -> None:
        verdict.scenarios.append(result)
        terminal.scenario(out, result, verdict.outcome_of(result))

    try:
        with ExitStack() as stack:
            if not crm_url:
                pair = stack.enter_context(built_in(seed))
                crm_url, pbx_url, api_key = pair.crm_url, pair.pbx_url, pair.api_key
            ends = Ends(crm_url, pbx_url, api_key, control_token)
            stack.callback(ends.close)
            runner.run(scenarios, ends, show)
    except (Unreachable, PortTaken) as error:
        stop(str(error), UNREACHABLE)
    terminal.table(out, verdict)
    if json:
        write_file(json, json_report.write(verdict))
    if junit:
        write_file(junit, junit_report.write(verdict))
    terminal.summary(out, verdict)
    sys.exit(0 if verdict.conformant else NOT_CONFORMANT)


@click.command()
@option("--side", type=click.Choice(["crm", "pbx"]), help="Only the rows that bind this side.")
def requirements(side: str | None) -> None:
    """List what the contract demands, row by row."""
    for row in all_requirements().values():
        if side in (None, row.side.value):
            fate = f" (excluded: {row.excluded})" if row.excluded else ""
            click.echo(f"{row.id:<16} {row.level:<6} {row.evidence}  {row.text}{fate}")
