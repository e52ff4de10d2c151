"""A run from its file to its exit code: 0 kept, 1 not kept or invalid, 2 the file, 3 the target."""

import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from callproof.control.client import ActionRefused, Unreachable
from callproof.errors import Misuse
from callproof.files.yamlfile import FileError
from callproof.load import page, report
from callproof.load.conductor import Conductor, Post
from callproof.load.loadfile import Load, load_file
from callproof.load.plan import Plan
from callproof.load.reconcile import reconcile
from callproof.load.results import Results
from callproof.load.target import end_of, prepare
from callproof.traffic import records

NOT_KEPT, USAGE, UNREACHABLE = 1, 2, 3


class Failure(Misuse):
    """The run cannot be made; the text says why, ``code`` is the exit code."""

    def __init__(self, message: object, code: int) -> None:
        super().__init__(str(message))
        self.code = code


@dataclass(frozen=True)
class Options:
    """``json``, ``junit`` and ``html`` are files to write, or ""."""

    file: str
    host: str = ""
    api_key: str = ""
    token: str = ""
    json: str = ""
    junit: str = ""
    html: str = ""


class Prepared:
    """A file that was read; each start is a run of its own."""

    def __init__(self, load: Load, options: Options) -> None:
        self._load, self._options = load, options

    def start(self, post: Post) -> "Director":
        """Prepare the target and begin. Raises Failure."""
        job = replace(self._load.job, run=f"load-{secrets.token_hex(4)}")
        end = end_of(job)
        try:
            job = prepare(job, end)
            after = records.last_position(end) if job.control else 0
        except Unreachable as error:
            hint = "" if not job.control else " Is it callproof's? If not, set target.control to false."
            raise Failure(f"{error}.{hint}", UNREACHABLE) from None
        except ActionRefused as error:
            raise Failure(error, UNREACHABLE) from None
        finally:
            end.close()
        return Director(replace(self._load, job=job), self._options, Conductor(job, post), after)


def read(options: Options) -> Prepared:
    """The file that the options name, with what they change in it. Raises Failure."""
    try:
        load = load_file(options.file)
    except FileError as error:
        raise Failure(error, USAGE) from None
    job = load.job
    job = replace(
        job,
        urls=(options.host.rstrip("/"),) if options.host else job.urls,
        api_key=options.api_key or job.api_key,
        token=options.token or job.token,
    )
    return Prepared(replace(load, job=job), options)


class Director:
    """A run that has begun: ``conductor`` leads it, ``verdict`` ends it."""

    def __init__(self, load: Load, options: Options, conductor: Conductor, after: int) -> None:
        self.conductor = conductor
        self._load, self._options, self._after = load, options, after

    def verdict(self) -> int:
        """Reconcile, write the reports and give the exit code. Raises Failure when the target is gone."""
        results = self._results()
        console = Console(highlight=False, soft_wrap=True)
        report.show(console, results)
        for file, write in (
            (self._options.json, report.as_json),
            (self._options.junit, report.as_junit),
            (self._options.html, page.write),
        ):
            if file:
                _write(file, write(results))
        return 0 if results.passed else NOT_KEPT

    def _results(self) -> Results:
        run, job = self.conductor, self.conductor.job
        elapsed = run.planned()
        planned = sum(1 for _ in Plan(job.curve, job.seed).begins(0.0, elapsed))
        end = end_of(job)
        try:
            books = reconcile(job, end, run.tally.acknowledged, self._after)
        except (Unreachable, ActionRefused) as error:
            raise Failure(f"Nothing could be reconciled: {error}", UNREACHABLE) from None
        finally:
            end.close()
        cut = "" if run.finished else f"The run was stopped after {elapsed:.0f} s."
        return Results(
            job=job,
            tally=run.tally,
            planned=planned,
            elapsed=elapsed,
            reconciliation=books,
            thresholds=self._load.thresholds,
            workers=run.most_workers,
            lost_workers=run.lost_workers,
            cut_short=cut,
            talking=run.concurrent,
        )


def _write(file: str, content: bytes) -> None:
    try:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_bytes(content)
    except OSError as error:
        raise Failure(f"The report {file} cannot be written: {error.strerror or error}", USAGE) from None
