"""Acknowledged calls against stored calls, one by one."""

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass

from callproof.control.driven import Controlled
from callproof.load.job import PBX_FLEET, Job
from callproof.traffic import records
from callproof.traffic.records import Kept


class _AtPbx(Kept, frozen=True, kw_only=True):
    id: str


class _InHistory(Kept, frozen=True, kw_only=True):
    external_id: str = ""


@dataclass(frozen=True)
class Reconciliation:
    """``lost`` were acknowledged and are not stored, ``doubled`` are stored more than once, ``unclaimed``
    are stored without an acknowledgement that was seen. ``why_not`` says why nothing was compared."""

    acknowledged: int
    stored: int = 0
    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    unclaimed: int = 0
    why_not: str = ""

    @property
    def done(self) -> bool:
        return not self.why_not


def reconcile(job: Job, end: Controlled, acknowledged: Set[str], after: int) -> Reconciliation:
    """Read what the target stored after a position. Raises Unreachable when it does not answer."""
    if not job.control:
        why = "The target has no control API of callproof, so stored calls cannot be counted."
        return Reconciliation(len(acknowledged), why_not=why)
    return compare(acknowledged, _stored(job, end, after))


def compare(acknowledged: Set[str], stored: Iterable[str]) -> Reconciliation:
    times = Counter(stored)
    return Reconciliation(
        acknowledged=len(acknowledged),
        stored=times.total(),
        lost=tuple(sorted(acknowledged - times.keys())),
        doubled=tuple(sorted(name for name, count in times.items() if count > 1)),
        unclaimed=len(times.keys() - acknowledged),
    )


def _stored(job: Job, end: Controlled, after: int) -> Iterable[str]:
    """The calls of this run; others may use the account as well."""
    if job.model != PBX_FLEET:
        return (call.id for call in records.calls(end, after, _AtPbx))
    mine = f"{job.run}-"
    names = (call.external_id for call in records.calls(end, after, _InHistory))
    return (name for name in names if name.startswith(mine))
