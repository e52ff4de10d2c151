"""A real PostgreSQL server of the tests' own: on a free loopback port, in a folder that goes with it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine, NullPool, create_engine, text

from callproof.running.threads import LOOPBACK, Address
from tests.needed import missing

ROLE = "callproof"
DEBIAN = Path("/usr/lib/postgresql")
# As it is before a test says otherwise: the server's user may not enter a test's own folder.
TEMPORARY = tempfile.gettempdir()

# A port that was free a moment ago may be taken by somebody else's connection.
ATTEMPTS = 5

# The order of a language, not of bytes: what relies on either shows.
LOCALE = ("--locale=C", "--locale-provider=icu", "--icu-locale=en-US", "--encoding=UTF8")


class StartFailed(Exception):
    """The server could not be made or started; the text is what it said."""


@dataclass(frozen=True)
class Postgres:
    """A running server that lets ``ROLE`` in without a password; ``folder`` holds all its files."""

    port: int
    folder: Path

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of a fresh, empty database; it is dropped at the end, whoever still uses it."""
        name = f"test_{uuid4().hex}"
        self._administer(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            self._administer(f"DROP DATABASE {name} WITH (FORCE)")

    def waiting(self, url: str) -> int:
        """How many transactions in that database wait for another one to end."""
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND wait_event_type = 'Lock'"
        with self._administrator().connect() as connection:
            return int(connection.execute(text(asked), {"name": url.rpartition("/")[2]}).scalar_one())

    def end_sessions(self, url: str) -> None:
        """Let whoever uses that database lose the connection, as when the server is restarted."""
        asked = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"
        with self._administrator().connect() as connection:
            connection.execute(text(asked), {"name": url.rpartition("/")[2]}).all()

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{ROLE}@{LOOPBACK}:{self.port}/{database}"

    def _administer(self, statement: str) -> None:
        with self._administrator().connect() as connection:
            connection.execute(text(statement))

    def _administrator(self) -> Engine:
        return create_engine(self.url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")


def installed() -> Path:
    """The folder of the newest server's programs; without one the test is skipped, in CI it fails."""
    versions = [path.parent for path in DEBIAN.glob("*/bin/initdb")]
    if versions:
        return max(versions, key=lambda folder: float(folder.parent.name))
    found = shutil.which("initdb")
    if not found:
        missing("postgres", "PostgreSQL is not installed. On Debian: apt-get install postgresql")
    return Path(found).resolve().parent


@contextmanager
def running(programs: Path, **settings: str) -> Iterator[Postgres]:
    """A server that accepts connections, until the block ends; ``settings`` go before the usual ones of
    tests. Raises StartFailed."""
    folder = Path(tempfile.mkdtemp(prefix="callproof-postgres-", dir=TEMPORARY))
    cluster = _Cluster(programs, folder, settings)
    try:
        cluster.make()
        yield Postgres(cluster.start(), cluster.folder)
    finally:
        cluster.stop()
        shutil.rmtree(cluster.folder)


class _Cluster:
    """One data folder, with the server's log and its socket beside it."""

    def __init__(self, programs: Path, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self._given = settings
        self._programs = programs
        self._data = folder / "data"
        self._log = folder / "log"
        # The server refuses to run as root; Debian's package brings a user for it.
        self._owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if self._owner:
            os.chown(folder, self._owner.pw_uid, self._owner.pw_gid)

    def make(self) -> None:
        made = self._run("initdb", "--username", ROLE, "--auth=trust", "--no-sync", *LOCALE)
        if made.returncode:
            raise StartFailed(made.stdout + made.stderr)

    def start(self) -> int:
        """The port at which connections are accepted from now on."""
        for _ in range(ATTEMPTS):
            free = Address()
            free.close()
            if self._control("start", "-o", self._settings(free.port), "-l", str(self._log)):
                return free.port
        raise StartFailed(self._log.read_text("utf-8"))

    def stop(self) -> None:
        # Nothing of it is read again, so it need not put its files in order.
        if (self._data / "postmaster.pid").exists():
            self._control("stop", "-m", "immediate")

    def _control(self, action: str, *options: str) -> bool:
        return self._run("pg_ctl", "--wait", action, *options).returncode == 0

    def _run(self, program: str, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._programs / program, "-D", self._data, *options],
            cwd=self.folder,
            user=self._owner.pw_uid if self._owner else None,
            group=self._owner.pw_gid if self._owner else None,
            extra_groups=[] if self._owner else None,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def _settings(self, port: int) -> str:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": port,
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "deadlock_timeout": "100ms",
            **self._given,
        }
        return " ".join(f"-c {name}={value}" for name, value in settings.items())
