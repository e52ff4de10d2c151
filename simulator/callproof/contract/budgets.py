"""How many requests a second a key may make (evidence#budgets).

Two budgets are counted apart: one for methods whose path begins with ``/telephony``, one for the rest.
The real system is known to allow 40 and 10, ``KNOWN``.
"""

from dataclasses import dataclass
from enum import StrEnum

WINDOW = 1.0


class Purse(StrEnum):
    GENERAL = "general"
    TELEPHONY = "telephony"


KNOWN = {Purse.GENERAL: 10, Purse.TELEPHONY: 40}


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests a second, None for no limit; ``status`` is what a request beyond it is answered."""

    general: int | None = None
    telephony: int | None = None
    status: int = 503

    @property
    def counts(self) -> bool:
        """Whether there is anything to be counted."""
        return self.general is not None or self.telephony is not None

    def of(self, purse: Purse) -> int | None:
        return self.telephony if purse is Purse.TELEPHONY else self.general


def purse_of(path: str) -> Purse:
    """Which budget a request to this path draws on; case counts."""
    below = path.split("/", 3)[3:]  # what follows /api/v5/
    return Purse.TELEPHONY if below and below[0].startswith("telephony") else Purse.GENERAL
