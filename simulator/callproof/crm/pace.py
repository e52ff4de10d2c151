"""Who asks faster than the real system lets, also where no budget is set (evidence#budget-figures)."""

from collections import deque
from dataclasses import dataclass

from callproof.contract.budgets import KNOWN, WINDOW, Purse, purse_of
from callproof.contract.findings import Finding, Kind

# Seconds since 1970 are no exact numbers.
_SECOND = WINDOW - 0.001


@dataclass(slots=True)
class _Recent:
    """When the last requests of a key came, and when it was last told; all in seconds since 1970."""

    at: deque[float]
    told: float


class Pace:
    """Counts in this process what each key asks; a key is told once a second at most. Safe for threads: the
    worst is to count one request too few."""

    def __init__(self) -> None:
        self._recent: dict[tuple[str, Purse], _Recent] = {}

    def reset(self) -> None:
        self._recent = {}

    def count(self, key: str, path: str, now: float) -> Finding | None:
        """Count one more request; the finding when it is beyond what the real system is known to allow."""
        purse = purse_of(path)
        recent = self._recent.get((key, purse))
        if recent is None:
            recent = self._recent[key, purse] = _Recent(deque(maxlen=KNOWN[purse]), now - WINDOW)
        at = recent.at
        too_fast = len(at) == at.maxlen and 0 <= now - at[0] < _SECOND
        at.append(now)
        if not too_fast or 0 <= now - recent.told < _SECOND:
            return None
        recent.told = now
        return _FINDINGS[purse]


def _finding(purse: Purse) -> Finding:
    said = f"the key asks more than {KNOWN[purse]} times in a second, for which the real system answers 503"
    remedy = f"Spread {purse} requests over time, and repeat what was refused after a second."
    return Finding(Kind.NOTICE, "request", "", said, remedy, "CRM-API-12")


_FINDINGS = {purse: _finding(purse) for purse in Purse}
