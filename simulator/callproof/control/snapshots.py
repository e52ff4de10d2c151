"""The methods of a control API by which a tester keeps an end as it is, and brings it back."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Generic, TypeVar

from msgspec import Meta

from callproof.contract.dates import written
from callproof.control.api import Control, ControlError
from callproof.control.wire import Members
from callproof.storage.watching import Watched

T = TypeVar("T")


class SnapshotAsked(Members):
    """One of the same name is replaced."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]


@dataclass(frozen=True)
class _Taken(Generic[T]):
    at: float
    kept: T


class _Snapshots(Generic[T]):
    def __init__(
        self, api: Control, take: Callable[[], T], restore: Callable[[T], None], database: Watched
    ) -> None:
        self._api = api
        self._database = database
        self._take = take
        self._restore = restore
        self._kept: dict[str, _Taken[T]] = {}
        self._changing = Lock()

    def take(self, asked: SnapshotAsked) -> object:
        self._demand_alone()
        with self._changing:
            self._kept.pop(asked.name, None)
            self._kept[asked.name] = _Taken(self._api.clock.now(), self._take())
            while len(self._kept) > self._api.bounds.snapshots:
                del self._kept[next(iter(self._kept))]
        return self.listed()

    def restore(self, asked: SnapshotAsked) -> object:
        self._demand_alone()
        with self._changing:
            if asked.name not in self._kept:
                raise ControlError(f"There is no snapshot {asked.name!r}.", 404)
            self._restore(self._kept[asked.name].kept)
        return {"name": asked.name}

    def listed(self) -> object:
        kept = [
            {"name": name, "at": taken.at, "written": written(taken.at), "schema": self._database.schema}
            for name, taken in list(self._kept.items())
        ]
        return {"snapshots": kept}

    def _demand_alone(self) -> None:
        if not self._api.alone:
            raise ControlError("Snapshots want an end with one worker, whose memory they are kept in.", 409)


def add_snapshots(
    api: Control, take: Callable[[], T], restore: Callable[[T], None], database: Watched
) -> None:
    """``/snapshot``, ``/restore`` and ``/snapshots`` of one end; the version of tables is the database's.

    No snapshot leaves the process that took it, so none of another version can come back.
    """
    snapshots = _Snapshots(api, take, restore, database)
    api.add(
        "POST",
        "/snapshot",
        f"Keep everything as it is under a name, in memory; of more than {api.bounds.snapshots} the oldest"
        " is dropped.",
        snapshots.take,
        SnapshotAsked,
    )
    api.add(
        "POST",
        "/restore",
        "Go back to a snapshot. Journal, faults and clock go on; what is overdue by now happens at once.",
        snapshots.restore,
        SnapshotAsked,
    )
    api.add(
        "GET",
        "/snapshots",
        "The snapshots that there are, the oldest first, with the version of their tables.",
        snapshots.listed,
    )
