"""What a caller has spent of its budget within the last second, for a CRM that is alone and keeps nothing
(evidence#budget-figures)."""

from threading import Lock

from callproof.contract.budgets import WINDOW

# So many are remembered.
_CALLERS = 10_000


class Purses:
    """What ``spending`` does with three statements and a commit."""

    def __init__(self) -> None:
        self._spent: dict[tuple[str, str], list[float]] = {}
        self._lock = Lock()

    def spend(self, caller: str, purse: str, now: float, limit: int) -> bool:
        """Count one more request of a caller, unless the last second holds ``limit`` of them already."""
        mine = caller, purse
        with self._lock:
            # The machine's date may have been set back.
            kept = [at for at in self._spent.get(mine, ()) if now - WINDOW < at <= now + WINDOW]
            allowed = len(kept) < limit
            if allowed:
                kept.append(now)
            if mine not in self._spent and len(self._spent) >= _CALLERS:
                del self._spent[next(iter(self._spent))]
            self._spent[mine] = kept
        return allowed

    def forget(self) -> None:
        with self._lock:
            self._spent.clear()
