"""A connection of PostgreSQL that prepares each statement once and hands it values as text.

psycopg knows a statement by the types of its values as well, so that every NULL in a batch makes another
one, planned anew, and it reads a text with more than 50 marks again each time. Its libpq does neither.
"""

from collections.abc import Sequence
from typing import cast

import psycopg
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGresult

from callproof.storage.driver import Cursor
from callproof.storage.rows import Row, Value

# Batches of every length have a statement of their own, and each takes memory of the server; later ones
# are planned each time.
MOST = 500
_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class Prepared:
    """``connection`` is in this one's hands while it executes; transactions are the caller's.

    Raises psycopg.Error as psycopg itself does.
    """

    def __init__(self, connection: "psycopg.Connection[Row]") -> None:
        self._libpq = connection.pgconn
        self._encoding = connection.info.encoding
        self._reading = Transformer(connection)
        self._names: dict[str, bytes] = {}

    def execute(self, statement: str, values: Sequence[Value] | None = None, /) -> Cursor:
        """Without ``values`` the text may be several statements, and nothing is prepared."""
        if values is None:
            return self._read(self._libpq.exec_(statement.encode(self._encoding)))
        given = self._texts(values)
        name = self._names.get(statement) or self._prepare(statement)
        if not name:
            text = statement.encode(self._encoding)
            return self._read(self._libpq.exec_params(text, given, None, None, Format.BINARY))
        return self._read(self._libpq.exec_prepared(name, given, None, Format.BINARY))

    def _prepare(self, statement: str) -> bytes:
        """The name of the statement from now on; empty when there are too many."""
        if len(self._names) >= MOST:
            return b""
        name = f"callproof_{len(self._names)}".encode()
        self._demand(self._libpq.prepare(name, statement.encode(self._encoding)))
        self._names[statement] = name
        return name

    def _texts(self, values: Sequence[Value]) -> list[bytes]:
        """None stays what it is, which the types of psycopg do not say."""
        encoding = self._encoding
        given = [None if value is None else str(value).encode(encoding) for value in values]
        texts = cast(list[bytes], given)
        if any(text and 0 in text for text in texts):
            # libpq would take it for the end.
            raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
        return texts

    def _read(self, result: PGresult) -> Cursor:
        self._demand(result)
        if not result.ntuples:
            return _Rows([])
        self._reading.set_pgresult(result)
        return _Rows(self._reading.load_rows(0, result.ntuples, tuple))

    def _demand(self, result: PGresult) -> None:
        if result.status in _DONE:
            return
        if self._libpq.status == ConnStatus.BAD:
            raise psycopg.OperationalError(result.get_error_message(self._encoding))
        raise error_from_result(result, self._encoding)


class _Rows:
    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    def fetchone(self) -> Row | None:
        return self._rows.pop(0) if self._rows else None

    def fetchall(self) -> list[Row]:
        return self._rows
