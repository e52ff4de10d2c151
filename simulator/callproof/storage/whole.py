"""What every session on the whole state of an end can do, whichever end it is."""

from abc import ABC, abstractmethod

from callproof.storage.rows import Rows


class WholeSession(ABC):
    """A part of a transaction on everything that an end keeps."""

    @abstractmethod
    def counts(self) -> dict[str, int]:
        """In the same terms for both ends; a PBX keeps no customers and no modules."""

    @abstractmethod
    def under_way(self) -> dict[str, int]: ...

    @abstractmethod
    def clear(self) -> None: ...

    @abstractmethod
    def snapshot(self) -> Rows:
        """Everything that is kept."""

    @abstractmethod
    def restore(self, rows: Rows) -> None:
        """Keep what a snapshot has, and nothing else."""
