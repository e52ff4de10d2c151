"""``callproof serve``."""

import os
from typing import TYPE_CHECKING, Any, TypeVar

import click

from callproof.cli import completion
from callproof.cli.common import (
    echo,
    is_given,
    known_country,
    known_zone,
    option,
    sendable,
    trust_given,
    trusting,
)
from callproof.cli.naming import faults_of, plan_of
from callproof.cli.places import placed, places_of
from callproof.contract.budgets import Limits
from callproof.contract.guide import CLIENT_ID
from callproof.contract.operations import Side
from callproof.crm.account import api_key
from callproof.crm.settings import CrmSettings
from callproof.errors import Misuse
from callproof.limits import SETTABLE, Bounds, given
from callproof.pbx.settings import PbxSettings
from callproof.running import logs
from callproof.running.meeting import ServeOptions
from callproof.running.serve import forks, serve_until_stopped, system
from callproof.storage.address import IN_MEMORY, spelled

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def journal_share(_context: click.Context, _option: click.Parameter, value: str) -> int:
    """Of so many exchanges the journal keeps one: 1 for all, 0 for off."""
    found = {"all": "1", "off": "0"}.get(value, value)
    if not found.isdecimal() or (found == "0" and value != "off"):
        raise click.BadParameter(f"{value!r} is neither all, nor off, nor a number from 1.")
    return int(found)


def known_database(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """The address of a database of a known kind, in the spelling used here; raises StorageError."""
    return spelled(value)


def rewritten(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """What addresses are reached by, by their beginnings, from texts such as ``https://a=http://b``."""
    found = {}
    for value in values:
        public, equals, near = value.partition("=")
        if not equals or not all(address.startswith(("http://", "https://")) for address in (public, near)):
            raise click.BadParameter(
                f"{value!r} is not PUBLIC=NEAR with two addresses of http:// or https://."
            )
        found[public] = near
    return found


def limited(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> Bounds:
    """The table of limits with these values; raises Misuse."""
    return given(values)


@click.command()
@placed
@option(
    "--db",
    "database",
    default=IN_MEMORY,
    show_default=True,
    callback=known_database,
    help="Where state is kept; the default is memory.",
)
@option(
    "--durability",
    default=CrmSettings.durability,
    show_default=True,
    type=click.Choice(["commit", "power"]),
    help="What is acknowledged outlives callproof (commit), or also a loss of power, which is slower.",
)
@option(
    "--workers",
    default=CrmSettings.workers,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Processes that answer as the CRM; several want a --db that they can share.",
)
@option("--pin", is_flag=True, help="Keep each worker to one core: less CPU where nothing else wants it.")
@option(
    "--journal",
    "journal_every",
    default="all",
    show_default=True,
    metavar="all|off|N",
    callback=journal_share,
    help="What the CRM's journal keeps: every exchange, none, or one of N.",
)
@option(
    "--seed",
    default=CrmSettings.seed,
    show_default=True,
    type=int,
    help="Makes customers and calls; where it is given, also key and clientId, which others can know then.",
)
@option(
    "--api-key",
    default="",
    callback=sendable,
    help="The CRM's API key. By default that of --seed if it is given, else the last one of this --db, else"
    " a new one.",
)
@option("--strict", of="serve", is_flag=True, help="Refuse what the real CRM is thought to refuse.")
@option(
    "--clock",
    type=click.Choice(["real", "manual"]),
    default=ServeOptions.clock,
    show_default=True,
    help="A manual clock moves only by POST /_bench/clock.",
)
@option(
    "--country",
    default=CrmSettings.country,
    show_default=True,
    callback=known_country,
    help="Whose numbering plan reads national numbers.",
)
@option(
    "--timezone",
    default=CrmSettings.timezone,
    show_default=True,
    callback=known_zone,
    help="The account's time zone, in which dates are written.",
)
@option("--budget-general", type=click.IntRange(0), help="Requests a second of a key; the real one has 10.")
@option("--budget-telephony", type=click.IntRange(0), help="The same for telephony; the real one has 40.")
@option(
    "--budget-status",
    type=click.Choice(["503", "429"]),
    default="503",
    show_default=True,
    help="What a request beyond the budget is answered.",
)
@option("--register", is_flag=True, help="Register the virtual PBX with the CRM at the start.")
@option(
    "--upload-every",
    default=PbxSettings.upload_every,
    show_default=True,
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Period of history uploads; 0 uploads after each call.",
)
@option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    metavar="HOST",
    help="A host beside this machine that may be called.",
)
@option(
    "--rewrite",
    "rewrites",
    multiple=True,
    metavar="PUBLIC=NEAR",
    callback=rewritten,
    help="A beginning of public addresses, and what it is reached by from here, as in"
    " https://pbx.vendor.example=http://127.0.0.1:9000.",
)
@trusting
@option(
    "--insecure-callbacks",
    multiple=True,
    metavar="HOST",
    help="A host, or HOST:PORT, whose certificate is taken without a look when it is called.",
)
@option(
    "--pbx-config",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="The numbering plan of the virtual PBX; by default the guide's.",
)
@option(
    "--managers", type=click.IntRange(1, 100_000), help="Users of the CRM; by default those of the plan."
)
@option(
    "--customers",
    default=CrmSettings.customers,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="Customers of the CRM.",
)
@option(
    "--fault",
    "faults",
    shell_complete=completion.faults,
    multiple=True,
    metavar="NAME",
    help="Break an end on purpose; callproof faults lists how. A requirement means all that touch it.",
)
@option(
    "--limit",
    "bounds",
    multiple=True,
    metavar="NAME=VALUE",
    callback=limited,
    help="Another value for a limit of what peers may make the ends spend, as in crm-request-bytes=65536;"
    f" the names: {', '.join(SETTABLE)}.",
)
@option(
    "--open",
    "browse",
    is_flag=True,
    help="Open the CRM's pages, or those of the only end, in the default browser.",
)
@option("--name", default=ServeOptions.name, show_default=True, help="What the pages are headed by.")
@option(
    "--control-token",
    default="",
    callback=sendable,
    help="Demand this token from users of the control API.",
)
@option(
    "--verbose", is_flag=True, help="Log every exchange and each step of a call, not only what was found."
)
@option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Lines of the log, on stderr.",
)
def serve(**options: Any) -> None:
    """Start the CRM and the virtual PBX and serve until stopped."""
    try:
        _serve(options)
    except KeyboardInterrupt:
        # What serves hears signals by itself.
        echo("Stopped before it served.")


def _serve(options: dict[str, Any]) -> None:
    logs.begin(options["log_format"], verbose=options["verbose"])
    options["faults"] = faults_of(options["faults"])
    if options["pin"] and (not hasattr(os, "sched_setaffinity") or options["clock"] == "manual"):
        raise Misuse("--pin wants Linux and the machine's clock. Leave it out.")
    if options["durability"] == "power" and options["database"] == IN_MEMORY:
        raise Misuse("--durability power wants a database that is kept. Add --db sqlite:///callproof.db.")
    if options["workers"] > 1:
        if not forks():
            raise Misuse(f"--workers wants Linux; on {system()} one process answers. Leave it out.")
        _demand_shareable(options)
    options["plan"], options["managers"] = plan_of(options["pbx_config"], options["managers"])
    options["trust"] = trust_given(options["insecure_callbacks"])
    options |= _way_in(options)
    options |= places_of(options)
    serve_until_stopped(_serve_options(options), echo)


def _way_in(options: dict[str, Any]) -> dict[str, str]:
    """Key and clientId as far as they are said; what is empty is nobody's to know."""
    if options["api_key"] or not is_given("seed"):
        if options["only"] == "pbx" and not options["api_key"]:
            raise Misuse("The virtual PBX alone does not know the key of its CRM. Add --api-key KEY.")
        return {"client_id": ""}
    return {"api_key": api_key(options["seed"]), "client_id": CLIENT_ID}


def _serve_options(options: dict[str, Any]) -> ServeOptions:
    """What has the name of an end's setting is one; the rest is the server's."""
    limits = Limits(options["budget_general"], options["budget_telephony"], int(options["budget_status"]))
    broken = {side: tuple(fault for fault in options["faults"] if fault.side is side) for side in Side}
    crm = _of(CrmSettings, options, limits=limits, faults=broken[Side.CRM])
    pbx = _of(PbxSettings, options, faults=broken[Side.PBX])
    only = options["only"]
    return _of(
        ServeOptions, options, crm=None if only == "pbx" else crm, pbx=None if only == "crm" else pbx
    )


def _of(kind: type[T], options: dict[str, Any], **more: Any) -> T:
    """A ``kind`` of those options that are named as its fields; ``more`` comes first."""
    names = kind.__dataclass_fields__
    return kind(**{name: value for name, value in {**options, **more}.items() if name in names})


def _demand_shareable(options: dict[str, Any]) -> None:
    if options["database"] == IN_MEMORY:
        raise Misuse("Several workers cannot share a state in memory. Add --db sqlite:///callproof.db.")
    if options["clock"] == "manual":
        raise Misuse("Several workers cannot share a manual clock. Leave --clock out.")
    if any(fault.side is Side.CRM for fault in options["faults"]):
        raise Misuse("Faults want an end with one worker. Leave --workers or --fault out.")
