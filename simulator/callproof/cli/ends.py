"""Running ends, as the commands of a tester ask them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click

from callproof.cli.common import CRM_URL, PBX_URL, option, sendable, trust_given, trusting
from callproof.contract.operations import Side
from callproof.control.client import End, NobodyThere
from callproof.exchange.exchange import Exchange

F = TypeVar("F", bound=Callable[..., object])

# How many of many are shown; the newest, since what was just done is what one looks for.
NEWEST = 50


def of_an_end(whose: str) -> Callable[[F], F]:
    """A command that looks at either end: ``--end``, ``--url`` and how it is asked; ``whose`` is help."""

    def decorate(command: F) -> F:
        for add in reversed(
            (
                option(
                    "--end", type=click.Choice(["crm", "pbx"]), default="crm", show_default=True, help=whose
                ),
                option("--url", default="", help="The end's address; by default the one that serve uses."),
                controlled,
            )
        ):
            command = add(command)
        return command

    return decorate


def controlled(command: F) -> F:
    """A command that asks a control API."""
    token = option("--control-token", default="", callback=sendable, help="The token of its control API.")
    return token(trusting(command))


def limited(of: str) -> Callable[[F], F]:
    """The command of this name, which shows the newest of many."""
    return option(
        "--limit",
        of=of,
        type=click.IntRange(0),
        default=NEWEST,
        show_default=True,
        metavar="N",
        help=f"How many {of} are shown, the newest; 0 for all.",
    )


@contextmanager
def running_end(side: Side, url: str, token: str) -> Iterator[End]:
    """A running end: at ``url``, or where ``callproof serve`` puts it. Raises NobodyThere, with a hint."""
    end = End(side, url or (CRM_URL if side is Side.CRM else PBX_URL), token, trust=trust_given())
    try:
        yield end
    except NobodyThere as error:
        named = "--url" if "url" in click.get_current_context().params else f"--{side}-url"
        hint = f"callproof serve starts one; {named} says where another one is."
        raise NobodyThere(f"{error}: {hint}") from None
    finally:
        end.close()


def journal_of(end: End, since: int = 0) -> Iterator[Exchange]:
    """All entries with a higher number, page after page."""
    while entries := end.journal(since).entries:
        yield from entries
        since = entries[-1].id


def how_many(shown: int, of: int, things: str) -> str:
    """A line above the newest of many; empty when they are all there."""
    return f"The newest {shown} of {of} {things}; --limit 0 shows all." if shown < of else ""
