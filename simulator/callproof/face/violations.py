"""What the other side did against the contract, told for a test that wants to hear of nothing."""

from collections.abc import Iterable, Iterator

from callproof.conformance.evidence import Seen
from callproof.conformance.judge import judge
from callproof.conformance.verdict import Outcome
from callproof.contract.findings import Kind, sentence
from callproof.contract.operations import Side
from callproof.contract.printing import printable
from callproof.contract.requirements import all_requirements
from callproof.contract.secrets import Masks
from callproof.reports.bodies import curl
from callproof.reports.redact import Redactor

# How many messages a failed assertion tells in full.
MOST = 10
_MASKS = Masks()


class _Told:
    """What one message broke, each row once: the end's own words first, which name the remedy."""

    def __init__(self, exchange: Seen, strict: bool) -> None:
        self.exchange = exchange
        self.lines: list[str] = []
        self._rows: set[str] = set()
        grave = (Kind.VIOLATION, Kind.FORGIVEN) if strict else (Kind.VIOLATION,)
        for finding in exchange.findings:
            if finding.kind in grave:
                place = f"{finding.where}{finding.pointer}"
                self._tell(finding.requirement, f"{place}: {sentence(finding.message, finding.remedy)}")
        for check in judge(exchange, exchange.ref):
            if check.outcome(strict=strict) is Outcome.FAILED and check.requirement not in self._rows:
                self._tell(check.requirement, f"{check.what}: {check.problem}")

    def _tell(self, row: str, said: str) -> None:
        self._rows.add(row)
        self.lines.append(printable(_MASKS.text(f"{said}{f' [{row}]' if row else ''}")))
        if row in all_requirements():
            self.lines.append(f"    demanded: {all_requirements()[row].text}")


def violations(exchanges: Iterable[Seen], seen_by: Side, *, strict: bool) -> str:
    """What ``seen_by`` had to take from the other side, message by message; empty for nothing."""
    broken = [told for told in (_Told(exchange, strict) for exchange in exchanges) if told.lines]
    if not broken:
        return ""
    shown = "\n".join(line for told in broken[:MOST] for line in _lines(told))
    more = f"\n... and {len(broken) - MOST} more" if len(broken) > MOST else ""
    number = f"{len(broken)} message{'s' * (len(broken) != 1)}"
    return f"{number} of the {seen_by.other.upper()} broke the contract:\n{shown}{more}"


def _lines(told: _Told) -> Iterator[str]:
    seen = told.exchange
    what = seen.operation.name if seen.operation else "(no method of the contract)"
    yield printable(f"{seen.id} {what}: {seen.method} {seen.path} -> {seen.status or seen.error}")
    yield from (f"    {line}" for line in told.lines)
    if seen.asked_by is seen.seen_by.other:
        yield f"    {curl(Redactor().exchange(seen))}"
