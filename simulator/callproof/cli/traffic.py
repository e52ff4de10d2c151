"""``callproof traffic``."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice, takewhile
from math import ceil
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from callproof.cli.common import (
    NOT_CONFORMANT,
    ends_given,
    known_zone,
    no_verdict,
    option,
    over_option,
    sendable,
    trust_given,
    trusting,
)
from callproof.cli.interrupting import heard, interrupted, undisturbed
from callproof.cli.naming import plan_of
from callproof.clocks.durations import seconds
from callproof.clocks.manual import ManualClock
from callproof.clocks.real import RealClock
from callproof.contract.budgets import Limits
from callproof.control.client import Ends
from callproof.crm.account import DEFAULT_SEED
from callproof.errors import Misuse
from callproof.reports import output, traffic_json, traffic_terminal
from callproof.reports.console import console
from callproof.running.pair import built_in
from callproof.traffic import records
from callproof.traffic.arrivals import Arrival, Source, arrivals
from callproof.traffic.mix import Mix, load_mix
from callproof.traffic.reconcile import reconcile
from callproof.traffic.run import Traffic
from callproof.traffic.summary import Summary, summary

CALLS = 1000
TELEPHONY_BUDGET = 40
# Managers beside those who are on the telephone at an average moment.
SPARE = 1.3
CUSTOMERS_PER_MANAGER = 2


def duration(_context: click.Context, _parameter: click.Parameter, text: str | None) -> float | None:
    """Seconds, from ``90``, ``90s``, ``10m``, ``2h`` or ``1d``; a usage error for anything else."""
    try:
        return None if text is None else seconds(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@option("--calls", type=click.IntRange(1, 1_000_000), help=f"How many calls are made; default {CALLS}.")
@option("--for", "lasting", callback=duration, metavar="TIME", help="How long new calls begin, as in 10m.")
@option(
    "--rate", default=10.0, show_default=True, type=click.FloatRange(0.001, 1000), help="Calls a second."
)
@option("--mix", type=click.Path(exists=True, dir_okay=False), metavar="FILE", help="What kind of calls.")
@option(
    "--clock",
    of="traffic",
    type=click.Choice(["virtual", "real"]),
    default="virtual",
    show_default=True,
    help="Virtual time goes as fast as the machine allows.",
)
@option(
    "--seed", default=DEFAULT_SEED, show_default=True, type=int, help="The same seed makes the same calls."
)
@option(
    "--pbx-config", type=click.Path(exists=True, dir_okay=False), metavar="FILE", help="The numbering plan."
)
@option("--managers", type=click.IntRange(1, 100_000), help="By default as many as the traffic keeps busy.")
@option("--customers", type=click.IntRange(1, 1_000_000), help="By default two for each manager.")
@option(
    "--timezone",
    default="UTC",
    show_default=True,
    callback=known_zone,
    help="Where hours of the day count.",
)
@over_option("memory")
@option("--crm-url", default="", help="A running callproof CRM, instead of a built-in pair.")
@option("--pbx-url", default="", help="A running callproof PBX that talks to it.")
@option("--api-key", default="", callback=sendable, help="The API key of that CRM.")
@option("--control-token", default="", callback=sendable, help="The token of its control API.")
@trusting
@option(
    "--json",
    type=click.Path(dir_okay=False, writable=True),
    metavar="FILE",
    help="Write the summary as JSON.",
)
def traffic(**options: Any) -> None:
    """Let customers call in and managers call out, then compare what both ends have kept.

    On a built-in pair whose CRM keeps the contract's budget of 40 requests a second, or on running ends.
    Exits with 1 when a call is lost, double or different at the two ends. Ctrl-C or SIGTERM ends it early:
    what was made until then is compared, with exit code 130.
    """
    ends_given(options["crm_url"], options["pbx_url"], options["api_key"])
    out = console()
    try:
        mix = load_mix(options["mix"]) if options["mix"] else Mix()
        found = _traffic(options, mix, out)
    except KeyboardInterrupt:
        interrupted("The traffic was interrupted.")
    with undisturbed():
        traffic_terminal.show(out, found)
        if options["json"]:
            output.write(options["json"], traffic_json.write(found))
    if found.stopped:
        interrupted(f"The traffic was stopped after {found.attempted} calls.")
    out.demand_written()
    sys.exit(NOT_CONFORMANT if found.mismatches else 0)


def _traffic(options: dict[str, Any], mix: Mix, out: Console) -> Summary:
    """Of all calls, or of those that were made until somebody stopped it. Raises KeyboardInterrupt for who
    does so twice."""
    with no_verdict(), heard() as stop, _ends(options, mix) as ends:
        ends.pbx.post("/register")
        positions = records.last_position(ends.pbx), records.last_position(ends.crm)
        calls = _calls(options, mix, ends)
        with _bar(options) as progress:
            log = Traffic(ends, progress, stop=stop).run(calls)
        out.print("Comparing both ends ...") if out.is_terminal else None
        return summary(log, reconcile(ends, log, *positions))


@contextmanager
def _ends(options: dict[str, Any], mix: Mix) -> Iterator[Ends]:
    """The running ends that were named, or a pair that lasts as long as the traffic."""
    with ExitStack() as stack:
        if options["crm_url"]:
            ends = Ends.at(
                options["crm_url"],
                options["pbx_url"],
                options["api_key"],
                options["control_token"],
                trust_given(),
            )
            stack.callback(ends.close)
        else:
            managers = options["managers"] or max(2, ceil(options["rate"] * mix.mean_holding * SPARE))
            plan, managers = plan_of(options["pbx_config"], managers)
            pair = stack.enter_context(
                built_in(
                    options["seed"],
                    ManualClock() if options["clock"] == "virtual" else RealClock(),
                    plan=plan,
                    managers=managers,
                    customers=options["customers"] or CUSTOMERS_PER_MANAGER * managers,
                    limits=Limits(telephony=TELEPHONY_BUDGET),
                    timezone=options["timezone"],
                    nearby=options["over"] == "memory",
                )
            )
            ends = pair.ends
        yield ends


def _calls(options: dict[str, Any], mix: Mix, ends: Ends) -> Iterator[Arrival]:
    start = ends.now()
    source = Source(records.phones(ends.crm, ends.api_key), records.lines(ends))
    if not source.lines:
        raise Misuse("The CRM knows no line of the PBX; give the module externalPhones.")
    found = arrivals(mix, options["rate"], options["seed"], start, source, options["timezone"])
    if (lasting := options["lasting"]) is not None:
        found = takewhile(lambda call: call.at < start + lasting, found)
        return islice(found, options["calls"])
    return islice(found, options["calls"] or CALLS)


@contextmanager
def _bar(options: dict[str, Any]) -> Iterator[Callable[[int], object]]:
    """A progress bar on a terminal, nothing elsewhere; without a number of calls it is estimated."""
    total = options["calls"] or (
        ceil(options["rate"] * options["lasting"]) if options["lasting"] else CALLS
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    err = Console(stderr=True)
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("Calls", total=total)
        yield lambda made: progress.update(task, completed=made)
