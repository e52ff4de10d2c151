"""What a million calls an hour cost, worked out from the figures of the published page.

A call of the plan is looked up when it comes in, as three of four do, tells its beginning and its end, and
comes into the history in an upload of 50.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.report import number, table
from benchmarks.sections.comparison import KEPT, OURS
from benchmarks.sections.workers import SETUPS

CALLS = 1_000_000
# Requests of one call, by kind.
SHARES = {"event": 2.0, "lookup": 0.75, "upload": 1 / 50}
# Whose figures: the first two have a core for themselves, the last counts the database's work as well.
ROWS = (OURS, KEPT, next(str(setup) for setup in SETUPS if "PostgreSQL" in str(setup)))

BEGIN, END = "<!-- plan -->", "<!-- /plan -->"


@dataclass(frozen=True)
class Cost:
    """``micros`` is the CPU time of one call's requests."""

    server: str
    micros: float

    @property
    def cores(self) -> float:
        return CALLS * self.micros / 3600e6


def costs(page: str) -> Iterator[Cost]:
    """From the tables of ``docs/performance.md``. Raises LookupError for one that is not there."""
    for server in ROWS:
        yield Cost(server, sum(share * _cpu(page, kind, server) for kind, share in SHARES.items()))


def text(page: str) -> str:
    """The table of the plan."""
    rows = [[cost.server, number(cost.micros), number(cost.cores)] for cost in costs(page)]
    return table(["callproof", "CPU µs a call", "cores for a million calls an hour"], rows)


def inserted(document: str, page: str) -> str:
    """The document with the table between its marks."""
    before, _, rest = document.partition(BEGIN)
    return f"{before}{BEGIN}\n{text(page)}\n{rest[rest.index(END) :]}"


def _cpu(page: str, kind: str, server: str) -> float:
    """The median in the second column of the server's row in a table of this kind."""
    for block in page.split(f"**{kind}**")[1:]:
        rows = block.strip().split("\n\n")[0]
        found = re.search(rf"^\| {re.escape(server)} \|[^|]*\|([^|]*)\|", rows, re.M)
        if found and (middle := re.search(r"\*\*([\d ., ]+)\*\*", found[1])):
            return float(re.sub(r"[  ,]", "", middle[1]))
    raise LookupError(f"The page has no {kind} of {server}")
