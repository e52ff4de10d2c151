"""A summary in GitHub's Markdown, for the page of a CI run: what to mend first, what held folded away."""

import re
from collections.abc import Iterator, Sequence

from callproof.conformance.findings import RootCause, findings
from callproof.conformance.verdict import Check, Outcome, RequirementResult, Verdict
from callproof.contract.printing import printable
from callproof.reports.finding_words import SHOWN, lines

# A page of GitHub's takes 1 MiB; a row that fails everywhere shows its first problems.
MOST_PROBLEMS, LONGEST = 3, 600
MOST_FINDINGS = 20
_TICKS = re.compile(r"`+")
_SPECIAL = re.compile(r"([\\`*_\[\]#|~])")


def write(verdict: Verdict) -> bytes:
    """The page as UTF-8."""
    return ("\n".join(_lines(verdict)) + "\n").encode()


def _lines(verdict: Verdict) -> Iterator[str]:
    yield f"## callproof: {verdict.words.lower()}"
    yield ""
    undecided = f"Undecided, as scenarios broke off: {', '.join(verdict.undecided)}"
    for problem in (verdict.stopped, verdict.too_few, undecided if verdict.undecided else ""):
        if problem:
            yield from (f"**{escaped(problem)}**", "")
    words = ", ".join(f"{count} {outcome}" for outcome, count in verdict.counts.items())
    whose = f" of the {verdict.target.upper()}" if verdict.target else ""
    left = f"{len(verdict.untested)} (`notLookedAt` in --json names them)" if verdict.untested else "0"
    yield f"Requirements{whose}: {words}; not looked at: {left}."
    yield (
        f"Scenarios: {len(verdict.scenarios)}, of them failed: {len(verdict.failed)}. "
        f"Ruleset {verdict.ruleset}, seed {verdict.seed}{', strict' if verdict.strict else ''}."
    )
    yield from _findings(findings(verdict))
    yield from _broken(verdict)
    wrong = [result for result in verdict.requirements if result.problems]
    if wrong:
        yield from ("", "| verdict | requirement | what it demands | where and what differs |")
        yield "|---|---|---|---|"
        for outcome in (Outcome.FAILED, Outcome.WARNED, Outcome.NOTED, Outcome.KNOWN):
            yield from (_row(result) for result in wrong if result.outcome is outcome)
    yield from _folded("Passed", [r for r in verdict.requirements if r.outcome is Outcome.PASSED])
    yield from _left(verdict)


def _findings(found: Sequence[RootCause]) -> Iterator[str]:
    if found:
        yield from ("", f"### Findings: {len(found)}", "")
    for number, finding in enumerate(found[:MOST_FINDINGS], 1):
        yield f"{number}. **{finding.outcome}** {escaped(finding.headline)}"
        for name, text in lines(finding):
            yield f"   - {name}: {_code(text) if name in SHOWN else escaped(text)}"
    if len(found) > MOST_FINDINGS:
        yield f"\nand {len(found) - MOST_FINDINGS} more."


def _line(text: str) -> str:
    """Text of anybody on one line, bounded."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _code(text: str) -> str:
    """Text of anybody as code within a line."""
    shown = _line(text)
    fence = "`" * (max(map(len, _TICKS.findall(shown)), default=0) + 1)
    return f"{fence} {shown} {fence}"


def _broken(verdict: Verdict) -> Iterator[str]:
    if verdict.broken:
        yield from ("", "Scenarios that could not be played to their end:", "")
    for result in verdict.broken:
        whose = escaped(verdict.cause(result))
        yield f"- {escaped(result.id)}, broken off by {whose}: {escaped(result.broken)}"


def _row(result: RequirementResult) -> str:
    row = result.requirement
    shown = [_problem(scenario, check) for scenario, check in result.problems[:MOST_PROBLEMS]]
    more = len(result.problems) - len(shown)
    if more:
        shown.append(f"and {more} more")
    return (
        f"| {result.outcome} | {escaped(row.id)} ({row.level}, {row.evidence}) | {escaped(row.text)} "
        f"| {'<br>'.join(shown)} |"
    )


def _problem(scenario: str, check: Check) -> str:
    return f"{escaped(check.where)} ({escaped(scenario)}): {escaped(check.what)}: {escaped(check.problem)}"


def _folded(title: str, results: list[RequirementResult]) -> Iterator[str]:
    if not results:
        return
    yield from ("", f"<details><summary>{title}: {len(results)}</summary>", "")
    yield from ("| requirement | what it demands | checks |", "|---|---|---|")
    for result in results:
        yield f"| {escaped(result.requirement.id)} | {escaped(result.requirement.text)} | {result.held} |"
    yield from ("", "</details>")


def _left(verdict: Verdict) -> Iterator[str]:
    if verdict.left_out:
        yield ""
    for scenario, absent in verdict.left_out:
        yield f"- left out {escaped(scenario)}: {escaped(absent)} is absent"
    if verdict.stale:
        yield ""
    for entry in verdict.stale:
        yield f"- stale: {escaped(entry)}"
    if verdict.created:
        yield ""
    for made in verdict.created:
        yield f"- created at the CRM: {escaped(made)}"


def escaped(text: str) -> str:
    """Text of anybody for a cell: on one line, bounded, without markup of HTML or Markdown."""
    line = _line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", line)
