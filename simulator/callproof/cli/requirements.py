"""``callproof requirements`` and ``callproof faults``: what is demanded, and how it can be broken."""

from collections.abc import Collection
from difflib import get_close_matches

import click

from callproof.cli import completion
from callproof.cli.common import echo, option
from callproof.conformance import fates
from callproof.contract.requirements import RULESET, Evidence, Level, all_requirements
from callproof.errors import UnknownName
from callproof.exchange.faults import catalogue

NEAR = 3


@click.command()
@option("--side", type=click.Choice(["crm", "pbx"]), help="Only the rows that bind this side.")
@option("--level", type=click.Choice([level.value for level in Level]), help="Only rows of this level.")
@option(
    "--evidence",
    type=click.Choice([grade.value for grade in Evidence]),
    help="Only rows that rest on this evidence.",
)
@option("--untested", is_flag=True, help="Only rows that no check looks at, with the reason.")
@click.argument("wanted", nargs=-1, metavar="[ID]...", shell_complete=completion.rows)
def requirements(wanted: tuple[str, ...], untested: bool, **filters: str | None) -> None:
    """List what the contract demands, row by row; an ID or its beginning narrows the list.

    The columns are the row, its level, the evidence, what missing it does to a verdict, and the demand.
    """
    _known(wanted, all_requirements())
    whole = not (wanted or untested or any(filters.values()))
    # Reading all scenarios takes longer than the rest.
    left = {row.id for row, _ in fates.untested()} if whole or untested else set()
    for row in all_requirements().values():
        if any(getattr(row, name) != value for name, value in filters.items() if value):
            continue
        if (untested and row.id not in left) or (wanted and not row.id.startswith(wanted)):
            continue
        fate = f" (excluded: {row.excluded})" if row.excluded else ""
        remedy = f" To keep it: {row.remedy}" if row.id in wanted and row.remedy else ""
        severity = row.severity(strict=False).name.lower()
        echo(f"{row.id:<16} {row.level:<6} {row.evidence} {severity:<4}  {row.text}{fate}{remedy}")
    if whole:
        echo(f"Ruleset {RULESET}: {len(all_requirements())} rows, of them untested: {len(left)}")


def _known(wanted: tuple[str, ...], ids: Collection[str]) -> None:
    """Raises UnknownName for what no row's id begins with."""
    unknown = [word for word in wanted if not any(row.startswith(word) for row in ids)]
    if not unknown:
        return
    near = dict.fromkeys(row for word in unknown for row in _near(word, ids))
    names = ", ".join(map(repr, unknown))
    meant = f"Did you mean {', '.join(near)}?" if near else "callproof requirements lists all."
    raise UnknownName(f"No requirement's id is {names} or begins so. {meant}")


def _near(word: str, ids: Collection[str]) -> list[str]:
    """Ids and beginnings of chapters that look like it; a case that is wrong is the nearest."""
    beginnings = dict.fromkeys([*(row.rpartition("-")[0] for row in ids), *ids])
    return get_close_matches(word.upper(), beginnings, NEAR)


@click.command()
@option("--side", type=click.Choice(["crm", "pbx"]), help="Only the faults of this side.")
def faults(side: str | None) -> None:
    """List how an end can be broken, what that challenges on the other side and breaks on its own."""
    for fault in catalogue().values():
        if side in (None, fault.side.value):
            touched = [
                *(f"challenges {row}" for row in fault.challenges),
                *(f"breaks {row}" for row in fault.breaks),
            ]
            echo(f"{fault.name:<24} {fault.text} ({', '.join(touched)})")
