"""Commands of a tester beside a running end: place a call, read the journal, draw a call."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from callproof.cli.common import CRM_URL, PBX_URL, option, trust_given, trusting
from callproof.conformance.evidence import Book, read
from callproof.conformance.exhibits import exhibits
from callproof.conformance.ladder import ladders, text
from callproof.contract.findings import printable, sentence
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import Side
from callproof.control.client import End
from callproof.errors import Refusal
from callproof.exchange.exchange import Exchange


@click.command()
@option("--from", "caller", required=True, metavar="PHONE", help="The customer's number.")
@option("--to", "line", required=True, metavar="LINE", help="The line that is dialled.")
@option("--answer-after", type=click.FloatRange(0), metavar="SECONDS", help="Let the manager pick up.")
@option(
    "--talk",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long an answered call lasts; the customer hangs up.",
)
@option("--pbx-url", default=PBX_URL, show_default=True, help="The running virtual PBX.")
@option("--control-token", default="", help="The token of its control API.")
@trusting
def call(
    caller: str,
    line: str,
    answer_after: float | None,
    talk: float,
    pbx_url: str,
    control_token: str,
) -> None:
    """Let a customer call a line of a running virtual PBX."""
    asked: JsonObject = {"from": caller, "to": line}
    if answer_after is not None:
        asked["script"] = {"after": answer_after, "talk": talk}
    with _end(Side.PBX, pbx_url, control_token) as end:
        answer = end.post("/calls", asked)
    click.echo(f"Call {answer['id']} from {answer['phone']} to {answer['line']} is {answer['state']}")


@click.command()
@option("--end", type=click.Choice(["crm", "pbx"]), default="crm", show_default=True, help="Whose journal.")
@option("--url", default="", help="The end's address; by default the one that serve uses.")
@option("--control-token", default="", help="The token of its control API.")
@trusting
def journal(end: str, url: str, control_token: str) -> None:
    """Show what went over the wire at a running end, with what was found about it."""
    with _end(Side(end), url, control_token) as found:
        page = found.journal()
    for entry in page.entries:
        request = entry.request
        result = entry.answer.status if entry.answer else entry.error
        click.echo(f"{entry.id:>5} {entry.direction:<3} {request.method} {request.url} -> {result}")
        for finding in entry.findings:
            said = sentence(finding.message, finding.remedy)
            line = f"{finding.kind}: {finding.where}{finding.pointer}: {said}"
            click.echo(f"      {printable(line)}")


@click.command()
@click.argument("call", default="", metavar="[CALL]")
@option("--end", type=click.Choice(["crm", "pbx"]), default="crm", show_default=True, help="Whose journal.")
@option("--url", default="", help="The end's address; by default the one that serve uses.")
@option("--control-token", default="", help="The token of its control API.")
@trusting
def ladder(call: str, end: str, url: str, control_token: str) -> None:
    """Draw calls of a running end as ladders, from the first ring to the upload.

    CALL is the id of a call or its beginning; without it every call in the journal is drawn.
    """
    side = Side(end)
    with _end(side, url, control_token) as asked:
        exchanges = read(_whole_journal(asked), side, Book())
    found = [drawn for drawn in ladders(exhibits(exchanges)) if drawn.call.startswith(call)]
    if not found:
        raise Refusal(f"The journal of the {side.upper()} has no call {call}".rstrip() + ".")
    for drawn in found:
        click.echo(printable(f"Call {drawn.call or 'without an id'} with {drawn.phone}"))
        for line in text(drawn).splitlines():
            click.echo(printable(line))


def _whole_journal(end: End) -> list[Exchange]:
    """All entries, page after page."""
    entries: list[Exchange] = []
    while more := end.journal(entries[-1].id if entries else 0).entries:
        entries += more
    return entries


@contextmanager
def _end(side: Side, url: str, token: str) -> Iterator[End]:
    """A running end: at ``url``, or where ``callproof serve`` puts it."""
    end = End(side, url or (CRM_URL if side is Side.CRM else PBX_URL), token, trust=trust_given())
    try:
        yield end
    finally:
        end.close()
