"""Commands of a tester beside a running end: place a call, read the journal, judge a payload."""

import sys
from collections.abc import Callable
from typing import TypeVar, cast

import click
import orjson

from callproof.cli.common import (
    CRM_URL,
    NOT_CONFORMANT,
    PBX_URL,
    UNREACHABLE,
    option,
    stop,
)
from callproof.conformance.evidence import Book, read
from callproof.conformance.exhibits import exhibits
from callproof.conformance.ladder import ladders, text
from callproof.contract import payloads
from callproof.contract.findings import printable, sentence
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME, Side
from callproof.control.client import ActionRefused, End, Unreachable
from callproof.exchange.exchange import Exchange

_T = TypeVar("_T")


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
    answer = control(Side.PBX, pbx_url, control_token, lambda end: end.post("/calls", asked))
    click.echo(f"Call {answer['id']} from {answer['phone']} to {answer['line']} is {answer['state']}")


@click.command()
@option("--end", type=click.Choice(["crm", "pbx"]), default="crm", show_default=True, help="Whose journal.")
@option("--url", default="", help="The end's address; by default the one that serve uses.")
@option("--control-token", default="", help="The token of its control API.")
def journal(end: str, url: str, control_token: str) -> None:
    """Show what went over the wire at a running end, with what was found about it."""
    side = Side(end)
    address = url or (CRM_URL if side is Side.CRM else PBX_URL)
    page = control(side, address, control_token, lambda found: found.journal())
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
def ladder(call: str, end: str, url: str, control_token: str) -> None:
    """Draw calls of a running end as ladders, from the first ring to the upload.

    CALL is the id of a call or its beginning; without it every call in the journal is drawn.
    """
    side = Side(end)
    address = url or (CRM_URL if side is Side.CRM else PBX_URL)
    exchanges = read(control(side, address, control_token, _whole_journal), side, Book())
    found = [drawn for drawn in ladders(exhibits(exchanges)) if drawn.call.startswith(call)]
    if not found:
        stop(f"The journal of the {side.upper()} has no call {call}".rstrip() + ".", NOT_CONFORMANT)
    for drawn in found:
        click.echo(printable(f"Call {drawn.call or 'without an id'} with {drawn.phone}"))
        for line in text(drawn).splitlines():
            click.echo(printable(line))


def _whole_journal(end: End) -> list[Exchange]:
    entries: list[Exchange] = []
    while more := end.journal(entries[-1].id if entries else 0).entries:
        entries += more
    return entries


_KINDS = {"event": "call-event", "calls": "calls-upload", "integration-module": "module-edit"}


@click.command()
@click.argument("kind", type=click.Choice(list(_KINDS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
def validate(kind: str, file: str) -> None:
    """Judge one payload on its own; FILE holds the JSON, - is standard input."""
    operation = BY_NAME[_KINDS[kind]]
    try:
        with click.open_file(file, "rb") as stream:
            payload = cast(Json, orjson.loads(stream.read()))
    except orjson.JSONDecodeError as error:
        stop(f"{file}: no JSON: {error}", NOT_CONFORMANT)
    judged = payloads.read(operation.entity_schema, payload, operation.entity)
    for finding in (*judged.findings, *(v.as_finding(operation.entity) for v in judged.violations)):
        click.echo(str(finding))
    click.echo(f"{len(judged.violations)} violations, {len(judged.findings)} findings")
    sys.exit(NOT_CONFORMANT if judged.violations else 0)


def control(side: Side, url: str, token: str, ask: Callable[[End], _T]) -> _T:
    end = End(side, url, token)
    try:
        return ask(end)
    except ActionRefused as error:
        stop(str(error), NOT_CONFORMANT)
    except Unreachable as error:
        stop(str(error), UNREACHABLE)
    finally:
        end.close()
