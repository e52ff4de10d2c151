"""``callproof journal``: what went over the wire at a running end, as it was or as it happens."""

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import click

from callproof.cli.choosing import ANY, Wanted, known_finding, moment
from callproof.cli.common import echo, hiding, option, redacting
from callproof.cli.ends import NEWEST, how_many, journal_of, of_an_end, running_end
from callproof.contract.operations import Side
from callproof.contract.printing import printable
from callproof.control.client import End, Missed
from callproof.errors import INTERRUPTED
from callproof.exchange.exchange import Answer, Exchange, Request
from callproof.reports.bodies import query_of, readable

_MARGIN = " " * 6


@click.command()
@of_an_end("Whose journal.")
@option("--follow", "-f", is_flag=True, help="Go on with what happens, until stopped.")
@option(
    "--call", default="", metavar="ID", help="Only what names this call, by its id or the beginning of it."
)
@option("--refused", is_flag=True, help="Only what was refused or not answered.")
@option(
    "--finding",
    is_flag=False,
    flag_value=ANY,
    default=None,
    callback=known_finding,
    metavar="[KIND-OR-ROW]",
    help="Only what something was found about: anything, this kind, or about rows that begin so.",
)
@option("--method", default="", metavar="VERB", help="Only requests with this verb, such as POST.")
@option("--path", default="", metavar="TEXT", help="Only requests whose path has this in it.")
@option(
    "--since",
    default="",
    metavar="TIME",
    help="Only what came since: 90s, 10m or 2h ago, 12:30 or 2024-05-01 12:30:00 by the end's clock, UTC.",
)
@option("--bodies/--no-bodies", default=None, help="What was sent and answered; by default with --follow.")
@option(
    "--limit",
    of="journal",
    type=click.IntRange(0),
    default=None,
    metavar="N",
    help=f"How many are shown, the newest; 0 for all. By default {NEWEST}; with --follow none before,"
    " or all since --since.",
)
@option(
    "--json",
    "as_json",
    of="journal",
    is_flag=True,
    help="One JSON object a line, as the control API has them.",
)
@hiding
def journal(
    end: str,
    url: str,
    control_token: str,
    follow: bool,
    call: str,
    refused: bool,
    finding: str,
    method: str,
    path: str,
    since: str,
    bodies: bool | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """Show what went over the wire at a running end, with what was found about it.

    The newest come last. Times are those of the end's own clock, in UTC.
    """
    with running_end(Side(end), url, control_token) as found:
        after = moment(since, lambda: found.clock().now)
        wanted = Wanted(call, refused, finding, method, path, after)
        shown = _Shown(as_json, follow if bodies is None else bodies)
        if limit is None:
            limit = 0 if after is not None and follow else -1 if follow else NEWEST
        last = _past(found, wanted, shown, limit)
        if follow:
            try:
                _coming(found, wanted, shown, last)
            except KeyboardInterrupt:
                sys.exit(INTERRUPTED)


class _Shown:
    """How exchanges are shown to a person or a program."""

    def __init__(self, as_json: bool, bodies: bool) -> None:
        self.as_json = as_json
        self.bodies = bodies
        self._redactor = redacting()

    def entry(self, entry: Exchange) -> None:
        entry = self._redactor.entry(entry)
        if self.as_json:
            echo(entry.encoded().decode())
            return
        for line in _lines(entry, self.bodies):
            echo(line)

    def say(self, text: str) -> None:
        """Something beside the exchanges."""
        if text:
            echo(text, err=self.as_json)


def _past(end: End, wanted: Wanted, shown: _Shown, limit: int) -> int:
    """Show what there is, the newest ``limit``, 0 for all and less for none; the number of the last."""
    last = end.journal(limit=0).last_id
    if limit < 0:
        return last
    first = next(iter(end.journal(limit=1).entries), None)
    every = last - first.id + 1 if first else 0
    begin = max(last - limit, 0) if limit and wanted.everything else 0
    found: deque[Exchange] = deque(maxlen=limit or None)
    number = 0
    for entry in journal_of(end, begin):
        last = max(last, entry.id)
        if wanted.fits(entry):
            number += 1
            found.append(entry)
    number = max(every, number) if wanted.everything else number
    shown.say(how_many(len(found), number, "exchanges"))
    if every and not found:
        shown.say(f"None of {every} exchanges is so.")
    for entry in found:
        shown.entry(entry)
    return last


def _coming(end: End, wanted: Wanted, shown: _Shown, last: int) -> None:
    for entry in end.follow(last):
        if isinstance(entry, Missed):
            shown.say(f"({entry.missed} exchanges came faster than they could be shown)")
        elif wanted.fits(entry):
            shown.entry(entry)
    echo(f"The {end.side.upper()} has stopped.", err=True)


def _lines(entry: Exchange, bodies: bool) -> Iterator[str]:
    request, answer = entry.request, entry.answer
    at = datetime.fromtimestamp(entry.at, UTC).isoformat(" ", "milliseconds").removesuffix("+00:00")
    result = answer.status if answer else entry.error
    said = f"{entry.id:>5} {at} {entry.direction:<3} {request.method} {request.url} -> {result}"
    yield printable(said)
    for finding in entry.findings:
        yield _MARGIN + str(finding)
    if bodies:
        yield from _body("> ", request, query_of(request.url))
        yield from _body("< ", answer) if answer else ()


def _body(mark: str, message: Request | Answer, query: str = "") -> Iterable[str]:
    """What is in it, by the names of its parts."""
    for name, value in readable(message, query):
        first, *rest = value.splitlines() or [""]
        yield printable(f"{_MARGIN}{mark}{f'{name}: ' if name else ''}{first}")
        yield from (printable(f"{_MARGIN}{mark}{line}") for line in rest)
