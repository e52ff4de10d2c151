"""What an end counts of its exchanges, in every process that answers for it."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from callproof.contract.findings import Finding
from callproof.exchange.ledger import Labels, Ledger

# Upper bounds of what a request took, in seconds.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# What stands for a request that is no method, and for an answer that never came.
UNKNOWN, NONE = "unknown", "none"
# Set in the environment of a request by who finds out which method it is.
OPERATION = "callproof.operation"
# What is open, and the names of what is counted, which are the first of the labels.
POLLS, STREAMS = "polls", "streams"
OPEN, REQUESTS, ASKED, SECONDS, FINDINGS = "open", "requests", "asked", "seconds", "findings"
SUM = "sum"

_OPEN: tuple[Labels, ...] = ((OPEN, POLLS), (OPEN, STREAMS))
_BOUNDS = (*map(str, BUCKETS), "+Inf", SUM)
_SUM = len(BUCKETS) + 1
_NANO = 1e9


class Counts:
    """``ledger`` has the sums: by labels, of which the first says what was counted. Safe for threads."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        self.ledger = ledger or Ledger()
        self._numbers = self.ledger.claim(_OPEN)
        self._places: dict[tuple[str, int | None], tuple[int, int]] = {}

    def request(self, operation: str, status: int | None, seconds: float, found: Sequence[Finding]) -> None:
        """One that this end answered, with None where the answer was lost."""
        number, buckets = self._places.get((operation, status)) or self._learn(operation, status)
        numbers = self._numbers.all
        with self._numbers.lock:
            numbers[number] += 1
            numbers[buckets + bisect_left(BUCKETS, seconds)] += 1
            numbers[buckets + _SUM] += int(seconds * _NANO)
        for finding in found:
            self._numbers.add((FINDINGS, finding.requirement, finding.kind))

    def asked(self, operation: str, status: int | None) -> None:
        """A request of this end, with None where no answer came."""
        self._numbers.add((ASKED, operation or UNKNOWN, NONE if status is None else str(status)))

    @contextmanager
    def open(self, what: str) -> Iterator[None]:
        """One of ``POLLS`` or ``STREAMS`` is open meanwhile."""
        self._numbers.add((OPEN, what))
        try:
            yield
        finally:
            self._numbers.add((OPEN, what), -1)

    def _learn(self, operation: str, status: int | None) -> tuple[int, int]:
        number = self._numbers.place((REQUESTS, operation, NONE if status is None else str(status)))
        buckets = self._numbers.block([(SECONDS, operation, bound) for bound in _BOUNDS])
        return self._places.setdefault((operation, status), (number, buckets))
