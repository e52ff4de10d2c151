"""What a caller has spent of its budget within the last second (evidence#budget-figures)."""

from sqlalchemy import bindparam, delete, func, insert, or_, select

from callproof.contract.budgets import WINDOW
from callproof.crm.store.tables import spent
from callproof.storage.driver import Driver, Statement

_MINE = (spent.c.caller == bindparam("who"), spent.c.purse == bindparam("which"))
# The machine's date may have been set back.
_STALE = or_(spent.c.at <= bindparam("over"), spent.c.at > bindparam("ahead"))
_FORGET = Statement(delete(spent).where(*_MINE, _STALE), "who", "which", "over", "ahead")
_COUNT = Statement(select(func.count()).select_from(spent).where(*_MINE), "who", "which")
_ADD = Statement(
    insert(spent).values(caller=bindparam("who"), purse=bindparam("which"), at=bindparam("moment")),
    *("who", "which", "moment"),
)


def spend(driver: Driver, caller: str, purse: str, now: float, limit: int) -> bool:
    """Count one more request of a caller, unless the last second holds ``limit`` of them already."""
    driver.hold([f"{caller} {purse}"])
    driver.execute(_FORGET, (caller, purse, now - WINDOW, now + WINDOW))
    (count,) = driver.execute(_COUNT, (caller, purse)).fetchall()[0]
    if count >= limit:
        return False
    driver.execute(_ADD, (caller, purse, now))
    return True
