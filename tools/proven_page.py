"""The page that says what is proven, what is not and what nobody knows, from the report of a full run."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from callproof.conformance.fates import fates
from callproof.contract.requirements import Requirement, all_requirements

EVIDENCE = Path(__file__).resolve().parent.parent / "docs" / "evidence.md"
# Grades of facts that nobody outside of callproof has confirmed.
UNKNOWN = ("W", "M", "I")
NAMED = 3  # scenarios
NOT_SENT = "Judged wherever a side sends it; no scenario asks for it, and callproof's own ends send none."

_BEGINNING = """\
# Proven, not proven, unknown

{scenarios} scenarios were played on callproof's own two ends, on a manual clock: `callproof check`. Of
{rows} rows of the [contract](contract.md) {proven} were looked at, and {held}; {left} were not.
Beyond that lie {facts} facts that no source settles.

## Proven

Each of these rows was looked at in the scenarios named here, and all that they saw kept it. That a check
would have seen a break is what the [kill matrix](kill-matrix.md) proves. So it is proven that the row can
be judged, and that callproof's ends keep it; of a real account only what its
[evidence](evidence.md#grades) is worth.
"""
_NOT = """
## Not proven

Nothing of this was looked at in that run.
"""
_UNKNOWN = """
## Unknown

What rests on somebody's unverified code (W), on memory (M) or on our own inference (I) alone. A real
account may do otherwise. Of a `reading` the words after the colon are what callproof does instead of
knowing; what stands in brackets can be [set](evidence.md#readings). A row that rests on such facts alone
warns or notes, and fails only with `--strict`.
"""


class _Check(msgspec.Struct):
    requirement: str
    outcome: str


class _Scenario(msgspec.Struct):
    id: str
    checks: list[_Check]


class _Report(msgspec.Struct):
    scenarios: list[_Scenario]

    def seen(self) -> dict[str, set[str]]:
        """The scenarios that looked at each row."""
        found: dict[str, set[str]] = {}
        for played in self.scenarios:
            for check in played.checks:
                found.setdefault(check.requirement, set()).add(played.id)
        return found

    def broken(self) -> set[str]:
        return {
            check.requirement
            for played in self.scenarios
            for check in played.checks
            if check.outcome != "passed"
        }


def page(report: bytes) -> str:
    """``report`` is what ``callproof check --json`` writes of both ends."""
    run = msgspec.json.decode(report, type=_Report)
    rows, checks = all_requirements(), fates()
    seen, broken, facts = run.seen(), run.broken(), list(_unknown())
    text = _BEGINNING.format(
        scenarios=len(run.scenarios),
        rows=len(rows),
        proven=len(seen),
        held="every one held" if not broken else f"these did not hold: {', '.join(sorted(broken))}",
        left=len(rows) - len(seen),
        facts=len(facts),
    )
    lines = [text, "| row | level | evidence | demand | looked at in |", "|---|---|---|---|---|"]
    for row in rows.values():
        if row.id in seen and row.id not in broken:
            lines.append(f"{_row(row)} {_where(seen[row.id], checks[row.id])} |")
    lines += [_NOT, "| row | level | evidence | demand | why nobody looks |", "|---|---|---|---|---|"]
    for row in rows.values():
        if row.id not in seen:
            lines.append(f"{_row(row)} {row.excluded or NOT_SENT} |")
    lines += [_UNKNOWN, "| fact | evidence | rows that rest on it |", "|---|---|---|"]
    for anchor, fact, grades in facts:
        resting = ", ".join(row.id for row in rows.values() if anchor in row.anchors)
        lines.append(f"| [{anchor}](evidence.md#{anchor}): {fact} | {grades} | {resting} |")
    return "\n".join(lines) + "\n"


def _row(row: Requirement) -> str:
    return f"| {row.id} | {row.level} | {row.evidence} | {row.text} |"


def _where(played: set[str], checks: list[str]) -> str:
    """Scenarios that are about a row by name; how many others saw it on the way."""
    named = [check for check in checks if check in played][:NAMED]
    others = len(played) - len(named)
    words = [", ".join(f"`{name}`" for name in named)] if named else []
    if others:
        words.append(f"{others} more" if named else f"{others} scenarios, on the way")
    return " and ".join(words)


def _unknown() -> Iterator[tuple[str, str, str]]:
    """Anchor, words and evidence of each fact that has unknown grades alone; gaps with their reading."""
    text = EVIDENCE.read_text("utf-8")
    gaps = text.partition('<a id="readings"></a>')[2].partition("\n## ")[0]
    for anchor, rest in re.findall(r'(?m)^\| <a id="([^"]+)"></a>(.+) \|$', text):
        fact, _, cited = rest.rpartition(" | ")
        grades = [one.partition(" ")[0] for one in re.split(r"[;,] ", cited)]
        if f'"{anchor}"' in gaps:
            yield anchor, f"{fact}: {cited}", "I"
        elif all(grade in UNKNOWN for grade in grades):
            yield anchor, fact, cited
