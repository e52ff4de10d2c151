"""What a transaction of the virtual PBX can do, and a store of them, wherever its data is kept."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from callproof.contract.jsontypes import JsonObject
from callproof.pbx.rules.call import Call
from callproof.pbx.rules.outbox import Report, ReportKind
from callproof.storage.watching import Watched
from callproof.storage.whole import WholeSession

T = TypeVar("T")


class StepSession(ABC):
    """One transaction of little work."""

    @abstractmethod
    def call(self, call_id: str) -> Call | None: ...

    @abstractmethod
    def add_call(self, call: Call) -> None: ...

    @abstractmethod
    def save_call(self, call: Call) -> None: ...

    @abstractmethod
    def queue(self, call_id: str, kind: ReportKind, payload: JsonObject, due_at: float) -> Report:
        """A report that waits to be delivered, under its number."""

    @abstractmethod
    def save_reports(self, reports: Sequence[Report]) -> None:
        """Write down what has become of reports; those that are not there any more are passed over."""


class PbxSession(StepSession, WholeSession):
    """One transaction on everything."""

    @abstractmethod
    def calls(self, *, only_open: bool = False) -> list[Call]: ...

    @abstractmethod
    def calls_after(self, position: int, limit: int) -> list[tuple[int, Call]]:
        """A page of the calls, the oldest first, with their positions."""

    @abstractmethod
    def ended(self, limit: int) -> list[Call]:
        """The newest of the calls that are over, the newest first."""

    @abstractmethod
    def pending(self, limit: int | None = None) -> list[Report]:
        """What waits to be delivered, the oldest first."""

    @abstractmethod
    def refused(self, limit: int | None) -> list[Report]:
        """What the CRM refused, the newest first."""

    @abstractmethod
    def reports(self) -> list[Report]: ...

    @abstractmethod
    def statuses(self) -> dict[str, str]: ...

    @abstractmethod
    def save_status(self, extension: str, status: str) -> None: ...


class Store(Protocol):
    """``database`` is what is told of where the data is."""

    @property
    def database(self) -> Watched: ...

    def step(self, job: Callable[[StepSession], T]) -> T:
        """The job's result after the commit. It may be played more than once."""

    def call(self, call_id: str) -> Call | None: ...

    def begin(self) -> AbstractContextManager[PbxSession]:
        """A transaction: committed when the block ends, undone when it raises."""

    def close(self) -> None: ...
