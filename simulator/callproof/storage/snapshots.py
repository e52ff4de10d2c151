"""What some tables hold, taken out as a whole and put back as it was; the same for every database."""

from collections.abc import Iterable

from sqlalchemy import Connection, Table, func, insert, select

from callproof.storage.database import clear
from callproof.storage.rows import Rows

# How many rows are put back by one statement.
_AT_ONCE = 500


def taken(connection: Connection, tables: Iterable[Table]) -> Rows:
    """Everything in these tables."""
    return {
        table.name: [dict(row) for row in connection.execute(select(table)).mappings()] for table in tables
    }


def put_back(connection: Connection, tables: Iterable[Table], rows: Rows) -> None:
    """Let these tables, in their order of creation, hold those rows and no others."""
    found = list(tables)
    clear(connection, found)
    for table in found:
        kept = rows[table.name]
        for start in range(0, len(kept), _AT_ONCE):
            connection.execute(insert(table), list(kept[start : start + _AT_ONCE]))
        if kept:
            _go_on_numbering(connection, table)


def _go_on_numbering(connection: Connection, table: Table) -> None:
    """Number later rows after these; SQLite does so by itself."""
    column = table.autoincrement_column
    if column is not None and connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        connection.execute(select(func.setval(sequence, func.max(column))))
