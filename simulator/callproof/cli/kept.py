"""``callproof calls`` and ``callproof cards``: what a running end keeps, as a table or for a program."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

import click
import msgspec

from callproof import kinds
from callproof.cli.common import CRM_URL, F, echo, hiding, masks, option
from callproof.cli.ends import controlled, how_many, journal_of, limited, of_an_end, running_end
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.contract.printing import printable
from callproof.contract.secrets import Masks
from callproof.control.client import End
from callproof.reports.redact import secrets_in_entry

# What a table shows, by the names of the control API; --json has everything.
OF_CRM = ("externalId", "date", "type", "phone", "externalPhone", "code", "result", "duration", "recordUrl")
OF_PBX = ("id", "direction", "phone", "line", "answeredBy", "state", "cause", "duration")
OF_CARD = ("callExternalId", "direction", "phone", "userId", "code", "externalPhone", "shop", "open")
CARD_STATUS = "hangupStatus"
# A cell is cut there that others stand behind; --json has all of it.
WIDEST = 44

call_option = option(
    "--call", default="", metavar="ID", help="Only of this call, by its id or the beginning."
)


def as_lines(of: str) -> Callable[[F], F]:
    """The command of this name, which also writes for programs."""
    words = "One JSON object a line, with all members."
    return option("--json", "as_json", of=of, is_flag=True, help=words)


@click.command()
@of_an_end("Whose calls.")
@call_option
@limited("calls")
@as_lines("calls")
@hiding
def calls(end: str, url: str, control_token: str, call: str, limit: int, as_json: bool) -> None:
    """Show the calls that a running end keeps: the history as uploaded, or what the PBX noted.

    The newest come last. Dates are as they were uploaded, in the account's zone.
    """
    side = Side(end)
    name, columns = ("externalId", OF_CRM) if side is Side.CRM else ("id", OF_PBX)
    with running_end(side, url, control_token) as asked:
        found = [kept for kept in _calls(asked) if str(kept.get(name) or "").startswith(call)]
        hidden = _hidden(asked) if found else masks()
    _show(found, columns, "calls", limit, hidden, as_json=as_json)


@click.command()
@call_option
@option("--open", "opened", of="cards", is_flag=True, help="Only cards that a manager sees now.")
@limited("cards")
@as_lines("cards")
@hiding
@option("--crm-url", default=CRM_URL, show_default=True, help="The running CRM.")
@controlled
def cards(call: str, opened: bool, limit: int, as_json: bool, crm_url: str, control_token: str) -> None:
    """Show the call cards that managers of a running CRM see or saw.

    The newest come last.
    """
    with running_end(Side.CRM, crm_url, control_token) as asked:
        kept = kinds.convert(asked.get("/state")["cards"], list[JsonObject])
        hidden = _hidden(asked) if kept else masks()
    found = [
        card
        for card in kept
        if str(card.get("callExternalId") or "").startswith(call) and (card.get("open") or not opened)
    ]
    _show(found, (*OF_CARD, CARD_STATUS), "cards", limit, hidden, as_json=as_json)


def _calls(end: End) -> Iterator[JsonObject]:
    """Page after page, in the order in which the end has them."""
    after: Json = 0
    while True:
        page = end.get("/calls", after=float(str(after)))
        found = kinds.convert(page["calls"], list[JsonObject])
        if not found:
            return
        yield from found
        after = page["last"]


def _hidden(end: End) -> Masks:
    """What takes out all secrets that the end's journal tells by a name; an id may repeat one."""
    found = masks()
    for entry in journal_of(end) if not found.shown else ():
        found.learn(secrets_in_entry(entry))
    return found


def _show(
    found: Sequence[JsonObject],
    columns: Sequence[str],
    things: str,
    limit: int,
    hidden: Masks,
    *,
    as_json: bool,
) -> None:
    newest = [{name: hidden.value(row[name]) for name in row} for row in deque(found, maxlen=limit or None)]
    if note := how_many(len(newest), len(found), things) or (
        "" if found else f"There are no such {things}."
    ):
        echo(note, err=as_json)
    if as_json:
        for row in newest:
            echo(msgspec.json.encode(row).decode())
    elif newest:
        for line in _table(newest, columns):
            echo(line)


def _table(rows: Sequence[Mapping[str, Json]], columns: Sequence[str]) -> Iterator[str]:
    """Columns as wide as they need; what nobody has is left out."""
    kept = [name for name in columns if any(row.get(name) not in (None, "") for row in rows)]
    cells = [kept, *([_cell(row.get(name), last=name == kept[-1]) for name in kept] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(kept))]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _cell(value: Json, *, last: bool) -> str:
    said = (
        {True: "yes", False: "no"}[value]
        if isinstance(value, bool)
        else ""
        if value is None
        else f"{value}"
    )
    said = printable(said)
    return said if last or len(said) <= WIDEST else f"{said[: WIDEST - 1]}…"
