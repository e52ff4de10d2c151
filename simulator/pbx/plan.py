"""The numbering plan: which lines customers can dial, which extensions managers have, who rings.

The default plan is the guide's example.
"""

from dataclasses import dataclass

from simulator.bench.seed import EXTENSIONS, LINES
from simulator.contract.phones import same_phone


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """An external number, the shop that it belongs to and the extensions that it rings as a group."""

    phone: str
    site: str
    group: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumberingPlan:
    """``users`` maps each extension to the CRM's user; ``ring_seconds`` is how long a leg rings."""

    lines: tuple[PlannedLine, ...]
    users: dict[str, int]
    ring_seconds: float = 20.0

    @property
    def extensions(self) -> frozenset[str]:
        return frozenset(self.users)

    def line(self, phone: str) -> PlannedLine | None:
        """The line with this number in any notation."""
        return next((line for line in self.lines if same_phone(line.phone, phone)), None)


def default_plan() -> NumberingPlan:
    group = tuple(EXTENSIONS.values())
    return NumberingPlan(
        lines=tuple(PlannedLine(phone, site, group) for site, phone in LINES.items()),
        users={code: user for user, code in EXTENSIONS.items()},
    )
