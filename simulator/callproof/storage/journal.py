"""A journal that several processes write: numbered texts, the oldest of which are dropped."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    delete,
    event,
    func,
    insert,
    select,
    update,
)

from callproof.storage.database import Database


class JournalTables(NamedTuple):
    """``entries`` by number, and of the last one its number; ``bytes`` are those of all entries."""

    entries: Table
    last: Table


def journal_tables(metadata: MetaData, prefix: str) -> JournalTables:
    """The two tables of one end's journal."""
    entries = Table(
        f"{prefix}_journal",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("size", Integer, nullable=False),
        Column("entry", Text, nullable=False),
    )
    # Else it packs each upload, which takes as long again as to write it, for what is soon dropped.
    unpacked = DDL("ALTER TABLE %(table)s ALTER COLUMN entry SET STORAGE EXTERNAL")  # type: ignore[no-untyped-call]
    event.listen(entries, "after_create", unpacked.execute_if(dialect="postgresql"))
    last = Table(
        f"{prefix}_journal_last",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("number", Integer, nullable=False),
        Column("bytes", BigInteger, nullable=False),
    )
    return JournalTables(entries, last)


class JournalTable:
    """Numbers only grow: an entry that is seen has none below it that comes later."""

    def __init__(self, database: Database, tables: JournalTables) -> None:
        self._database = database
        self._entries, self._last = tables

    def last(self) -> int:
        with self._database.begin() as connection:
            return self._last_of(connection)[0]

    def append(self, entries: Sequence[str], *, most: int, most_bytes: int, missed: int = 0) -> None:
        """Keep them under the next numbers, and of all no more than ``most`` and ``most_bytes``.

        ``missed`` entries came before them and are only counted.
        """
        with self._database.begin() as connection:
            last, size = self._last_of(connection)
            first = last + missed + 1
            rows: list[dict[str, int | str]] = [
                {"id": number, "size": len(entry), "entry": entry}
                for number, entry in enumerate(entries, first)
            ]
            connection.execute(insert(self._entries), rows)
            last += missed + len(entries)
            size += sum(len(entry) for entry in entries)
            size -= self._dropped(connection, last - most)
            while size > most_bytes:
                size -= self._dropped(connection, self._some_of_the_oldest(connection))
            connection.execute(update(self._last).values(number=last, bytes=size))

    def after(self, number: int, limit: int) -> list[tuple[int, str]]:
        """Entries with a higher number, the oldest first."""
        wanted = select(self._entries.c.id, self._entries.c.entry).where(self._entries.c.id > number)
        with self._database.begin() as connection:
            rows = connection.execute(wanted.order_by(self._entries.c.id).limit(limit)).all()
        return [(row.id, row.entry) for row in rows]

    def kept(self) -> tuple[int, int]:
        """How many entries there are, and how many bytes they have."""
        with self._database.begin() as connection:
            entries = connection.execute(select(func.count()).select_from(self._entries)).scalar_one()
            return entries, self._last_of(connection)[1]

    def clear(self) -> None:
        with self._database.begin() as connection:
            connection.execute(delete(self._entries))
            connection.execute(update(self._last).values(bytes=0))

    def _last_of(self, connection: Connection) -> tuple[int, int]:
        """The last number, and how many bytes are kept."""
        row = connection.execute(select(self._last.c.number, self._last.c.bytes)).first()
        if row is None:
            connection.execute(insert(self._last).values(id=1, number=0, bytes=0))
            return 0, 0
        return row.number, row.bytes

    def _dropped(self, connection: Connection, number: int) -> int:
        """Drop the entries up to a number, and say how many bytes they had."""
        gone = delete(self._entries).where(self._entries.c.id <= number).returning(self._entries.c.size)
        return sum(int(size) for size in connection.execute(gone).scalars())

    def _some_of_the_oldest(self, connection: Connection) -> int:
        oldest = (
            connection.execute(select(self._entries.c.id).order_by(self._entries.c.id).limit(10))
            .scalars()
            .all()
        )
        return int(oldest[(len(oldest) - 1) // 2])
