"""All that is said about a load run: what a person reads, and a file for each report asked for."""

from collections.abc import Callable, Mapping

from callproof.load.results import Results
from callproof.reports import load_html, load_json, load_junit, load_terminal, output
from callproof.reports.console import Patient

# By the last word of the option that names the file.
WRITERS: Mapping[str, Callable[[Results], bytes]] = {
    "json": load_json.write,
    "junit": load_junit.write,
    "html": load_html.write,
}


def show(found: Results) -> None:
    """For a person at a terminal."""
    load_terminal.show(Patient(highlight=False, soft_wrap=True), found)


def publish(found: Results, asked: Mapping[str, str]) -> None:
    """``asked`` are files by the names of their writers, "" for none. Raises NotWritten."""
    for name, write in WRITERS.items():
        if file := asked.get(name):
            output.write(file, write(found))
