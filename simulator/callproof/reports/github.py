"""Problems as annotations of a run on GitHub Actions, which reads them from what is printed."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from callproof.conformance.findings import RootCause, findings
from callproof.conformance.verdict import Outcome, Verdict
from callproof.contract.printing import printable_lines
from callproof.reports.cases import of_the_run, place
from callproof.reports.finding_words import lines

# GitHub shows no more of a kind, of one step of a job.
SHOWN = 10


@dataclass(frozen=True)
class Annotation:
    """``kind`` is ``error`` or ``warning``; without a ``line`` it is about the whole ``file``, without a
    file about the run."""

    kind: str
    title: str
    text: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = {"file": self.file, "line": str(self.line or ""), "title": self.title}
        properties = ",".join(f"{name}={_property(value)}" for name, value in place.items() if value)
        return f"::{self.kind} {properties}::{_data(self.text)}"


def annotations(verdict: Verdict) -> list[Annotation]:
    """What is wrong with the run, and one for each finding that fails or warns; as many as are shown."""
    grave = (one for one in findings(verdict) if one.outcome in (Outcome.FAILED, Outcome.WARNED))
    return [*shown([*_of_the_run(verdict), *map(_of_cause, grave)])]


def shown(every: Iterable[Annotation]) -> Iterator[Annotation]:
    """The first of each kind, errors first, and what has the same title once."""
    known: dict[str, Annotation] = {}
    for one in every:
        known.setdefault(one.title, one)
    for kind in ("error", "warning"):
        yield from islice((found for found in known.values() if found.kind == kind), SHOWN)


def is_read() -> bool:
    """Whether the run is one on GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def _of_the_run(verdict: Verdict) -> Iterator[Annotation]:
    for name, problem in of_the_run(verdict):
        yield Annotation("error", f"callproof: not so: {name}", problem)


def _of_cause(finding: RootCause) -> Annotation:
    kind = "error" if finding.outcome is Outcome.FAILED else "warning"
    said = (f"{name}: {text}" for name, text in lines(finding))
    file, line = place(finding.where)
    return Annotation(kind, finding.headline, "\n".join([*finding.problems[:1], *said]), file, line)


def _data(text: str) -> str:
    return printable_lines(text).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
