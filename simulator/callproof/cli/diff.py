"""``callproof diff``: what a change has done to a side."""

import sys

import click

from callproof.cli.common import NOT_CONFORMANT, echo
from callproof.contract.printing import printable
from callproof.reports.difference import Change, compare
from callproof.reports.json_read import read

_FILE = click.Path(exists=True, dir_okay=False)


@click.command()
@click.argument("old", type=_FILE, metavar="OLD.json")
@click.argument("new", type=_FILE, metavar="NEW.json")
def diff(old: str, new: str) -> None:
    """Compare two reports of check --json: what got worse, what got better.

    The exit code is 1 when something got worse, 0 when nothing did.
    """
    found = compare(read(old), read(new))
    for line in found.unlike:
        echo(printable(line))
    _show("worse ", found.worse)
    _show("better", found.better)
    echo(f"Rows and scenarios: {len(found.worse)} worse, {len(found.better)} better, {found.same} the same")
    sys.exit(NOT_CONFORMANT if found.worse else 0)


def _show(word: str, changes: list[Change]) -> None:
    for change in changes:
        echo(printable(f"{word} {change.name} {change.told}"))
