"""What a caller has spent of its budget within the last second (evidence#budget-figures)."""

from threading import Lock

from sqlalchemy import bindparam, delete, func, insert, or_, select

from callproof.contract.budgets import WINDOW
from callproof.crm.store.tables import spent
from callproof.storage.driver import Driver, Statement

# So many are remembered in memory.
_CALLERS = 10_000
_MINE = (spent.c.caller == bindparam("who"), spent.c.purse == bindparam("which"))
# The machine's date may have been set back.
_STALE = or_(spent.c.at <= bindparam("over"), spent.c.at > bindparam("ahead"))
_FORGET = Statement(delete(spent).where(*_MINE, _STALE), "who", "which", "over", "ahead")
_COUNT = Statement(select(func.count()).select_from(spent).where(*_MINE), "who", "which")
_ADD = Statement(
    insert(spent).values(caller=bindparam("who"), purse=bindparam("which"), at=bindparam("moment")),
    *("who", "which", "moment"),
)


class Purses:
    """The same for a CRM that is alone and keeps nothing: three statements and a commit less a request."""

    def __init__(self) -> None:
        self._spent: dict[tuple[str, str], list[float]] = {}
        self._lock = Lock()

    def spend(self, caller: str, purse: str, now: float, limit: int) -> bool:
        """As below."""
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


def spend(driver: Driver, caller: str, purse: str, now: float, limit: int) -> bool:
    """Count one more request of a caller, unless the last second holds ``limit`` of them already."""
    driver.hold([f"{caller} {purse}"])
    driver.execute(_FORGET, (caller, purse, now - WINDOW, now + WINDOW))
    (count,) = driver.execute(_COUNT, (caller, purse)).fetchall()[0]
    if count >= limit:
        return False
    driver.execute(_ADD, (caller, purse, now))
    return True
