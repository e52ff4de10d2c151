"""What a CRM refuses because its key asks too often is asked again in the next second.

The CRM under test may keep the budgets of the contract (evidence#budgets), which a check passes easily; no
answer that comes of that is one to judge.
"""

from collections.abc import Callable
from time import sleep
from typing import TypeVar

from callproof.contract.budgets import WINDOW

T = TypeVar("T")

STATUSES = (429, 503)
# A CRM that refuses as often as that does so for another reason.
ATTEMPTS = 4


def within_budget(ask: Callable[[], T], status: Callable[[T], int | None]) -> T:
    """What ``ask`` gives, the last where every attempt is refused; the waits are of real time."""
    for _ in range(ATTEMPTS - 1):
        answer = ask()
        if status(answer) not in STATUSES:
            return answer
        sleep(WINDOW)
    return ask()
