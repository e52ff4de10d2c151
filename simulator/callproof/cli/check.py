"""``callproof check``: whether a side keeps the contract."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

import click
from msgspec import structs

from callproof import kinds
from callproof.cli import completion, listing
from callproof.cli.common import (
    CONFIG,
    NOT_CONFORMANT,
    complain,
    echo,
    ends_given,
    hiding,
    known_country,
    known_zone,
    masks,
    no_verdict,
    option,
    over_option,
    redacting,
    sendable,
    trust_given,
    trusting,
)
from callproof.cli.deferred import imported
from callproof.cli.interrupting import interrupted, interruptible, undisturbed
from callproof.cli.naming import faults_of
from callproof.cli.targets import TargetFile, absent_option, strict_option, target_of, target_option
from callproof.cli.writing import Reporting, listeners, report_options
from callproof.conformance import abreast, baseline, loading
from callproof.conformance.baseline import Baseline, load_baseline
from callproof.conformance.events import Telling
from callproof.conformance.foreign import Foreign
from callproof.conformance.judge import BOTH
from callproof.conformance.process import SideEnded
from callproof.conformance.selection import LeftOut, choose
from callproof.conformance.target import Target
from callproof.conformance.verdict import Verdict
from callproof.contract.guide import CLIENT_ID, GUIDES, Account
from callproof.contract.operations import Side
from callproof.control.client import Ends
from callproof.crm.account import DEFAULT_SEED, api_key
from callproof.errors import CallproofError, InternalError, Misuse, OutOfReach
from callproof.reports import output
from callproof.reports.console import Patient, console
from callproof.reports.live import Live, is_watched
from callproof.reports.redact import Redactor


@dataclass(frozen=True)
class _Asked:
    """The options, but for those of the reports."""

    seed: int
    strict: bool
    target: Side | None
    config: str | None
    crm_url: str
    pbx_url: str
    api_key: str
    control_token: str
    fault: tuple[str, ...]
    timezone: str
    country: str
    baseline: str | None
    write_baseline: str | None
    at_least: float
    only_list: bool
    probe: bool
    over: str
    absent: tuple[str, ...]


@click.command(cls=Reporting)
@click.argument("wanted", nargs=-1, metavar="[PATH-OR-ID]...", shell_complete=completion.scenarios)
@option(
    "--seed", default=DEFAULT_SEED, show_default=True, type=int, help="The same seed gives the same report."
)
@strict_option
@target_option
@trusting
@option(
    "--config",
    type=TargetFile(exists=True, dir_okay=False),
    metavar="FILE",
    help="How to reach and poke your side; callproof init writes one.",
)
@absent_option
@option("--probe", is_flag=True, help="Try each stimulus and view of the file once; nothing is judged.")
@over_option("memory")
@option("--crm-url", default="", help="Your CRM; with --pbx-url, a running callproof CRM to judge.")
@option("--pbx-url", default="", help="A running callproof PBX that talks to that CRM.")
@option("--api-key", default="", callback=sendable, help="The API key of the CRM.")
@option(
    "--control-token", default="", callback=sendable, help="The token of the running ends' control API."
)
@option(
    "--fault",
    shell_complete=completion.faults,
    multiple=True,
    metavar="NAME",
    help="Break an end of callproof's in every scenario; a requirement means all faults that touch it.",
)
@option(
    "--timezone",
    default="",
    callback=known_zone,
    help="The account's time zone, in which dates are written; by default the file's, or UTC.",
)
@option(
    "--country",
    default="",
    callback=known_country,
    help="Whose numbering plan reads national numbers; by default the file's, or RU.",
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
@option(
    "--at-least",
    type=click.FloatRange(0, 100),
    default=0.0,
    metavar="PERCENT",
    help="How many of the rows of your side have to be looked at; fewer are not conformant.",
)
@option(
    "--list",
    "only_list",
    is_flag=True,
    help="Only say what would be played and left out, and how long it would take; nothing is started.",
)
@hiding
@report_options
def check(wanted: tuple[str, ...], **options: Any) -> None:
    """Play scenarios and judge your side, requirement by requirement.

    Without arguments all scenarios are played. Without --target or --config both ends are callproof's own,
    on a manual clock.
    """
    asked = kinds.convert(options, _Asked)
    scenarios = loading.find(wanted)
    target = target_of(asked.target, asked.config, asked.crm_url, asked.api_key, asked.absent)
    account = _account(asked, target.account if target else GUIDES)
    target = replace(target, account=account) if target else None
    if asked.probe:
        if target is None or not asked.config:
            raise Misuse("--probe needs --config FILE, whose stimuli and views it tries.")
        from callproof.cli import probe

        probe.run(target, asked.seed, scenarios, asked.config)
        return
    broken = faults_of(asked.fault, target.side if target else None)
    known = load_baseline(asked.baseline) if asked.baseline else Baseline()
    verdict = Verdict([], asked.seed, asked.strict, at_least=asked.at_least)
    left_out: list[LeftOut] = []
    if target:
        scenarios, left_out = choose(scenarios, target)
        verdict.target = target.side
        verdict.left_out = [(found.scenario, found.why) for found in left_out if found.why]
    if asked.only_list:
        real = target.side is Side.PBX and not target.timed if target else bool(asked.crm_url)
        instances, patience = (
            (target.instances, 0.0 if target.timed else target.patience) if target else (1, 0.0)
        )
        listing.show(scenarios, left_out, real=real, instances=instances, patience=patience)
        return
    redactor = redacting(_secrets(asked, target))
    live = Live(sys.stderr, redrawn=is_watched(sys.stderr), asks=bool(target and target.asks))
    out = console()
    telling = Telling(
        verdict, [live, *listeners(options, out)], lambda played: known.marked(redactor.scenario(played))
    )
    with live, _told_to_the_end(telling, redactor):
        if not scenarios:
            raise OutOfReach(_nothing_played(verdict))
        with no_verdict(), _pairs(asked, target, account, len(scenarios)) as pairs:
            judged = target.judged(token_hex(3)) if target else replace(BOTH, account=account)
            try:
                ends = [pair.ends for pair in pairs]
                abreast.run(scenarios, ends, telling.played, judged, broken, telling.tell)
            finally:
                telling.in_order([scenario.id for scenario in scenarios])
                # Whoever cleans up needs the codes of the modules, which may be their clientIds too.
                own = masks(_secrets(asked, target))
                verdict.created = [own.text(made) for pair in pairs for made in pair.created]
        verdict.stale = known.stale(verdict.scenarios)
        if asked.write_baseline:
            output.write(asked.write_baseline, baseline.written(verdict))
    if not target and not asked.crm_url and Path(CONFIG).exists():
        echo(
            f"Nothing of yours was judged: both ends were callproof's own. What {CONFIG} here says is yours"
            f" is judged by callproof check --config {CONFIG}",
            err=True,
        )
    _end(verdict, out)


@contextmanager
def _told_to_the_end(telling: Telling, redactor: Redactor) -> Iterator[None]:
    """Every report is written, whatever ends the run: the side under test, a person or nothing at all."""
    telling.started()
    try:
        with interruptible():
            yield
    except KeyboardInterrupt:
        _stopped(telling, "The run was interrupted.")
        interrupted(telling.verdict.stopped)
    except SideEnded as error:
        telling.verdict.crashed = True
        _stopped(telling, redactor.text(str(error)))
        raise CallproofError(telling.verdict.stopped) from None
    except OutOfReach as error:
        _stopped(telling, redactor.text(str(error)))
        raise OutOfReach(telling.verdict.stopped) from None
    except CallproofError as error:
        if isinstance(error, InternalError):
            _stopped(telling, redactor.text(str(error)))
        raise
    except Exception as error:
        _stopped(telling, redactor.text(str(InternalError.of(error))))
        raise
    telling.ended()


def _stopped(telling: Telling, why: str) -> None:
    """Write what there is; a report that cannot be written changes nothing about how the run ends."""
    telling.verdict.stopped = why
    try:
        with undisturbed():
            telling.ended()
    except Exception as error:
        complain(error)


def _end(verdict: Verdict, out: Patient) -> None:
    """What a row does to a verdict goes before what a file does. What nobody could
    read is no verdict."""
    if verdict.misconfigured and not verdict.red:
        first, *more = verdict.misconfigured
        also = f" (and {len(more)} more)" if more else ""
        hint = "; callproof check --probe tries each stimulus and view by itself" if verdict.target else ""
        raise Misuse(f"{first.id} cannot be played{also}: {first.broken}{hint}")
    out.demand_written()
    sys.exit(0 if verdict.conformant else NOT_CONFORMANT)


def _nothing_played(verdict: Verdict) -> str:
    absent = dict.fromkeys(why for _, why in verdict.left_out)
    why = f"{', '.join(absent)} is absent" if absent else "nothing is asked of this side"
    return f"No scenario was played, so this is no verdict: {why}."


def _secrets(asked: _Asked, target: Target | None) -> list[str]:
    """The keys and tokens of the run, before any end is there."""
    key = target.api_key if target else asked.api_key
    client = target.client_id if target else CLIENT_ID
    return [key or api_key(asked.seed), asked.control_token, client]


def _account(asked: _Asked, known: Account) -> Account:
    """The file's account, or the guide's, with what the options say of it."""
    return structs.replace(
        known, timezone=asked.timezone or known.timezone, country=asked.country or known.country
    )


@dataclass(frozen=True)
class _Pair:
    """What scenarios are played on; ``foreign`` stands in for a side under test."""

    ends: Ends
    foreign: Foreign | None = None

    @property
    def created(self) -> Sequence[str]:
        return self.foreign.created if self.foreign else ()


@contextmanager
def _pairs(asked: _Asked, target: Target | None, account: Account, most: int) -> Iterator[list[_Pair]]:
    """As many as the side under test may be started, at most as many as there are scenarios.

    Ends of our own are imported only where one is needed.
    """
    with ExitStack() as stack:
        if target:
            from callproof.running.opposite import opposite

            instances = min(target.instances, most)
            several = [opposite(target, asked.seed, strict=asked.strict) for _ in range(instances)]
            with ThreadPoolExecutor(instances) as pool:
                found = list(pool.map(stack.enter_context, several))
            yield [_Pair(ends, foreign) for ends, foreign in found]
            return
        if not ends_given(asked.crm_url, asked.pbx_url, asked.api_key):
            imported("callproof.running.pair")
            from callproof.running.pair import built_in

            pair = stack.enter_context(
                built_in(
                    asked.seed,
                    timezone=account.timezone,
                    country=account.country,
                    nearby=asked.over == "memory",
                )
            )
            yield [_Pair(pair.ends)]
            return
        ends = Ends.at(asked.crm_url, asked.pbx_url, asked.api_key, asked.control_token, trust_given())
        stack.callback(ends.close)
        yield [_Pair(ends)]
