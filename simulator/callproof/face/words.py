"""What a failed test says: differences, lists of requests, problems of a scenario row by row."""

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from urllib.parse import urlsplit

from callproof.conformance.evidence import Seen
from callproof.conformance.findings import RootCause
from callproof.conformance.matching import differences
from callproof.conformance.verdict import Outcome, ScenarioResult, Verdict
from callproof.contract.findings import Kind
from callproof.contract.jsontypes import Json
from callproof.contract.operations import BY_NAME, Side
from callproof.contract.requirements import all_requirements
from callproof.reports.finding_words import lines

# How many requests a failed assertion lists; the newest are the likeliest to be meant.
LONGEST_LIST = 20


def amiss(exchange: Seen, with_: Json) -> list[str]:
    """Member by member, what keeps the request from matching."""
    if exchange.refused:
        return [f"it could not be read: {exchange.refused}"]
    return differences(with_, exchange.params) if with_ is not None else []


def misses(exchange: Seen, with_: Json, status: int | None) -> list[str]:
    """The same, and whether it was answered as expected: with ``status``, or by taking it."""
    return [*amiss(exchange, with_), *_answered_amiss(exchange, status)]


def nearest(candidates: Collection[Seen], with_: Json, status: int | None) -> str:
    """The request that misses by least, and by what; then the list of all that could have been meant."""
    best = min(candidates, key=lambda exchange: len(misses(exchange, with_, status)))
    lines = [f"The nearest, {_line(best)}:"]
    lines += [f"    {miss}" for miss in misses(best, with_, status)]
    lines += [f"    {found}" for found in best.findings if found.kind is not Kind.NOTICE]
    if len(candidates) > 1:
        lines += ["All that came:", listed(candidates)]
    return "\n".join(lines)


def listed(exchanges: Collection[Seen]) -> str:
    """One line for each request."""
    shown = list(exchanges)[-LONGEST_LIST:]
    left_out = len(exchanges) - len(shown)
    lines = [f"    ... and {left_out} before these"] if left_out else []
    return "\n".join([*lines, *(f"    {_line(exchange)}" for exchange in shown)])


def unknown_method(name: str, asked_by: Side) -> str:
    """Why no such request can be looked for."""
    known = [operation.name for operation in BY_NAME.values() if operation.asked_by is asked_by]
    if name in BY_NAME:
        return f"{name!r} is not what a {asked_by.upper()} sends; it sends one of: {', '.join(known)}"
    close = get_close_matches(name, known, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"a {asked_by.upper()} sends: {', '.join(known)}"
    return f"The contract has no method {name!r}; {hint}"


def explain(finding: RootCause) -> str:
    """A finding as the reports have it: its cause, what is demanded, what to do, what was sent."""
    below = (f"  {name}: {text}" for name, text in lines(finding))
    return "\n".join([f"{finding.outcome}: {finding.headline}", *below])


def problems(verdict: Verdict, results: Sequence[ScenarioResult], least: Outcome = Outcome.FAILED) -> str:
    """Every scenario with a problem, and below it a line for each row, with file and line.

    ``least`` NOTED shows warnings and notes as well.
    """
    blocks = []
    for result in results:
        lines = list(_rows(verdict, result, least))
        if lines:
            blocks.append("\n".join([f"{result.id}: {result.title}", *lines]))
    return "\n\n".join(blocks)


def _rows(verdict: Verdict, result: ScenarioResult, least: Outcome) -> Iterator[str]:
    if result.broken:
        yield f"  could not be played, broken off by {verdict.cause(result)}: {result.broken}"
    seen: set[tuple[str, str]] = set()
    for check in result.checks:
        outcome = verdict.outcome(check)
        if outcome is Outcome.PASSED or (least is Outcome.FAILED and outcome is not Outcome.FAILED):
            continue
        if (check.requirement, check.problem) in seen:
            continue
        seen.add((check.requirement, check.problem))
        yield f"  {outcome} {check.requirement}: {all_requirements()[check.requirement].text}"
        yield f"    {check.where}: {check.what}: {check.problem}"


def _answered_amiss(exchange: Seen, status: int | None) -> list[str]:
    if status is not None:
        return differences(status, exchange.status, "status")
    if exchange.status is not None and exchange.status >= 400:
        return [f"it was refused with {exchange.status}: {_reason(exchange.answer)}"]
    return []


def _reason(answer: Json) -> str:
    if not isinstance(answer, dict):
        return "no reason was given"
    errors = answer.get("errors")
    inner = f" ({'; '.join(f'{n}: {t}' for n, t in errors.items())})" if isinstance(errors, dict) else ""
    return f"{answer.get('errorMsg') or answer.get('error') or answer}{inner}"


def _line(exchange: Seen) -> str:
    name = exchange.operation.name if exchange.operation else "(no method of the contract)"
    url = urlsplit(exchange.url)
    path = f"{url.path}?{url.query}" if url.query else url.path
    return f"{exchange.id} {name}: {exchange.method} {path} -> {exchange.status or exchange.error}"
