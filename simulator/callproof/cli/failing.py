"""What a command says when callproof itself fails, and when nobody reads it any more."""

import os
import sys
from typing import NoReturn

import click

from callproof.cli.common import echo, masks
from callproof.contract.printing import printable, printable_lines
from callproof.errors import InternalError, NotWritten
from callproof.files.nowhere import discard_stdout

# With it the traceback is printed; without, it is a file that the sentence names.
DEBUG = "CALLPROOF_DEBUG"
# What a shell says of a program that writes to nobody.
UNREAD = 141


def failed(error: Exception) -> NoReturn:
    """End the command with a sentence, for what nobody expected."""
    tell(error)
    sys.exit(InternalError.exit_code)


def tell(error: Exception) -> None:
    """Print the sentence."""
    from traceback import format_exception

    said = str(error if isinstance(error, InternalError) else InternalError.of(error))
    trace = masks().text("".join(format_exception(error)))
    if os.environ.get(DEBUG):
        echo(trace, err=True)
        hint = "Please report it with the traceback above."
    elif file := _kept(trace):
        hint = f"Please report it with {file}, which has the traceback; {DEBUG}=1 prints it."
    else:
        hint = f"Please report it with the traceback that {DEBUG}=1 prints."
    echo(f"callproof: {printable(f'{masks().text(said)} {hint}')}", err=True)


def unread() -> NoReturn:
    """End the command without a word, as its reader has gone away."""
    discard_stdout()
    sys.exit(UNREAD)


def unprinted(error: OSError) -> NoReturn:
    """End the command where click itself, such as for ``--help``, has printed to nobody or to a full disk;
    another error is none of that."""
    from traceback import walk_tb

    if isinstance(error, BrokenPipeError):
        unread()
    steps = (frame.f_code for frame, _ in walk_tb(error.__traceback__))
    if click.echo.__code__ not in steps:  # noqa: TID251
        failed(error)
    echo(f"callproof: {NotWritten.printing(error)}", err=True)
    sys.exit(NotWritten.exit_code)


def _kept(trace: str) -> str:
    """The name of a file that has it, "" where none can be written."""
    from tempfile import NamedTemporaryFile

    try:
        with NamedTemporaryFile(
            "w", prefix="callproof-failure-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(printable_lines(trace))
            return file.name
    except OSError:
        return ""
