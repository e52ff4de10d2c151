"""``callproof replay``: a request of a journal once more, as it was or as it is edited."""

from urllib.parse import urlsplit

import click
import requests

from callproof.cli.common import echo, hiding, masks, option, redacting, secrets_shown, trust_given
from callproof.cli.editing import OF_CONNECTION, read, written
from callproof.cli.ends import of_an_end, running_end
from callproof.contract.operations import Side
from callproof.contract.printing import printable
from callproof.control.client import End
from callproof.errors import Misuse, OutOfReach, Refusal
from callproof.exchange.bounded import fetch
from callproof.exchange.exchange import Answer, Body, Exchange, Request
from callproof.exchange.names import BENCH_HEADER, CLOCK_HEADER
from callproof.exchange.trust import why
from callproof.reports.bodies import readable

TIMEOUT = 60.0
_LEFT_OUT = OF_CONNECTION | {BENCH_HEADER.lower(), CLOCK_HEADER.lower()}


def _an_id(_context: click.Context, _argument: click.Parameter, value: str) -> int:
    if not value.isdecimal() or not int(value):
        raise click.BadParameter(
            f"{value!r} is none: ID is the number of a journal entry, as callproof journal shows it."
        )
    return int(value)


@click.command()
@click.argument("number", metavar="ID", callback=_an_id)
@of_an_end("Whose journal.")
@option("--edit", is_flag=True, help="Open the request in $EDITOR first: verb, address, headers, body.")
@hiding
def replay(number: int, end: str, url: str, control_token: str, edit: bool) -> None:
    """Send a request of a running end's journal again, from here to the same address.

    ID is its number there, as callproof journal shows it. What came in goes to that end, what went out to
    the other side, with the headers and the key that it had. In the editor *** stands for a secret; what is
    left so is sent as it was. Exit code 1 says that it was refused.
    """
    with running_end(Side(end), url, control_token) as asked:
        request = _sendable(_found(asked, number), asked.url)
    if edit:
        request = _edited(request)
    _tell(request, _sent(request))


def _found(end: End, number: int) -> Exchange:
    page = end.journal(number - 1, limit=1)
    if not page.entries or page.entries[0].id != number:
        raise Refusal(
            f"The journal of the {end.side.upper()} has no exchange {number}; its last is {page.last_id}."
        )
    return page.entries[0]


def _sendable(entry: Exchange, end_url: str) -> Request:
    """Without what belonged to the connection; to this end by the address that was just asked."""
    request, url = entry.request, entry.request.url
    if request.body.size != len(request.body.content):
        raise Misuse(f"Only the beginning of the body of {entry.id} was kept, so it cannot be sent again.")
    if entry.direction == "in":
        parts = urlsplit(url)
        url = f"{end_url}{parts.path}{f'?{parts.query}' if parts.query else ''}"
    headers = tuple((name, value) for name, value in request.headers if name.lower() not in _LEFT_OUT)
    return Request(request.method, url, headers, request.body)


def _edited(request: Request) -> Request:
    text = click.edit(written(request, shown=secrets_shown()), extension=".http")
    if text is None:
        raise Refusal("The request was not saved in the editor, so nothing was sent.")
    return read(text, request, shown=secrets_shown())


def _sent(request: Request) -> Answer:
    """Raises OutOfReach when there is no answer."""
    session = trust_given().session()
    # No header but those of the request.
    session.headers.clear()
    try:
        with session:
            answer = fetch(
                session,
                request.method,
                request.url,
                TIMEOUT,
                data=request.body.content or None,
                headers=dict(request.headers),
                allow_redirects=False,
            )
    except requests.RequestException as error:
        raise OutOfReach(f"{masks().form(request.url)} does not answer ({why(error)}).") from None
    return Answer(answer.status_code, tuple(answer.headers.items()), Body(answer.content))


def _tell(request: Request, answer: Answer) -> None:
    """The answer, and by the exit code whether it was a refusal."""
    sent = Exchange(0.0, "out", request, answer)
    seen = redacting().entry(sent)
    echo(printable(f"{seen.request.method} {seen.request.url} -> {answer.status}"))
    for name, value in readable(seen.answer or answer):
        for line in f"{name}: {value}".splitlines() if name else value.splitlines():
            echo(printable(line))
    if answer.status >= 400:
        raise SystemExit(Refusal.exit_code)
