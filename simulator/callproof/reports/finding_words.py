"""What every report says of a finding, in the same words."""

from collections.abc import Iterator

from callproof.conformance.findings import RootCause
from callproof.reports.bodies import curl

# What a message that is shown is called.
SENT, CAME = SHOWN = "sent", "came"
# How many rows that a cause touches are told in words; the others are counted.
MOST_ROWS = 6


def demanded(finding: RootCause) -> str:
    """The row that it is about."""
    row = finding.row
    return f"{row.id} ({row.level}, {row.evidence}): {row.text}" if row else ""


def also_touched(finding: RootCause) -> str:
    """The other rows, gravest first."""
    others = [f"{touched.row.id} {touched.outcome}" for touched in finding.rows[1:]]
    more = len(others) - MOST_ROWS
    return ", ".join([*others[:MOST_ROWS], *([f"and {more} more"] if more > 0 else [])])


def seen_in(finding: RootCause) -> str:
    """Where it happened first, and how often else."""
    if not finding.scenarios:
        return ""
    place = "" if finding.where in finding.scenarios else f" ({finding.where})"
    return f"{finding.scenarios[0]}{place}{_counted(', and in ', finding.elsewhere, ' other scenario')}"


def consequences(finding: RootCause) -> str:
    """What ended and what nobody could look at because of it."""
    broke = _counted("broke off ", len(finding.broke), " scenario")
    left = _counted("left undecided ", len(finding.undecided), " row")
    return ", ".join(filter(None, (broke, left)))


def sent(finding: RootCause) -> str:
    """A line that asks the same again, "" where no message shows it."""
    return curl(finding.exchange) if finding.exchange else ""


def shown_as(finding: RootCause) -> str:
    """What a reader is to think of its message."""
    return CAME if finding.came else SENT


def lines(finding: RootCause, longest: int = 0) -> Iterator[tuple[str, str]]:
    """What there is to say below the headline, each with its name; a curl line that is longer than
    ``longest`` is cut and says by which name another report has it whole."""
    told = (
        ("demanded", demanded(finding)),
        ("because", finding.because),
        ("do", finding.remedy),
        ("also", also_touched(finding)),
        ("seen in", seen_in(finding)),
        ("and", consequences(finding)),
        ("missed", "" if ", found " in finding.headline else finding.missed),
        ("near", finding.near[0] if finding.near else ""),
        (shown_as(finding), _short(finding, longest)),
    )
    return ((name, text) for name, text in told if text)


def _short(finding: RootCause, longest: int) -> str:
    line, seen = sent(finding), finding.exchange
    if seen is None:
        return line
    if longest and len(line) > longest:
        line = f"{line[:longest]}… (whole in --html FILE, as {seen.ref})"
    # A comment to a shell, so that the line can be copied.
    return f"{line} # -> {seen.status or seen.error}"


def _counted(before: str, number: int, noun: str) -> str:
    return f"{before}{number}{noun}{'s' * (number != 1)}" if number else ""
