"""Whether a database keeps what it is given: trouble is one sentence, and two lines in the log.

Whoever fails to write or to read tells it here. From then on a thread tries every second whether the
database is written again, so that what succeeds costs nothing and need tell nobody.
"""

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Protocol

from callproof.clocks.machine import monotonic, now
from callproof.errors import OutOfReach

log = logging.getLogger("callproof.storage")

# How long the health of a database is waited for, how long it is believed, and how often it is looked for
# in trouble, in seconds.
PATIENCE = 1.0
BELIEVED = 1.0
PAUSE = 1.0
_SILENT = "silent"
VANISHED = "vanished"
FULL = "there is no room left for it"
TAKEN = "taken"
# By the beginnings of SQLite's names for its errors; what is none of these is a mistake of ours.
_OF_SQLITE = {
    "SQLITE_FULL": FULL,
    "SQLITE_BUSY": "another program keeps it locked",
    "SQLITE_LOCKED": "another program keeps it locked",
    "SQLITE_READONLY": "it may not be written",
    "SQLITE_CORRUPT": "the file is damaged",
    "SQLITE_NOTADB": "the file is damaged",
    "SQLITE_CANTOPEN": "the file cannot be opened",
    "SQLITE_IOERR": "the disk fails",
}
# By the beginnings of PostgreSQL's codes; a session that is gone has none.
_OF_POSTGRES = {
    "53100": FULL,
    "53": "the server has no means left",
    "25006": "it may only be read",
    "08": "the server is gone",
    "57P": "the server is gone",
    "58": "the disk of the server fails",
    "XX001": "it is damaged",
}


class StorageTrouble(OutOfReach):
    """The database does not keep what it is given just now; the text says which and why."""


@dataclass(frozen=True)
class Trouble:
    """``text`` is one sentence, ``since`` seconds since 1970."""

    kind: str
    text: str
    since: float


class Watch:
    """``name`` is the database for a person. ``attempt`` writes there and raises when that fails; one with
    ``much`` writes as much as a large request."""

    def __init__(self, name: str, attempt: Callable[[bool], None] | None) -> None:
        self._name = name
        self._attempt = attempt
        self.current: Trouble | None = None
        self._changing = Lock()
        self._closed = Event()
        self._looking: Thread | None = None
        self._seen = -BELIEVED

    def tell(self, error: BaseException) -> StorageTrouble | None:
        """What to raise instead of this failure, when it is trouble of the database and no mistake."""
        if isinstance(error, StorageTrouble):
            return error
        if why := _why(getattr(error, "orig", None) or error):
            return self.note(why, f"{why}: {first_line(error)}" if why.endswith("fails") else why)
        return None

    def note(self, kind: str, why: str) -> StorageTrouble:
        """It is in this trouble from now on, unless it was already."""
        text = f"The database {self._name} does not keep what it is given: {why}."
        with self._changing:
            known = self.current
            if known is None or known.kind != kind:
                self.current = Trouble(kind, text, known.since if known else now())
                log.error("%s", text)
            if known is None and self._attempt and not self._closed.is_set():
                Thread(target=self._mend, name="callproof-storage", daemon=True).start()
        return StorageTrouble(text)

    def look(self) -> Trouble | None:
        """The trouble, after writing a little if that was not done just now; it takes no longer than
        ``PATIENCE`` whatever the database does."""
        if self.current or not self._attempt:
            return self.current
        with self._changing:
            if self._looking is None and monotonic() - self._seen >= BELIEVED:
                self._looking = Thread(target=self._try, name="callproof-health", daemon=True)
                self._looking.start()
            looking = self._looking
        if looking:
            looking.join(PATIENCE)
            if looking.is_alive():
                self.note(_SILENT, f"it has not answered for {PATIENCE:g} s")
        return self.current

    def close(self) -> None:
        self._closed.set()

    def _try(self, *, much: bool = False) -> bool:
        assert self._attempt
        try:
            self._attempt(much)
        except Exception as error:
            self.tell(error)
            return False
        finally:
            with self._changing:
                self._seen, self._looking = monotonic(), None
        return True

    def _mend(self) -> None:
        while not self._closed.wait(PAUSE):
            if self._try(much=True):
                break
        with self._changing:
            known, self.current = self.current, None
        if known and not self._closed.is_set():
            log.warning("The database %s is written again, after %.0f s.", self._name, now() - known.since)


class Watched(Protocol):
    """What is said of where state is kept, and who watches it."""

    @property
    def kind(self) -> str:
        """``memory``, ``sqlite`` or ``postgresql``."""

    @property
    def schema(self) -> str:
        """The version of the tables."""

    @property
    def promise(self) -> str:
        """What is promised of acknowledged changes; ``none`` in memory."""

    @property
    def watch(self) -> Watch: ...


def _why(error: BaseException) -> str:
    """Why a database does not work, as a part of a sentence; empty when it does."""
    if isinstance(error, sqlite3.Error):
        return _of(_OF_SQLITE, getattr(error, "sqlite_errorname", ""))
    if type(error).__module__.startswith("psycopg"):
        code = getattr(error, "sqlstate", None)
        if code is None:
            gone = type(error).__name__ in ("OperationalError", "InterfaceError", "ConnectionTimeout")
            return "the server is gone" if gone else ""
        return _of(_OF_POSTGRES, code)
    return ""


def _of(known: dict[str, str], code: str) -> str:
    return next((why for beginning, why in known.items() if code.startswith(beginning)), "")


def first_line(error: BaseException) -> str:
    """What the driver says, without what SQLAlchemy adds."""
    return str(getattr(error, "orig", None) or error).partition("\n")[0]
