"""The command ``callproof``: every option can also be set as ``CALLPROOF_<OPTION>``, or with the command's
name before the option where other commands have one of that name for something else.

Exit codes: 0 conformant or done, 1 not conformant or refused, 2 usage or configuration, 3 the bench or
the other end could not be reached or nothing was played, 4 callproof itself failed, 130 interrupted, 141
nobody reads what is printed. What stops a command is a ``CallproofError``, which has its code, or what
nobody expected; it becomes a sentence on stderr here and nowhere else.
"""

import io
import sys
from typing import Any

import click

from callproof import __version__
from callproof.cli.common import complain, echo
from callproof.cli.deferred import Deferred
from callproof.cli.failing import failed, unprinted
from callproof.cli.interrupting import interruptible
from callproof.errors import INTERRUPTED, CallproofError, InternalError

# Where each command is defined, and how its help begins.
COMMANDS = {
    "serve": ("serve", "Start the CRM and the virtual PBX and serve until stopped."),
    "wait": ("wait", "Wait until something answers at each URL."),
    "check": ("check", "Play scenarios and judge your side, requirement by requirement."),
    "diff": ("diff", "Compare two reports of check --json: what got worse, what got better."),
    "explore": (
        "explore",
        "Make up scenarios until one fails, and save the smallest that fails as a file.",
    ),
    "init": ("init", "Write a commented callproof.yaml, to be filled in, or with --load a load.yaml."),
    "requirements": (
        "requirements",
        "List what the contract demands, row by row; an ID or its beginning narrows the list.",
    ),
    "faults": (
        "requirements",
        "List how an end can be broken, what that challenges on the other side and breaks on its own.",
    ),
    "call": ("testers", "Let a customer call a line of a running virtual PBX."),
    "traffic": (
        "traffic",
        "Let customers call in and managers call out, then compare what both ends have kept.",
    ),
    "load": (
        "load",
        "Load a CRM or a PBX with whole calls: locust, with callproof's locustfile and OPTIONS.",
    ),
    "click": (
        "clicking",
        "Let a manager of a running CRM click on a number, and tell what came of it.",
    ),
    "journal": (
        "journal",
        "Show what went over the wire at a running end, with what was found about it.",
    ),
    "replay": (
        "replay",
        "Send a request of a running end's journal again, from here to the same address.",
    ),
    "calls": (
        "kept",
        "Show the calls that a running end keeps: the history as uploaded, or what the PBX noted.",
    ),
    "cards": ("kept", "Show the call cards that managers of a running CRM see or saw."),
    "ladder": ("testers", "Draw calls of a running end as ladders, from the first ring to the upload."),
    "doctor": (
        "doctor",
        "Look whether this machine has what callproof needs, and say what to do where it has not.",
    ),
    "completion": ("completion", "Print what makes a shell complete commands, options and names."),
    "validate": ("validate", "Judge one payload on its own; FILE holds the JSON, - is standard input."),
}


class CommandLine(click.Group):
    """Knows its commands by name and imports the one that is used."""

    def main(self, *args: Any, **more: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
                # A character that the terminal's code page has not is a question mark.
                stream.reconfigure(errors="replace")
        return super().main(*args, **more)

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        try:
            return super().make_context(*args, **more)
        except OSError as error:
            unprinted(error)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.loaded() if isinstance(command, Deferred) else command, rest

    def invoke(self, ctx: click.Context) -> Any:
        try:
            # Before the command is imported, which takes a while.
            with interruptible():
                return super().invoke(ctx)
        except InternalError as error:
            failed(error)
        except CallproofError as error:
            complain(error)
            sys.exit(error.exit_code)
        except click.exceptions.Exit:
            raise
        except click.ClickException as error:
            said = io.StringIO()
            error.show(said)
            echo(said.getvalue().rstrip("\n"), err=True)
            sys.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            echo("callproof: interrupted.", err=True)
            sys.exit(INTERRUPTED)
        except OSError as error:
            unprinted(error)
        except Exception as error:
            failed(error)


@click.group(
    cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="callproof")
def main() -> None:
    """A local testbed for telephony integrations with the RetailCRM/Simla contract (API v5).

    For tests only: it plays the CRM and the virtual PBX, and says whether a side keeps the contract.
    """


for _name, (_module, _help) in COMMANDS.items():
    main.add_command(Deferred(_name, f"callproof.cli.{_module}", _help))
