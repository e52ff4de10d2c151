"""A run from its file to its results; what is written about them is for whoever leads the run."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace

from callproof.control.client import ActionRefused, End, Unreachable
from callproof.errors import Misuse, OutOfReach
from callproof.load.books import Books, NoBooks, open_books
from callproof.load.conductor import Conductor, Post
from callproof.load.loadfile import Load, load_file
from callproof.load.reconcile import reconcile
from callproof.load.results import Results
from callproof.load.target import end_of, foreign_lacks, has_control, prepare, release
from callproof.load.thresholds import OF_BOOKS, Threshold


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
        """Prepare the target and begin. Raises OutOfReach, and Misuse for what the file demands in vain."""
        load = self._load
        job = replace(load.job, run=f"load-{secrets.token_hex(4)}")
        with ExitStack() as stack, _told(load):
            end = stack.enter_context(closing(end_of(job)))
            job = replace(job, control=has_control(job) if load.control is None else load.control)
            if not job.control and (lacks := foreign_lacks(job)):
                raise Misuse(f"The PBX at {job.urls[0]} is not callproof's; {lacks}.")
            books = stack.enter_context(closing(open_books(job, end, load.target)))
            thresholds = judgeable(load, books)
            job = prepare(job, end, load.target.account if load.target else None)
            opened = stack.pop_all()
        return Director(Conductor(job, post), thresholds, end, books, opened)


@contextmanager
def _told(load: Load) -> Iterator[None]:
    """A target that cannot be prepared is no verdict on anybody."""
    try:
        yield
    except Unreachable as error:
        hint = " Is it callproof's? If not, leave target.control out." if load.control else ""
        raise OutOfReach(f"{error}.{hint}") from None
    except ActionRefused as error:
        kind = Misuse if error.exit_code == Misuse.exit_code else OutOfReach
        raise kind(str(error)) from None


def judgeable(load: Load, books: Books | NoBooks) -> tuple[Threshold, ...]:
    """The thresholds, without those of the usual ones that nothing can answer. Raises Misuse for one that
    the file has."""
    if not isinstance(books, NoBooks):
        return load.thresholds
    for place, threshold in zip(load.places, load.thresholds, strict=False):
        if threshold.metric in OF_BOOKS:
            raise Misuse(f"{place}: `{threshold}` cannot be judged. {books.why}")
    return tuple(threshold for threshold in load.thresholds if threshold.metric not in OF_BOOKS)


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

    def __init__(
        self,
        conductor: Conductor,
        thresholds: Sequence[Threshold],
        end: End,
        books: Books | NoBooks,
        opened: ExitStack,
    ) -> None:
        self.conductor = conductor
        self._thresholds, self._end, self._books, self._opened = thresholds, end, books, opened

    def results(self) -> Results:
        """Reconciled, whether the run came to its end or not. Raises OutOfReach when the target is gone."""
        run, job = self.conductor, self.conductor.job
        elapsed = run.planned()
        planned = run.begins()
        with self._opened:
            try:
                found = reconcile(self._books, run.tally.acknowledged)
                release(job, self._end)
            except (Unreachable, ActionRefused) as error:
                raise OutOfReach(f"Nothing could be reconciled: {error}") from None
        cut = "" if run.finished else f"The run was stopped after {elapsed:.0f} s."
        return Results(
            job=replace(job, curve=run.curve),
            tally=run.tally,
            planned=planned,
            elapsed=elapsed,
            reconciliation=found,
            thresholds=self._thresholds,
            workers=run.most_workers,
            lost_workers=run.lost_workers,
            cut_short=cut,
            talking=run.concurrent,
        )
