"""``callproof doctor``."""

import sys

import click
import msgspec

from callproof import __version__
from callproof.cli.common import echo, option
from callproof.cli.places import at_ports
from callproof.cli.serve import known_database
from callproof.contract.operations import Side
from callproof.contract.printing import printable
from callproof.errors import Misuse
from callproof.running.checkup import Finding, State, Wanted, look
from callproof.running.meeting import ServeOptions
from callproof.storage.address import IN_MEMORY

MARKS = {State.OK: "OK", State.NOTE: "note", State.PROBLEM: "PROBLEM"}


class _Report(msgspec.Struct, rename="camel"):
    version: str
    passed: bool
    findings: list[Finding]


@click.command()
@option(
    "--db",
    "database",
    default=IN_MEMORY,
    show_default=True,
    callback=known_database,
    help="Where state is to be kept; the default is memory.",
)
@option("--host", default=ServeOptions.host, show_default=True, help="Address or name to listen on.")
@at_ports
@option("--json", "as_json", of="doctor", is_flag=True, help="One JSON object, for programs.")
def doctor(database: str, host: str, crm_port: int, pbx_port: int, *, as_json: bool) -> None:
    """Look whether this machine has what callproof needs, and say what to do where it has not.

    Exits with 0 when nothing stands in the way, with 2 when something does. A note keeps nothing from
    working but what it names. Nothing is changed; options and variables are those of callproof serve.
    """
    ports = {Side.CRM: crm_port, Side.PBX: pbx_port}
    found = []
    for finding in look(Wanted(host, ports, database)):
        found.append(finding)
        if not as_json:
            _show(finding)
    problems = sum(finding.state is State.PROBLEM for finding in found)
    if as_json:
        echo(msgspec.json.encode(_Report(__version__, not problems, found)).decode())
    elif problems:
        echo(f"{problems} of {len(found)} stand in the way.")
    else:
        echo("Nothing stands in the way. Next: callproof serve --open --register")
    if problems:
        sys.exit(Misuse.exit_code)


def _show(finding: Finding) -> None:
    echo(printable(f"{MARKS[finding.state]:<8} {finding.about:<24} {finding.said}"))
    if finding.remedy:
        echo(printable(f"{'':<8} {'':<24} -> {finding.remedy}"))
