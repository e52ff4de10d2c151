"""What became of the traffic, in telephony's terms."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callproof.traffic.reconcile import Books
from callproof.traffic.records import PbxCall
from callproof.traffic.run import Log


@dataclass(frozen=True)
class Summary:
    """``missed`` are the callers whom nobody took and the customers who did not pick up.

    ``failed`` counts reasons. ``report_delay`` is the seconds from a call's end to its row in the CRM,
    on average and at most. ``seconds`` is how long the traffic lasted, ``took`` how long the run took;
    ``stopped`` says that somebody stopped it before its end.
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
    stopped: bool

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
        stopped=log.stopped,
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
