"""A journal that several processes write: numbered texts, the oldest of which are dropped."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from simulator.storage.database import Database
from simulator.storage.tables import journal, journal_last


class JournalTable:
    """Numbers only grow: an entry that is seen has none below it that comes later."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self) -> int:
        with self._database.begin() as connection:
            return _last(connection)[0]

    def append(self, entries: Sequence[str], *, most: int, most_bytes: int, missed: int = 0) -> None:
        """Keep them under the next numbers, and of all no more than ``most`` and ``most_bytes``.

        ``missed`` entries came before them and are only counted.
        """
        with self._database.begin() as connection:
            last, size = _last(connection)
            first = last + missed + 1
            rows: list[dict[str, int | str]] = [
                {"id": number, "size": len(entry), "entry": entry}
                for number, entry in enumerate(entries, first)
            ]
            connection.execute(insert(journal), rows)
            last += missed + len(entries)
            size += sum(len(entry) for entry in entries)
            size -= _dropped(connection, last - most)
            while size > most_bytes:
                size -= _dropped(connection, _some_of_the_oldest(connection))
            connection.execute(update(journal_last).values(number=last, bytes=size))

    def after(self, number: int, limit: int) -> list[tuple[int, str]]:
        """Entries with a higher number, the oldest first."""
        wanted = select(journal.c.id, journal.c.entry).where(journal.c.id > number)
        with self._database.begin() as connection:
            rows = connection.execute(wanted.order_by(journal.c.id).limit(limit)).all()
        return [(row.id, row.entry) for row in rows]

    def clear(self) -> None:
        with self._database.begin() as connection:
            connection.execute(delete(journal))
            connection.execute(update(journal_last).values(bytes=0))


def _last(connection: Connection) -> tuple[int, int]:
    """The last number, and how many bytes are kept."""
    row = connection.execute(select(journal_last.c.number, journal_last.c.bytes)).first()
    if row is None:
        connection.execute(insert(journal_last).values(id=1, number=0, bytes=0))
        return 0, 0
    return row.number, row.bytes


def _dropped(connection: Connection, number: int) -> int:
    """Drop the entries up to a number, and say how many bytes they had."""
    gone = delete(journal).where(journal.c.id <= number).returning(journal.c.size)
    return sum(int(size) for size in connection.execute(gone).scalars())


def _some_of_the_oldest(connection: Connection) -> int:
    oldest = connection.execute(select(journal.c.id).order_by(journal.c.id).limit(10)).scalars().all()
    return int(oldest[(len(oldest) - 1) // 2])
