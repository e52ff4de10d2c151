"""What became of the traffic, in telephony's terms."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson
from rich.console import Console
from rich.markup import escape

from callproof.traffic.reconcile import Books
from callproof.traffic.records import PbxCall
from callproof.traffic.run import Log

SHOWN_MISMATCHES = 20


@dataclass(frozen=True)
class Summary:
    """``missed`` are the callers whom nobody took and the customers who did not pick up.

    ``failed`` counts reasons. ``report_delay`` is the seconds from a call's end to its row in the CRM,
    on average and at most. ``seconds`` is how long the traffic lasted, ``took`` how long the run took.
    """

    attempted: int
    answered: int
    missed: int
    busy: int
    refused: int
    failed: Counter[str]
    not_started: Counter[str]
    concurrent: int
    in_history: int
    recordings: int
    report_delay: tuple[float, float]
    latest: float
    seconds: float
    took: float
    mismatches: Sequence[str]

    @property
    def per_second(self) -> float:
        return self.attempted / self.took if self.took else 0.0


def summary(log: Log, books: Books) -> Summary:
    causes = Counter(call.cause for call in books.pbx)
    return Summary(
        attempted=log.attempted,
        answered=causes["answered"],
        missed=causes["no answer"] + causes["cancelled"],
        busy=causes["busy"],
        refused=causes["refused"],
        failed=Counter(str(call.reason) for call in books.pbx if call.cause == "failed"),
        not_started=log.not_started,
        concurrent=peak(books.pbx),
        in_history=len(books.crm),
        recordings=books.recordings,
        report_delay=_delay(books),
        latest=log.latest,
        seconds=log.ended - log.started,
        took=log.took,
        mismatches=books.mismatches,
    )


def peak(calls: Iterable[PbxCall]) -> int:
    """The most calls that went on at one moment; one that ends when another begins makes room for it."""
    steps = sorted(
        (moment, step)
        for call in calls
        for moment, step in ((call.started_at, 1), (call.ended_at, -1))
        if moment is not None
    )
    now = most = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most


def _delay(books: Books) -> tuple[float, float]:
    ended = {call.id: call.ended_at for call in books.pbx}
    found = [row.uploaded_at - end for row in books.crm if (end := ended.get(row.external_id)) is not None]
    return (sum(found) / len(found), max(found)) if found else (0.0, 0.0)


def show(out: Console, found: Summary) -> None:
    """For a person; the last line is the verdict."""

    def line(name: str, number: object, note: str = "") -> None:
        out.print(f"{name:<13}{number:>8}  {escape(note)}".rstrip(), soft_wrap=True)

    line("Attempted", found.attempted, f"in {_time(found.seconds)}, with the time that the last ones took")
    line("Answered", found.answered)
    line("Missed", found.missed)
    line("Busy", found.busy)
    line("Refused", found.refused)
    line("Failed", found.failed.total(), _reasons(found.failed))
    line("Not started", found.not_started.total(), _reasons(found.not_started))
    line("Concurrent", found.concurrent, "at most")
    mean, most = found.report_delay
    line("In the CRM", found.in_history, f"on average {mean:.1f} s after their end, at most {most:.1f} s")
    line("Recordings", found.recordings)
    if found.latest >= 1:
        line("Late", f"{found.latest:.0f} s", "this machine could not begin the calls at their moment")
    out.print(f"{found.per_second:.0f} calls per second, in {_time(found.took)}")
    for sentence in found.mismatches[:SHOWN_MISMATCHES]:
        out.print(escape(sentence), style="red", soft_wrap=True)
    if (more := len(found.mismatches) - SHOWN_MISMATCHES) > 0:
        out.print(f"and {more} more", style="red")
    if found.mismatches:
        out.print(f"Not reconciled: {len(found.mismatches)} differences between the ends", style="bold red")
    else:
        out.print("Reconciled: no call is lost, none is double, none differs", style="green")


def as_json(found: Summary) -> bytes:
    return orjson.dumps(
        {
            "attempted": found.attempted,
            "answered": found.answered,
            "missed": found.missed,
            "busy": found.busy,
            "refused": found.refused,
            "failed": found.failed,
            "notStarted": found.not_started,
            "concurrent": found.concurrent,
            "inHistory": found.in_history,
            "recordings": found.recordings,
            "reportDelay": {"mean": found.report_delay[0], "max": found.report_delay[1]},
            "late": found.latest,
            "seconds": found.seconds,
            "took": found.took,
            "callsPerSecond": found.per_second,
            "reconciled": not found.mismatches,
            "mismatches": found.mismatches,
        },
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
    )


def _reasons(counted: Counter[str]) -> str:
    return ", ".join(f"{reason}: {count}" for reason, count in counted.most_common())


def _time(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f} min {rest:.0f} s" if minutes else f"{rest:.1f} s"
