"""``callproof init``."""

from pathlib import Path

import click

from callproof.cli.common import option
from callproof.contract.files import shipped
from callproof.errors import Misuse
from callproof.reports import output


@click.command()
@option("--target", type=click.Choice(["pbx", "crm"]), default="pbx", show_default=True, help="Your side.")
@click.argument("file", default="callproof.yaml", type=click.Path(dir_okay=False))
def init(target: str, file: str) -> None:
    """Write a commented callproof.yaml, to be filled in."""
    if Path(file).exists():
        raise Misuse(f"{file} is there already; name another file.")
    output.write(file, shipped("schemas").joinpath(f"callproof-{target}.yaml").read_bytes())
    click.echo(f"{file} is written. Fill it in, then: callproof check --config {file}")
