"""Tables in this process's own memory: rows as a database has them, and what undoes a transaction.

A row is what the driver of SQLite would give: a tuple in the order of the columns, JSON as text. So nobody
changes what is kept by changing what was given or taken, and the collector of garbage passes it over.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from threading import RLock
from types import TracebackType
from typing import Any, TypeAlias, cast

import orjson

from callproof.contract.jsontypes import Json
from callproof.storage.rows import Row, Value
from callproof.storage.watching import Watch

# The primary key of a row, which is the first of its columns.
Key: TypeAlias = Any
# By what an index finds a row; nothing finds it there when it is None.
Name: TypeAlias = Hashable
# What undoes each change: a function with what it is given.
Undo: TypeAlias = list[tuple[Any, ...]]


class _Twice(Exception):
    """Two rows would share what only one may have."""


class Unique:
    """The keys of rows by names, which ``name`` finds in each; one row at most has a name."""

    def __init__(self, name: Callable[[Row], Name]) -> None:
        self.name = name
        self.found: dict[Name, Key] = {}

    def move(self, key: Key, old: Row | None, new: Row | None) -> None:
        """Raises _Twice, and then nothing is changed."""
        before = None if old is None else self.name(old)
        after = None if new is None else self.name(new)
        if before == after:
            return
        if after is not None and self.found.setdefault(after, key) != key:
            raise _Twice(after)
        if before is not None:
            del self.found[before]


class Index:
    """The same where any number of rows may have a name. The only key of a name stands by itself: of lists,
    one for each call of a load, the collector of garbage has much to look at."""

    def __init__(self, name: Callable[[Row], Name]) -> None:
        self.name = name
        self.found: dict[Name, Key | list[Key]] = {}

    def keys(self, name: Name) -> Sequence[Key]:
        """In the order in which rows got the name."""
        known = self.found.get(name)
        if isinstance(known, list):
            return known
        return () if known is None else (known,)

    def of(self, name: Name) -> list[Key]:
        """In the order of the keys."""
        return sorted(self.keys(name))

    def move(self, key: Key, old: Row | None, new: Row | None) -> None:
        before = None if old is None else self.name(old)
        after = None if new is None else self.name(new)
        if before != after:
            if before is not None:
                self._remove(before, key)
            if after is not None:
                self._add(after, key)

    def _add(self, name: Name, key: Key) -> None:
        known = self.found.get(name)
        if known is None:
            self.found[name] = key
        elif isinstance(known, list):
            known.append(key)
        else:
            self.found[name] = [known, key]

    def _remove(self, name: Name, key: Key) -> None:
        known = self.found[name]
        if not isinstance(known, list):
            del self.found[name]
            return
        known.remove(key)
        if len(known) == 1:
            self.found[name] = known[0]


class Several(Index):
    """The same where a row has any number of names as well: ``name`` finds a tuple of them."""

    def _add(self, name: Name, key: Key) -> None:
        for each in cast(tuple[Name, ...], name):
            super()._add(each, key)

    def _remove(self, name: Name, key: Key) -> None:
        for each in cast(tuple[Name, ...], name):
            super()._remove(each, key)


class Shape:
    """What a table in memory has of the one in a database that holds the same.

    ``columns`` are its names, of which ``documents`` hold JSON and ``gaps`` as well, or nothing at all.
    """

    def __init__(self, name: str, columns: str, documents: str = "", gaps: str = "") -> None:
        self.name = name
        self.columns = tuple(columns.split())
        self.gaps = frozenset(gaps.split())
        self.documents = self.gaps.union(documents.split())


class MemoryTable:
    """The rows of a table in the order of their primary key, with what finds them by something else."""

    def __init__(self, shape: Shape, undo: Undo, *indexes: Unique | Index) -> None:
        assert not any(isinstance(index, Unique) for index in indexes[1:])  # so that it comes first
        self.name = shape.name
        self.rows: dict[Key, Row] = {}
        self._undo = undo
        self._indexes = indexes
        self._shape = shape
        self._documents = [place for place, name in enumerate(shape.columns) if name in shape.documents]

    def add(self, *values: Value) -> int:
        """Keep a row of these behind an ``id``, which is one more than the highest, as SQLite counts.

        Raises _Twice, and then nothing is changed.
        """
        number: int = next(reversed(self.rows), 0) + 1
        row = (number, *values)
        self._undo.append((self._place, number, None))
        for index in self._indexes:
            index.move(number, None, row)
        self.rows[number] = row
        return number

    def put(self, row: Row) -> None:
        """Keep it, instead of the one with its key. Raises _Twice, and then nothing is changed."""
        key = row[0]
        self._undo.append((self._place, key, self.rows.get(key)))
        self._place(key, row)

    def remove(self, key: Key) -> None:
        if (known := self.rows.get(key)) is not None:
            self._undo.append((self._place, key, known))
            self._place(key, None)

    def clear(self) -> None:
        self._undo.append((self._be, self.rows, [index.found for index in self._indexes]))
        self._be({}, [{} for _ in self._indexes])

    def fill(self, rows: Iterable[Row]) -> None:
        """Keep these and no others."""
        self.clear()
        for row in sorted(rows, key=itemgetter(0)):
            self._place(row[0], row)

    def row(self, values: Mapping[str, Json]) -> Row:
        """Of what stands in each column."""
        return tuple(self._written(name, values[name]) for name in self._shape.columns)

    def read(self, row: Row) -> dict[str, Any]:
        """What stands in each column, JSON as what it says."""
        found = list(row)
        for place in self._documents:
            if found[place] is not None:
                found[place] = orjson.loads(found[place])
        return dict(zip(self._shape.columns, found, strict=False))

    def all(self) -> Iterator[dict[str, Any]]:
        return map(self.read, self.rows.values())

    def _written(self, name: str, value: Json) -> Value:
        if name in self._shape.documents and not (value is None and name in self._shape.gaps):
            return orjson.dumps(value).decode()
        assert value is None or isinstance(value, str | int | float)
        return value

    def _place(self, key: Key, row: Row | None) -> None:
        old = self.rows.get(key)
        for index in self._indexes:
            index.move(key, old, row)
        if row is None:
            self.rows.pop(key, None)
            return
        late = old is None and self.rows and key < next(reversed(self.rows))
        self.rows[key] = row
        if late:
            self.rows = dict(sorted(self.rows.items()))

    def _be(self, rows: dict[Key, Row], found: list[dict[Hashable, Any]]) -> None:
        self.rows = rows
        for index, its in zip(self._indexes, found, strict=True):
            index.found = its


class Memory:
    """What is said of a database, of tables in memory; and, entered, a transaction on them. ``version`` is
    asked for that of the tables when somebody wants to know it.

    There is one at a time, so whoever reads sees what is committed. One that raises is undone.
    """

    kind = "memory"
    promise = "none"

    def __init__(self, version: Callable[[], str]) -> None:
        self._version = version
        self.watch = Watch("in memory", None)
        self.undo: Undo = []
        self._turn = RLock()
        self._starts: list[int] = []

    @cached_property
    def schema(self) -> str:
        return self._version()

    def __enter__(self) -> None:
        self._turn.acquire()
        self._starts.append(len(self.undo))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        start = self._starts.pop()
        try:
            while kind is not None and len(self.undo) > start:
                undo, *what = self.undo.pop()
                undo(*what)
            if not self._starts:
                self.undo.clear()
        finally:
            self._turn.release()
