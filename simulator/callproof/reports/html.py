"""The verdict as one page, to read at a desk, to attach, to show to others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from markupsafe import Markup

from callproof.conformance.exhibits import Exhibit, exhibits, offset
from callproof.conformance.findings import GRAVEST, RootCause, findings
from callproof.conformance.ladder import Ladder, ladders
from callproof.conformance.missed import with_missed
from callproof.conformance.verdict import (
    Check,
    Outcome,
    RequirementResult,
    ScenarioResult,
    Verdict,
)
from callproof.reports.bodies import curl, query_of, readable
from callproof.reports.drawing import draw
from callproof.reports.finding_words import SHOWN, lines, sent, shown_as
from callproof.reports.pages import render, script

# Of a row that fails everywhere the first problems are shown, and of failed scenarios the first are open.
MOST_PROBLEMS, MOST_OPENED = 10, 10


@dataclass(frozen=True)
class Shown:
    """One exchange, with the lines that ask the same again."""

    exhibit: Exhibit
    curl: str
    request: Sequence[tuple[str, str]]
    answer: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Found:
    """A finding, with its lines by their names and the message that shows it, as it can be asked again and
    as one reads it."""

    finding: RootCause
    lines: Sequence[tuple[str, str]]
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
    rows = verdict.requirements
    return render(
        "verdict.html",
        verdict=verdict,
        findings=[_found(finding) for finding in findings(verdict)],
        wrong=sorted((row for row in rows if row.outcome is not Outcome.PASSED), key=_gravity),
        chapters=[(name, list(held)) for name, held in groupby(filter(_held, rows), _chapter)],
        scenarios=map(partial(_played, verdict), _worst_first(verdict)),
        outcomes=GRAVEST,
        offset=offset,
        shown_as=shown_as,
        shown_problems=MOST_PROBLEMS,
        opened=MOST_OPENED,
        script=script("filter.js"),
    )


def _found(finding: RootCause) -> Found:
    told = [(name, text) for name, text in lines(finding) if name not in ("demanded", "near", *SHOWN)]
    seen = finding.exchange
    request = readable(seen.request, query_of(seen.url)) if seen else []
    answer = readable(seen.reply) if seen and seen.reply else []
    return Found(finding, told, sent(finding), request, answer)


def _gravity(result: RequirementResult) -> int:
    return GRAVEST.index(result.outcome)


def _held(result: RequirementResult) -> bool:
    return result.outcome is Outcome.PASSED


def _worst_first(verdict: Verdict) -> list[ScenarioResult]:
    return sorted(verdict.scenarios, key=lambda result: GRAVEST.index(verdict.outcome_of(result)))


def _chapter(result: RequirementResult) -> str:
    return result.requirement.chapter


def _played(verdict: Verdict, result: ScenarioResult) -> Played:
    shown = exhibits(result.exchanges)
    return Played(
        result,
        verdict.outcome_of(result),
        list(_once(verdict, result.checks)),
        [(ladder, draw(ladder)) for ladder in with_missed(ladders(shown), shown, result.checks)],
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
