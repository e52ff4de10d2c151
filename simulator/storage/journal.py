"""A journal that several processes write: numbered texts, the oldest of which are dropped."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from simulator.storage.database import Database
from simulator.storage.tables import journal, journal_last


class JournalTable:
    """Numbers only grow: an entry that is seen has none below it that comes later."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self) -> int:
        with self._database.begin() as connection:
            return _last(connection)

    def append(self, entries: Sequence[str], *, most: int, most_bytes: int) -> None:
        """Keep them under the next numbers, and of all no more than ``most`` and ``most_bytes``."""
        with self._database.begin() as connection:
            last = _last(connection)
            kept = entries[-most:]
            first = last + 1 + len(entries) - len(kept)
            rows = [
                {"id": first + place, "size": len(entry), "entry": entry}
                for place, entry in enumerate(kept)
            ]
            connection.execute(insert(journal), rows)
            last += len(entries)
            connection.execute(update(journal_last).values(number=last))
            connection.execute(delete(journal).where(journal.c.id <= last - most))
            _drop_beyond(connection, most_bytes)

    def after(self, number: int, limit: int) -> list[tuple[int, str]]:
        """Entries with a higher number, the oldest first."""
        wanted = select(journal.c.id, journal.c.entry).where(journal.c.id > number)
        with self._database.begin() as connection:
            rows = connection.execute(wanted.order_by(journal.c.id).limit(limit)).all()
        return [(row.id, row.entry) for row in rows]

    def clear(self) -> None:
        with self._database.begin() as connection:
            connection.execute(delete(journal))


def _last(connection: Connection) -> int:
    number: int | None = connection.execute(select(journal_last.c.number)).scalar()
    if number is None:
        connection.execute(insert(journal_last).values(id=1, number=0))
    return number or 0


def _drop_beyond(connection: Connection, most_bytes: int) -> None:
    total = connection.execute(select(func.sum(journal.c.size))).scalar() or 0
    while total > most_bytes:
        oldest = connection.execute(
            select(journal.c.id, journal.c.size).order_by(journal.c.id).limit(100)
        ).all()
        dropped = oldest[: max(1, len(oldest) // 2)]
        connection.execute(delete(journal).where(journal.c.id <= dropped[-1].id))
        total -= sum(row.size for row in dropped)
