"""The verdict as one page, to read at a desk, to attach, to show to others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from callproof.conformance.exhibits import Exhibit, exhibits, offset
from callproof.conformance.ladder import Ladder, ladders
from callproof.conformance.verdict import (
    Check,
    Outcome,
    RequirementResult,
    ScenarioResult,
    Verdict,
)
from callproof.reports.bodies import curl, query_of, readable
from callproof.reports.drawing import draw
from callproof.reports.pages import render


@dataclass(frozen=True)
class Shown:
    """One exchange, with the lines that ask the same again."""

    exhibit: Exhibit
    curl: str
    request: Sequence[tuple[str, str]]
    answer: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Played:
    """One scenario: its checks by step, its calls, and what went over the wire."""

    result: ScenarioResult
    outcome: Outcome
    checks: Sequence[tuple[Check, Outcome]]
    drawings: Sequence[tuple[Ladder, Markup]]
    exchanges: Sequence[Shown]


def write(verdict: Verdict) -> bytes:
    """The page as UTF-8."""
    return render(
        "verdict.html",
        verdict=verdict,
        chapters=[(name, list(rows)) for name, rows in groupby(verdict.requirements, _chapter)],
        scenarios=(_played(verdict, result) for result in verdict.scenarios),
        offset=offset,
    )


def _chapter(result: RequirementResult) -> str:
    return result.requirement.chapter


def _played(verdict: Verdict, result: ScenarioResult) -> Played:
    shown = exhibits(result.exchanges)
    return Played(
        result,
        verdict.outcome_of(result),
        list(_once(verdict, result.checks)),
        [(ladder, draw(ladder)) for ladder in ladders(shown)],
        [_shown(exhibit) for exhibit in shown],
    )


def _once(verdict: Verdict, checks: Sequence[Check]) -> Iterator[tuple[Check, Outcome]]:
    """Steps in their order, and of what is judged in every message only what went wrong."""
    for check in checks:
        of_a_step = ":" in check.where.rpartition("/")[2]
        if check.problem or of_a_step:
            yield check, verdict.outcome(check)


def _shown(exhibit: Exhibit) -> Shown:
    exchange = exhibit.exchange
    answer = readable(exchange.reply) if exchange.reply else []
    return Shown(exhibit, curl(exchange), readable(exchange.request, query_of(exchange.url)), answer)
