"""A run from its file to its results; what is written about them is for whoever leads the run."""

import secrets
from dataclasses import dataclass, replace

from callproof.control.client import ActionRefused, Unreachable
from callproof.errors import OutOfReach
from callproof.load.conductor import Conductor, Post
from callproof.load.loadfile import Load, load_file
from callproof.load.reconcile import reconcile
from callproof.load.results import Results
from callproof.load.target import end_of, prepare, release
from callproof.traffic import records


@dataclass(frozen=True)
class RunOptions:
    """The file, and what replaces parts of it; "" replaces nothing."""

    file: str
    host: str = ""
    api_key: str = ""
    token: str = ""


class Prepared:
    """A file that was read; each start is a run of its own."""

    def __init__(self, load: Load) -> None:
        self._load = load

    @property
    def address(self) -> str:
        """The target's, the first of several."""
        return self._load.job.urls[0]

    def start(self, post: Post) -> "Director":
        """Prepare the target and begin. Raises OutOfReach."""
        job = replace(self._load.job, run=f"load-{secrets.token_hex(4)}")
        end = end_of(job)
        try:
            job = prepare(job, end)
            after = records.last_position(end) if job.control else 0
        except Unreachable as error:
            hint = "" if not job.control else " Is it callproof's? If not, set target.control to false."
            raise OutOfReach(f"{error}.{hint}") from None
        except ActionRefused as error:
            raise OutOfReach(str(error)) from None
        finally:
            end.close()
        return Director(replace(self._load, job=job), Conductor(job, post), after)


def read(options: RunOptions) -> Prepared:
    """The file that the options name, with what they change in it. Raises FileError."""
    load = load_file(options.file)
    job = load.job
    job = replace(
        job,
        urls=(options.host.rstrip("/"),) if options.host else job.urls,
        api_key=options.api_key or job.api_key,
        token=options.token or job.token,
    )
    return Prepared(replace(load, job=job))


class Director:
    """A run that has begun: ``conductor`` leads it, ``results`` ends it."""

    def __init__(self, load: Load, conductor: Conductor, after: int) -> None:
        self.conductor = conductor
        self._load, self._after = load, after

    def results(self) -> Results:
        """Reconciled, whether the run came to its end or not. Raises OutOfReach when the target is gone."""
        run, job = self.conductor, self.conductor.job
        elapsed = run.planned()
        planned = run.begins()
        end = end_of(job)
        try:
            books = reconcile(job, end, run.tally.acknowledged, self._after)
            release(job, end)
        except (Unreachable, ActionRefused) as error:
            raise OutOfReach(f"Nothing could be reconciled: {error}") from None
        finally:
            end.close()
        cut = "" if run.finished else f"The run was stopped after {elapsed:.0f} s."
        return Results(
            job=replace(job, curve=run.curve),
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
