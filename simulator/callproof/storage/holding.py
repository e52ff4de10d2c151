"""What only one process at a time may live on is held by it: the death of the holder lets it go.

A row would stay after a kill. A lock on a file beside the database, or one of a session of PostgreSQL, does
not; and it says who holds it.
"""

import os
import socket
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Lock
from typing import Any, Protocol
from zlib import crc32

from sqlalchemy import Engine

from callproof.clocks.machine import monotonic
from callproof.storage.engine import past_pool

# How long a holder that is about to end is waited for, and how often it is looked for, in seconds: workers
# whose server was killed finish what they answer first.
PATIENCE = 6.0
_LOOK = 0.05
# Of PostgreSQL's locks by two numbers the first is callproof's; those by one number are other locks.
_OURS = crc32(b"callproof") - 2**31
_HOLDER = (
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"
    " AND l.classid::bigint = %s AND l.objid::bigint = %s"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class Hold(Protocol):
    def take(self) -> str:
        """Hold it, unless it is held already; who else holds it, or nothing."""

    def close(self) -> None: ...


def taken(hold: Hold) -> str:
    """Who holds it still after some patience; empty when it is ours now."""
    until = monotonic() + PATIENCE
    while (holder := hold.take()) and monotonic() < until:
        Event().wait(_LOOK)
    return holder


def holds_files() -> bool:
    """Whether a file can be held on this system; Windows knows locks of another kind."""
    return find_spec("fcntl") is not None


def hold_on(engine: Engine, file: str, end: str) -> Hold:
    """What this end holds of a database; ``file`` is SQLite's, empty for memory, which nobody shares."""
    if engine.dialect.name == "postgresql":
        return _SessionLock(lambda: _session(engine), end)
    if not file:
        return _Nothing()
    # Who may write the database may hold it, and nobody else.
    return _FileLock(Path(f"{file}-{end}-lock"), Path(file).stat().st_mode & 0o666)


def _me() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"


class _Nothing:
    def take(self) -> str:
        return ""

    def close(self) -> None:
        """Nothing was held."""


class _FileLock:
    """The file goes with its holder, or stays and means nothing."""

    def __init__(self, path: Path, mode: int) -> None:
        self._path = path
        self._mode = mode
        self._file: int | None = None

    def take(self) -> str:
        # Only here: it is not on every system, and not needed for a database in memory.
        import fcntl

        if self._file is not None:
            return ""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, self._mode)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 200, 0).decode("utf-8", "replace").strip()
            os.close(file)
            return holder or "another process"
        if not self._is(file):
            # Its holder has just taken it away.
            os.close(file)
            return "another process"
        os.truncate(file, 0)
        os.pwrite(file, f"{_me()}\n".encode(), 0)
        self._file = file
        return ""

    def close(self) -> None:
        if self._file is not None:
            if self._is(self._file):
                self._path.unlink()
            os.close(self._file)
            self._file = None

    def _is(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False


class _SessionLock:
    """A session of its own; when the server has ended it the next ``take`` begins another."""

    def __init__(self, connect: Callable[[], Any], end: str) -> None:
        self._connect = connect
        self._numbers = (_OURS, crc32(end.encode()) - 2**31)
        self._name = f"callproof {end}, {_me()}"[:63]
        self._session: Any = None
        self._taking = Lock()

    def take(self) -> str:
        with self._taking:
            if self._session is not None and self._answers():
                return ""
            session = self._connect()
            session.execute("SELECT set_config('application_name', %s, false)", (self._name,))
            # A holder whose machine is gone ends no connection by itself.
            session.execute("SET tcp_keepalives_idle = 30")
            (ours,) = session.execute("SELECT pg_try_advisory_lock(%s, %s)", self._numbers).fetchone()
            if ours:
                self._session = session
                return ""
            unsigned = [number % 2**32 for number in self._numbers]
            row = session.execute(_HOLDER, unsigned).fetchone()
            session.close()
            return str(row[0]).partition(", ")[2] if row and row[0] else "another process"

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _answers(self) -> bool:
        try:
            self._session.execute("SELECT 1")
        except Exception:
            self.close()
            return False
        return True


def _session(engine: Engine) -> Any:
    """Not one of the pool, whose connections come and go; each of its statements stands alone."""
    session: Any = past_pool(engine)
    session.autocommit = True
    return session
