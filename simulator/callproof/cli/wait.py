"""``callproof wait``."""

from collections.abc import Sequence
from threading import Event
from urllib.parse import urlsplit

import click
import requests

from callproof.cli.common import option, trust_given, trusting
from callproof.clocks.machine import monotonic
from callproof.control.client import Unreachable
from callproof.exchange.trust import Trust, is_distrust, knock, why

# Between two tries, and for one of them, in seconds.
LOOK, TRY = 0.1, 5.0


def addresses(
    _context: click.Context, _argument: click.Parameter, urls: tuple[str, ...]
) -> tuple[str, ...]:
    """Addresses of http or https, or a usage error."""
    for url in urls:
        if not url.startswith(("http://", "https://")) or not urlsplit(url).hostname:
            raise click.BadParameter(f"{url!r} is no address such as http://127.0.0.1:8080.")
    return urls


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL...", callback=addresses)
@option(
    "--timeout",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="How long to wait for all of them; 0 tries each once.",
)
@trusting
def wait(urls: Sequence[str], timeout: float) -> None:
    """Wait until something answers at each URL.

    Exits with 0 when it does, with 3 when the time is over. An answer of 500 or more is none yet; a
    certificate that is not believed ends the waiting.
    """
    trust, until = trust_given(), monotonic() + timeout
    for url in urls:
        while problem := _silent(url, max(until - monotonic(), LOOK), trust):
            if monotonic() >= until:
                raise Unreachable(f"{url} does not answer within {timeout:g} s ({problem}).")
            Event().wait(LOOK)


def _silent(url: str, left: float, trust: Trust) -> str:
    """What happens instead of an answer. Raises Unreachable when there will be none."""
    try:
        status = knock(url, min(left, TRY), trust)
    except requests.RequestException as error:
        if is_distrust(error):
            raise Unreachable(f"{url} cannot be waited for: {why(error)}.") from None
        return why(error)
    return f"the answer is {status}" if status >= 500 else ""
