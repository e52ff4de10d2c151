"""Keeps a caller within a budget of requests a second (evidence#budgets)."""

from collections import deque

from callproof.contract.budgets import WINDOW

# A little more than the window, because the two ends do not see a request at the same moment.
MARGIN = 0.001
URGENT_SHARE, COMMON_SHARE = 0.95, 0.85


class Pace:
    """At most ``per_second`` requests in any second, 0 for no bound.

    Common requests leave a part of the budget to urgent ones, such as a lookup that a caller waits for.
    """

    def __init__(self, per_second: int) -> None:
        self._urgent = max(1, int(per_second * URGENT_SHARE)) if per_second else None
        self._common = max(1, int(per_second * COMMON_SHARE)) if per_second else None
        self._spent: deque[float] = deque()

    def wait(self, now: float, *, urgent: bool = False) -> float:
        """0.0 when the request may go now, and it is counted then; else the seconds until it may."""
        limit = self._urgent if urgent else self._common
        if limit is None:
            return 0.0
        window = WINDOW + MARGIN
        if self._spent and self._spent[-1] > now + window:
            self._spent.clear()  # the machine's date was set back
        while self._spent and self._spent[0] <= now - window:
            self._spent.popleft()
        if len(self._spent) < limit:
            self._spent.append(now)
            return 0.0
        return max(self._spent[-limit] + window - now, MARGIN)
