"""``callproof validate``."""

import sys

import click
import orjson

from callproof.cli.common import NOT_CONFORMANT, echo, hiding, masks
from callproof.contract.operations import BY_NAME
from callproof.face.payloads import validate as judged
from callproof.files.yamlfile import FileError

KINDS = {"event": "call-event", "calls": "calls-upload", "integration-module": "module-edit"}


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@hiding
def validate(kind: str, file: str) -> None:
    """Judge one payload on its own; FILE holds the JSON, - is standard input."""
    try:
        with click.open_file(file, "rb") as stream:
            payload = judged(KINDS[kind], orjson.loads(stream.read()))
    except orjson.JSONDecodeError as error:
        raise FileError(file, error.lineno, f"no JSON: {error.msg}") from None
    hidden = masks()
    where = BY_NAME[KINDS[kind]].entity
    for finding in (*payload.findings, *(broken.as_finding(where) for broken in payload.violations)):
        echo(hidden.text(str(finding)))
    echo(f"{len(payload.violations)} violations, {len(payload.findings)} findings")
    sys.exit(NOT_CONFORMANT if payload.violations else 0)
