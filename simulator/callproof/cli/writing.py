"""The reports that ``callproof check`` writes: their options, and who hears the run for them."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from callproof.cli.common import F, option
from callproof.conformance.events import Event, Listener, RunEnded
from callproof.conformance.verdict import Verdict
from callproof.reports import github, output, terminal

Writer = Callable[[Verdict], bytes]

# What is written when the run is over, by the name of its option: the module of ``callproof.reports`` that
# does it, which is imported when it is asked for.
WRITERS: dict[str, tuple[str, str]] = {
    "html": ("html", "Write a page to read, with every call as a ladder."),
    "markdown": ("markdown", "Write a summary for the page of a CI run."),
    "junit": ("junit", "Write JUnit XML."),
    "ctrf": ("ctrf", "Write CTRF, the Common Test Report Format."),
    "json": ("json_report", "Write the report as JSON."),
    "badge": ("badge", "Write a badge for a repository's first page, as SVG."),
    "har": ("har", "Write all exchanges as HAR 1.2."),
}


# What only looks plays nothing, and leaves what an earlier run wrote.
_LOOKING = {"--list", "--probe", "--help", "-h"}
_ONLY_LOOKS = "callproof only looks"


class Reporting(click.Command):
    """A command with ``report_options``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_ONLY_LOOKS] = not _LOOKING.isdisjoint(args)
        return super().parse_args(ctx, args)


class _AtEnd:
    """Writes a file when the run is over."""

    def __init__(self, file: str, write: Writer) -> None:
        self._file = file
        self._write = write

    def hear(self, event: Event) -> None:
        if isinstance(event, RunEnded):
            output.write(self._file, self._write(event.verdict))


class _Annotating:
    """Prints annotations when the run is over, before anybody sums it up."""

    def __init__(self, out: Console) -> None:
        self._out = out

    def hear(self, event: Event) -> None:
        if isinstance(event, RunEnded):
            for found in github.annotations(event.verdict):
                self._out.print(str(found), soft_wrap=True, markup=False)


def report_options(command: F) -> F:
    """An option for each report, for a command of the class ``Reporting``."""
    file = click.Path(dir_okay=False, writable=True)
    helps = {name: text for name, (_, text) in WRITERS.items()}
    helps["ndjson"] = "Write a line of JSON for each check and scenario, as they end."
    for name, text in reversed(helps.items()):
        command = option(
            f"--{name}", type=file, metavar="FILE", is_eager=True, callback=_without_the_old, help=text
        )(command)
    return command


def _without_the_old(context: click.Context, _: click.Parameter, file: str | None) -> str | None:
    """The file of an earlier run goes before anything else is read, so that a run that cannot begin leaves
    no verdict that is not its own; what only looks takes nothing away."""
    goes = not (context.resilient_parsing or context.meta[_ONLY_LOOKS])
    old = Path(file) if file and goes else None
    # What cannot be taken away is told of by whoever writes it; an empty file is nobody's verdict.
    with suppress(OSError):
        if old and old.is_file() and old.stat().st_size:
            old.resolve().unlink()
    return file


def listeners(options: Mapping[str, Any], out: Console) -> list[Listener]:
    """Who hears the run: ``out`` tells GitHub Actions, where it is there, and whoever is at the terminal; a
    writer hears it for each report that is asked for."""
    found: list[Listener] = [_Annotating(out)] if github.is_read() else []
    if options["ndjson"]:
        from callproof.reports.ndjson import Ndjson

        found.append(Ndjson(output.opened(options["ndjson"])))
    found += [
        _AtEnd(options[name], _writer(module)) for name, (module, _) in WRITERS.items() if options[name]
    ]
    written = [options[name] for name in (*WRITERS, "ndjson") if options[name]]
    # Last, since it says what is written by then.
    found.append(terminal.Terminal(out, written))
    return found


def _writer(module: str) -> Writer:
    write: Writer = import_module(f"callproof.reports.{module}").write
    return write
