"""How many requests a second a key may make (contract.md, section 1.7).

Two budgets are counted apart: one for methods whose path begins with ``/telephony``, one for the rest.
The real system is known to allow 40 and 10.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

WINDOW = 1.0


class Purse(StrEnum):
    GENERAL = "general"
    TELEPHONY = "telephony"


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests a second, None for no limit; ``status`` is what a request beyond it is answered."""

    general: int | None = None
    telephony: int | None = None
    status: int = 503

    def of(self, purse: Purse) -> int | None:
        return self.telephony if purse is Purse.TELEPHONY else self.general


def purse_of(path: str) -> Purse:
    """Which budget a method draws on: ``path`` is what follows ``/api/v5``; case counts."""
    return Purse.TELEPHONY if path.startswith("/telephony") else Purse.GENERAL


class Budgets:
    """What each caller has spent in the last second. Callers are told apart by any text."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._spent: dict[tuple[str, Purse], deque[float]] = {}

    def allows(self, caller: str, purse: Purse, now: float) -> bool:
        """Whether one more request fits; if so, it is counted. A refused one is not."""
        limit = self.limits.of(purse)
        if limit is None:
            return True
        spent = self._spent.setdefault((caller, purse), deque())
        while spent and spent[0] <= now - WINDOW:
            spent.popleft()
        if len(spent) >= limit:
            return False
        spent.append(now)
        return True
