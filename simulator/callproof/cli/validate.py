"""``callproof validate``."""

import sys

import click
import orjson

from callproof.cli.common import NOT_CONFORMANT, echo, hiding, masks
from callproof.contract.jsontypes import Json
from callproof.contract.operations import BY_NAME
from callproof.face.payloads import validate as judged
from callproof.files.whole import read_whole
from callproof.files.yamlfile import FileError

KINDS = {"event": "call-event", "calls": "calls-upload", "integration-module": "module-edit"}


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@hiding
def validate(kind: str, file: str) -> None:
    """Judge one payload on its own; FILE holds the JSON, - is standard input."""
    payload = judged(KINDS[kind], _read(file))
    hidden = masks()
    where = BY_NAME[KINDS[kind]].entity
    for finding in (*payload.findings, *(broken.as_finding(where) for broken in payload.violations)):
        echo(hidden.text(str(finding)))
    echo(f"{len(payload.violations)} violations, {len(payload.findings)} findings")
    sys.exit(NOT_CONFORMANT if payload.violations else 0)


def _read(file: str) -> Json:
    """Raises FileError."""
    with click.open_file(file, "rb") as stream:
        content = read_whole(stream, file)
    if not content.strip():
        raise FileError(file, 1, "nothing stands in it; it is to hold the JSON of one payload")
    try:
        content.decode()
        found: Json = orjson.loads(content)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileError(file, line, "no JSON: it is no text in UTF-8") from None
    except orjson.JSONDecodeError as error:
        raise FileError(file, error.lineno, f"no JSON: {error.msg}") from None
    return found
