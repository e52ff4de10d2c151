"""Commands of a tester beside running ends: let a customer call, draw a call."""

import shutil

import click

from callproof.cli.common import PBX_URL, echo, hiding, masks, option, redacting
from callproof.cli.ends import controlled, journal_of, of_an_end, running_end
from callproof.conformance.evidence import Book, read
from callproof.conformance.exhibits import exhibits
from callproof.conformance.ladder import ladders, text, width_within
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import Side
from callproof.contract.printing import printable

# Columns and lines where there is no terminal.
OF_NO_TERMINAL = (120, 24)


def _a_caller(_context: click.Context, _option: click.Parameter, caller: str) -> str:
    if not caller.strip():
        raise click.BadParameter("nobody calls; --from anonymous hides the number.")
    return caller


@click.command()
@option(
    "--from",
    "caller",
    required=True,
    metavar="PHONE",
    callback=_a_caller,
    help="The customer's number; anonymous hides it.",
)
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
@controlled
@hiding
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
    with running_end(Side.PBX, pbx_url, control_token) as end:
        answer = end.post("/calls", asked)
    said = f"Call {answer['id']} from {answer['phone']} to {answer['line']} is {answer['state']}"
    echo(printable(masks().text(said)))


@click.command()
@click.argument("call", default="", metavar="[CALL]")
@of_an_end("Whose journal.")
@hiding
def ladder(call: str, end: str, url: str, control_token: str) -> None:
    """Draw calls of a running end as ladders, from the first ring to the upload.

    CALL is the id of a call or its beginning; without it every call in the journal is drawn.
    """
    side = Side(end)
    with running_end(side, url, control_token) as asked:
        exchanges = read(journal_of(asked), side, Book())
    hidden = redacting()
    seen = [hidden.exchange(one) for one in exchanges]
    found = [drawn for drawn in ladders(exhibits(seen)) if drawn.call.startswith(call)]
    if not found:
        echo("There are no such calls.")
        return
    columns = shutil.get_terminal_size(OF_NO_TERMINAL).columns
    for drawn in found:
        echo(printable(f"Call {drawn.call or 'without an id'} with {drawn.phone}"))
        for line in text(drawn, width_within(columns)).splitlines():
            echo(printable(line))
