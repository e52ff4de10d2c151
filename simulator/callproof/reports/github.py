"""Problems as annotations of a run on GitHub Actions, which reads them from what is printed."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from callproof.conformance.verdict import Check, Outcome, Verdict
from callproof.reports.cases import PLAYED, of_the_run

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
    """One for each row that failed or warned, one for each scenario that was broken off, and what is wrong
    with the run; as many of each kind as are shown."""
    every = [*_of_the_run(verdict), *_of_scenarios(verdict), *_of_rows(verdict)]
    return [*shown(every)]


def shown(every: Iterable[Annotation]) -> Iterator[Annotation]:
    """The first of each kind, errors first."""
    known = list(every)
    for kind in ("error", "warning"):
        yield from islice((found for found in known if found.kind == kind), SHOWN)


def is_read() -> bool:
    """Whether the run is one on GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def _of_the_run(verdict: Verdict) -> Iterator[Annotation]:
    for name, problem in of_the_run(verdict):
        yield Annotation("error", f"callproof: not so: {name}", problem)


def _of_scenarios(verdict: Verdict) -> Iterator[Annotation]:
    for scenario in verdict.broken:
        if verdict.outcome_of(scenario) is Outcome.FAILED:
            text = f"broken off by {verdict.cause(scenario)}: {scenario.broken}"
            yield Annotation("error", f"{scenario.id}: not so: {PLAYED}", text, scenario.file)


def _of_rows(verdict: Verdict) -> Iterator[Annotation]:
    kinds = {Outcome.FAILED: "error", Outcome.WARNED: "warning"}
    for result in verdict.requirements:
        if kind := kinds.get(result.outcome):
            row = result.requirement
            of_kind = [check for _, check in result.problems if verdict.outcome(check) is result.outcome]
            first, *more = of_kind
            also = f" (and {len(more)} more)" if more else ""
            file, line = place(first)
            title = f"{row.id}: {row.text}"
            yield Annotation(kind, title, f"{first.what}: {first.problem}{also}", file, line)


def place(check: Check) -> tuple[str, int]:
    """The file of the scenario and the line of the step; 0 where a whole message was judged."""
    file, colon, line = check.where.rpartition(":")
    return (file, int(line)) if colon and line.isdecimal() else (check.where, 0)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
