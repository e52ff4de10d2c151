"""What SQLite finds where its file is to be, before anything is written there."""

import os
import sqlite3
from collections.abc import Container
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import URL, Engine

from callproof.files import private
from callproof.storage.engine import past_pool

# Each end keeps its version there, so a database that one of them made is known to the other.
_OURS = ("crm_schema", "pbx_schema")
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"


def unfit(engine: Engine, tables: Container[str]) -> str:
    """Why the file behind the engine is left alone, as the end of "The database X ...". Empty when it is
    ours, which has one of ``tables``, or new; what cannot be opened or read is told by whoever uses it.
    """
    file = _file(engine.url)
    if file is None:
        return ""
    if not engine.url.query.get("mode"):
        # SQLite gives the files beside it the same mode.
        private.make(file)
    if not file.is_file():
        return ""
    if not all(os.access(path, os.W_OK) for path in (file, file.parent)):
        # SQLite would put files beside it that may not be written either, and stay there.
        return "cannot be used: the file or its folder may not be written."
    if file.stat().st_nlink > 1:
        return (
            "has another name in this file system, a hard link, and SQLite damages a file that is used by"
            " two names. Remove the link, or copy the file."
        )
    found = _tables(engine)
    if found and not any(name in tables or name in _OURS for name in found):
        return (
            f"is of another program: it has the table {found[0]}, and none of callproof's. Name another one"
            " with --db."
        )
    return ""


def _file(url: URL) -> Path | None:
    name = url.database or ""
    if not name or url.get_backend_name() != "sqlite":
        return None
    return Path(unquote(urlsplit(name).path) if "uri" in url.query else name)


def _tables(engine: Engine) -> list[str]:
    """By a connection that changes no setting of the file."""
    try:
        with closing(past_pool(engine)) as connection:
            return [str(name) for (name,) in connection.cursor().execute(_TABLES).fetchall()]
    except sqlite3.Error:
        return []
