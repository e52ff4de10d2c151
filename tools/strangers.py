"""Does a verdict hold for implementations that the checks were not written for?

Each entry of tests/strangers is a flaw or a legitimate variation of one of the examples; the changed
service runs as a process of its own under `callproof check`. Without arguments all of them are tried;
ids and beginnings of ids name some, `--sample N` takes N that change with the commit.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Literal

import click
import msgspec
import yaml

ROOT = Path(__file__).resolve().parent.parent
STRANGERS = ROOT / "tests" / "strangers"
SECONDS = 240.0
_MAIN = 'if __name__ == "__main__":'


class Edit(msgspec.Struct, frozen=True):
    """``put`` takes the place of ``find``, which stands once in the file, or often where the file has a
    ``*``; ``@end`` stands for the end of the module."""

    file: str
    find: str
    put: str


class Stranger(msgspec.Struct, frozen=True):
    """``rows`` have to be red: ``failed`` one of them at least, with ``red`` warned or noted may do. None
    of those ``spared``, which a flaw could drag along, is to be.

    A variation is ``green``, or ``noted`` where it may be remarked upon. A flaw that is ``passed`` can be
    held against nobody, for the reason in ``why``. ``not_yet`` says what keeps a verdict from being right.
    """

    id: str
    what: str
    want: Literal["failed", "red", "green", "noted", "passed"]
    edits: tuple[Edit, ...]
    rows: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    play: tuple[str, ...] = ()
    why: str = ""
    not_yet: str = msgspec.field(name="not-yet", default="")
    side: str = ""


class Row(msgspec.Struct, frozen=True):
    id: str
    outcome: str


class Report(msgspec.Struct, frozen=True):
    """What is read of the report of a check."""

    requirements: tuple[Row, ...]

    def came_to(self, *outcomes: str) -> list[str]:
        return [row.id for row in self.requirements if row.outcome in outcomes]

    @property
    def red(self) -> list[str]:
        return self.came_to("failed", "warned", "noted")


class Judged(msgspec.Struct, frozen=True):
    """``found`` is the verdict, in the words of ``want``; else inflated, wrong, unjust or stopped."""

    stranger: Stranger
    found: str
    red: tuple[str, ...] = ()
    said: str = ""

    @property
    def right(self) -> bool:
        also = {"red": "failed", "noted": "green"}
        return self.found in (self.stranger.want, also.get(self.stranger.want))

    @property
    def as_known(self) -> bool:
        """Right, or known not to be: one that has become right is not known to be wrong any more."""
        return self.right is not bool(self.stranger.not_yet)


@cache
def all_strangers() -> list[Stranger]:
    found: list[Stranger] = []
    for side in ("pbx", "crm"):
        entries = yaml.safe_load((STRANGERS / f"{side}.yaml").read_text("utf-8"))
        for entry in msgspec.convert(entries, list[Stranger]):
            found.append(msgspec.structs.replace(entry, side=side))
    return found


def made(stranger: Stranger, folder: Path) -> Path:
    """The changed service, in a folder of its own. Raises AssertionError when an edit does not fit."""
    service = folder / stranger.id
    shutil.copytree(ROOT / "examples" / f"{stranger.side}-service", service)
    for edit in stranger.edits:
        _apply(edit, service)
    return service


def judge(stranger: Stranger, folder: Path) -> Judged:
    """Let the changed service be judged."""
    service = made(stranger, folder)
    file = service / "report.json"
    command = [sys.executable, "-m", "callproof", "check", *stranger.play]
    command += ["--config", str(service / "callproof.yaml"), "--json", str(file)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLPROOF_")}
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        return Judged(stranger, "stopped", said=f"no verdict within {SECONDS:g} s")
    if run.returncode not in (0, 1) or not file.exists():
        return Judged(stranger, "stopped", said=(run.stdout + run.stderr)[-1000:])
    report = msgspec.json.decode(file.read_bytes(), type=Report)
    return Judged(stranger, _found(stranger, run.returncode, report), tuple(report.red))


def _apply(edit: Edit, service: Path) -> None:
    path = service / edit.file.lstrip("*")
    text = path.read_text("utf-8")
    if edit.find == "@end":
        head, found, tail = text.partition(_MAIN)
        text = f"{head}\n{edit.put}\n\n{found}{tail}"
    else:
        times = text.count(edit.find)
        fits = times == 1 or (times > 1 and edit.file.startswith("*"))
        assert fits, f"{edit.file}: {times} times {edit.find!r}"
        text = text.replace(edit.find, edit.put)
    path.write_text(text, "utf-8")


def _found(stranger: Stranger, code: int, report: Report) -> str:
    if not stranger.rows:
        return "failed" if code else "noted" if report.red else "green"
    if set(stranger.spared).intersection(report.red):
        return "unjust"
    wanted = set(stranger.rows)
    red = wanted.intersection(report.red)
    if code:
        grave = wanted.intersection(report.came_to("failed"))
        return "failed" if grave else "inflated" if red else "wrong"
    return "red" if red else "passed"


def judged(chosen: Sequence[Stranger], jobs: int) -> Iterable[Judged]:
    with tempfile.TemporaryDirectory(prefix="strangers-") as folder, ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda stranger: judge(stranger, Path(folder)), chosen)


def sample(count: int) -> list[Stranger]:
    """As many as asked for of those that are judged rightly, others with each commit."""
    command = ["git", "rev-parse", "HEAD"]
    head = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    known = [one for one in all_strangers() if not one.not_yet]
    return random.Random(head.stdout.strip()).sample(known, count)


@click.command()
@click.argument("ids", nargs=-1)
@click.option("--sample", "count", type=click.IntRange(1), help="So many, others with each commit.")
@click.option("--jobs", default=os.cpu_count() or 2, show_default=True, type=click.IntRange(1))
@click.option("--json", "file", type=click.Path(dir_okay=False), help="Write what was found.")
def main(ids: tuple[str, ...], count: int | None, jobs: int, file: str | None) -> None:
    """Exit 1 when a verdict is other than it is known to be."""
    chosen = sample(count) if count else all_strangers()
    chosen = [one for one in chosen if not ids or one.id.startswith(ids)]
    found = []
    for one in judged(chosen, jobs):
        found.append(one)
        mark = "!" if not one.as_known else " " if one.right else "-"
        named = f"{one.stranger.id:<10}{one.found:<9}{one.stranger.want:<7}{one.stranger.what}"
        click.echo(f"{mark} {named} | {' '.join(one.red)}{one.said}")
    if file:
        Path(file).write_text(json.dumps(msgspec.to_builtins(found), indent=1), "utf-8")
    counts = Counter(one.found for one in found)
    told = ", ".join(f"{number} {name}" for name, number in counts.most_common())
    waiting = sum(bool(one.stranger.not_yet) for one in found)
    wrong = sum(not one.as_known for one in found)
    click.echo(f"{len(found)} strangers: {told}; {waiting} not right yet, {wrong} other than known")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
