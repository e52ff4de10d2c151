"""A verdict as test cases, for the reports that CI servers read."""

from collections.abc import Iterable

from callproof.conformance.findings import RootCause
from callproof.conformance.verdict import Check, ScenarioResult, Verdict
from callproof.reports.finding_words import lines

PLAYED = "the scenario can be played"
# A longer curl line is in the page and in the JSON report alone.
LONGEST = 400


def of_the_run(verdict: Verdict) -> list[tuple[str, str]]:
    """What is wrong with the whole run, which no scenario shows: the name of a case and the problem."""
    cases = (
        ("the run comes to its end", verdict.stopped),
        ("no row is left undecided", ", ".join(verdict.undecided)),
        ("enough rows are looked at", verdict.too_few),
    )
    return [(name, problem) for name, problem in cases if problem]


def broken_off(verdict: Verdict, scenario: ScenarioResult) -> str:
    """Why it was not played to its end, and whose doing that is."""
    return f"broken off by {verdict.cause(scenario)}: {scenario.broken}"


def place(where: str) -> tuple[str, int]:
    """The file and the line of a step; 0 where a whole message was judged."""
    file, colon, line = where.rpartition(":")
    return (file, int(line)) if colon and line.isdecimal() else (where, 0)


def told(problems: Iterable[Check]) -> str:
    """Each problem on a line, with its place."""
    return "\n".join(f"{check.where}: {check.what}: {check.problem}" for check in problems)


def explained(found: Iterable[RootCause], scenario: str, row: str) -> str:
    """What the finding says of a row that did not hold in a scenario, line by line, to stand below what was
    seen there."""
    cause = next((finding for finding in found if finding.touches(scenario, row)), None)
    if cause is None:
        return ""
    said = (f"\n{name}: {text}" for name, text in lines(cause, longest=LONGEST) if name != "demanded")
    return f"\n\n{cause.headline}{''.join(said)}"
