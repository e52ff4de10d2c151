"""Acknowledged calls against stored calls, one by one."""

import time
from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace

from callproof.load.books import Books, NoBooks


@dataclass(frozen=True)
class Reconciliation:
    """``lost`` were acknowledged and are not stored, ``doubled`` are stored more than once, ``unclaimed``
    are stored without an acknowledgement that was seen. ``by`` says where they were looked for, or
    ``why_not`` why nothing was compared."""

    acknowledged: int
    stored: int = 0
    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    unclaimed: int = 0
    by: str = ""
    why_not: str = ""

    @property
    def done(self) -> bool:
        return not self.why_not


def reconcile(books: Books | NoBooks, acknowledged: Set[str]) -> Reconciliation:
    """Read what the target stored. Raises Unreachable when it does not answer, ActionRefused when it does
    not tell."""
    if isinstance(books, NoBooks):
        return Reconciliation(len(acknowledged), why_not=books.why)
    found = compare(acknowledged, books.stored())
    if found.lost and books.settles:
        # Some acknowledge a call a moment before they write it down.
        time.sleep(books.settles)
        found = compare(acknowledged, books.stored())
    return replace(found, by=books.by)


def compare(acknowledged: Set[str], stored: Iterable[str]) -> Reconciliation:
    times = Counter(stored)
    return Reconciliation(
        acknowledged=len(acknowledged),
        stored=times.total(),
        lost=tuple(sorted(acknowledged - times.keys())),
        doubled=tuple(sorted(name for name, count in times.items() if count > 1)),
        unclaimed=len(times.keys() - acknowledged),
    )
