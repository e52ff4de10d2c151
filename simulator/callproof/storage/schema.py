"""Whether the tables of a database are those that this version of callproof uses.

The version of the tables is made from what they are, so that nobody has to remember to count it up. Beside
it the database keeps which callproof made it, for the sentence of a refusal: nothing is migrated.
"""

from hashlib import sha256
from importlib import import_module
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Column, Connection, Dialect, Integer, MetaData, String, Table, Text, insert, inspect
from sqlalchemy import select as look
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.types import TypeEngine

# Not imported by name: mypy would have to know the whole package before the stores, and does not.
VERSION = str(import_module("callproof").__version__)

# The types of what is kept as JSON, in the ``info`` of a MetaData; they belong to the version.
DOCUMENTS = "documents"


class Mismatch(NamedTuple):
    """What a database is instead, as the end of "The database X ..."."""

    text: str


class _Shape(NamedTuple):
    """What has to be the same of a column."""

    kind: str
    length: int | None
    nullable: bool
    key: bool


class Schema:
    """The tables of ``metadata``, whose names begin with the end's; ``version`` is theirs.

    ``note`` is one more table with one row: the version, who made it, and a place to try writing.
    """

    def __init__(self, metadata: MetaData, dialect: Dialect) -> None:
        self._metadata = metadata
        self.end = min(metadata.tables).partition("_")[0]
        self.version = _version(metadata, dialect)
        self.note = Table(
            f"{self.end}_schema",
            MetaData(),
            Column("id", Integer, primary_key=True, autoincrement=False),
            Column("fingerprint", String(12), nullable=False),
            Column("made_by", String(64), nullable=False),
            Column("tried", Text, nullable=False),
        )

    def settle(self, connection: Connection) -> Mismatch | None:
        """Make the tables where none of them is there; otherwise say what is wrong, if anything."""
        found = set(inspect(connection).get_table_names())
        if not found & {*self._metadata.tables, self.note.name}:
            self._metadata.create_all(connection, checkfirst=False)
        elif problem := self._problem(connection, found):
            return problem
        if self.note.name not in found:
            self.note.create(connection)
            mine = {"id": 1, "fingerprint": self.version, "made_by": VERSION, "tried": ""}
            connection.execute(insert(self.note).values(mine))
        return None

    def _problem(self, connection: Connection, found: set[str]) -> Mismatch | None:
        told = self._told(connection) if self.note.name in found else None
        if told and told[0] != self.version:
            made, by = told
            return Mismatch(
                f"was made by callproof {by} (schema {made}), and this is callproof {VERSION}"
                f" (schema {self.version})"
            )
        looking = inspect(connection)
        for name in [name for name in self._metadata.tables if name in found]:
            key = looking.get_pk_constraint(name)["constrained_columns"]
            if problem := _difference(self._metadata.tables[name], looking.get_columns(name), key):
                return _other(problem)
        missing = [name for name in self._metadata.tables if name not in found]
        return _other(f"there is no table {missing[0]}") if missing else None

    def _told(self, connection: Connection) -> tuple[str, str] | None:
        row = connection.execute(look(self.note.c.fingerprint, self.note.c.made_by)).first()
        return (row.fingerprint, row.made_by) if row else ("none", "of an unknown version")


def _other(problem: str) -> Mismatch:
    return Mismatch(f"holds tables that are not those of callproof {VERSION}: {problem}")


def _difference(table: Table, columns: list[ReflectedColumn], key: list[str]) -> str:
    """The first one between a table as it should be and as it is, as text."""
    wanted = {
        column.name: _shape(column.type, bool(column.nullable), column.primary_key)
        for column in table.columns
    }
    there = {
        column["name"]: _shape(column["type"], column["nullable"], column["name"] in key)
        for column in columns
    }
    for name, shape in wanted.items():
        if name not in there:
            return f"{table.name} has no column {name}"
        if there[name] != shape:
            return f"the column {name} of {table.name} is of another type"
    more = [name for name in there if name not in wanted]
    return f"{table.name} has a column {more[0]}" if more else ""


def _shape(kind: TypeEngine[Any], nullable: bool, key: bool) -> _Shape:
    """The same for a type as it is declared and as any database reports it."""
    try:
        python = kind.python_type
    except NotImplementedError:
        python = object
    name = str if issubclass(python, str) else python
    return _Shape(name.__name__, getattr(kind, "length", None), nullable, key)


def _version(metadata: MetaData, dialect: Dialect) -> str:
    """Twelve digits that change with every table, column, key and index, and with what is kept as JSON."""
    said = [line for table in metadata.sorted_tables for line in _said(table, dialect)]
    documents = metadata.info.get(DOCUMENTS, ())
    said += [repr(_bare(msgspec.json.schema(kind))) for kind in documents]
    return sha256("\n".join(said).encode()).hexdigest()[:12]


def version_in_memory(metadata: MetaData) -> str:
    """That of SQLite, whose rows memory keeps."""
    return _version(metadata, sqlite.dialect())


def _said(table: Table, dialect: Dialect) -> list[str]:
    columns = [
        f"{table.name}.{column.name} {column.type.compile(dialect)} {column.nullable}"
        f" {column.primary_key} {column.unique}"
        f" {sorted(key.target_fullname for key in column.foreign_keys)}"
        for column in table.columns
    ]
    indexes = sorted(
        f"{table.name} {index.name} {index.columns.keys()} {index.unique}" for index in table.indexes
    )
    return [*columns, *indexes]


def _bare(schema: object) -> object:
    """Without the words for people, which mean nothing to what is kept."""
    if isinstance(schema, dict):
        kept = {name: _bare(value) for name, value in schema.items() if name != "description"}
        return sorted(kept.items(), key=lambda item: str(item[0]))
    return [_bare(value) for value in schema] if isinstance(schema, list) else schema
