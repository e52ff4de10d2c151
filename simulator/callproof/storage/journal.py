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
    bindparam,
    delete,
    event,
    func,
    select,
    update,
)

from callproof.storage.database import Database
from callproof.storage.driver import Driver, Statement

_ENTRY = ("id", "size", "entry")
# How many entries one statement writes at most; each number of them is a statement of its own.
_TOGETHER = 16


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
        entries, last = self._entries, self._last = tables
        self._seen = Statement(select(last.c.number, last.c.bytes))
        gone = delete(entries).where(entries.c.id <= bindparam("number")).returning(entries.c.size)
        self._drop = Statement(gone, "number")
        by_age = select(entries.c.id).order_by(entries.c.id)
        # SQLite has no limit without an offset, which SQLAlchemy would add under a name of its own.
        page = by_age.limit(bindparam("most")).offset(bindparam("before"))
        self._oldest = Statement(page, "most", "before")

    def last(self) -> int:
        with self._database.begin() as connection:
            return self._last_of(connection)[0]

    def append(self, entries: Sequence[str], *, most: int, most_bytes: int, missed: int = 0) -> None:
        """Keep them under the next numbers, and of all no more than ``most`` and ``most_bytes``.

        ``missed`` entries came before them and are only counted.
        """

        def job(driver: Driver) -> None:
            # Whoever writes something else goes on beside it, where the database lets him.
            driver.hold([self._entries.name])
            last, size = self._last_seen(driver)
            rows = [(number, len(entry), entry) for number, entry in enumerate(entries, last + missed + 1)]
            for start in range(0, len(rows), _TOGETHER):
                driver.insert(self._entries, _ENTRY, rows[start : start + _TOGETHER])
            last += missed + len(entries)
            size += sum(len(entry) for entry in entries)
            size -= self._dropped(driver, last - most)
            while size > most_bytes:
                size -= self._dropped(driver, self._some_of_the_oldest(driver))
            driver.upsert(self._last, {"id": 1, "number": last, "bytes": size}, "id")

        self._database.apart.run(job)

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
        return (row.number, row.bytes) if row else (0, 0)

    def _last_seen(self, driver: Driver) -> tuple[int, int]:
        row = driver.execute(self._seen).fetchone()
        return (row[0], row[1]) if row else (0, 0)

    def _dropped(self, driver: Driver, number: int) -> int:
        """Drop the entries up to a number, and say how many bytes they had."""
        return sum(size for (size,) in driver.execute(self._drop, (number,)).fetchall())

    def _some_of_the_oldest(self, driver: Driver) -> int:
        oldest = driver.execute(self._oldest, (10, 0)).fetchall()
        return int(oldest[(len(oldest) - 1) // 2][0])
