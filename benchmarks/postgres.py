"""A PostgreSQL of our own on a free port, with its default settings, gone when the block ends."""

import getpass
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import NotStarted, Server, free_port

_NAME = "callproof"
# PostgreSQL refuses to run as root; Debian makes this user for it.
_DEBIAN_USER = "postgres"


@dataclass(frozen=True)
class Postgres:
    server: Server
    url: str


def binaries() -> Path | None:
    """The newest version that Debian has installed, or what is on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    return found[-1] if found else Path(on_path).parent if on_path else None


def version() -> str:
    folder = binaries()
    if not folder:
        return ""
    done = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
    return done.stdout.strip().rpartition(") ")[2].partition(" ")[0]


@contextmanager
def postgres(cores: set[int]) -> Iterator[Postgres]:
    """Raises NotStarted."""
    folder = binaries()
    if not folder:
        raise NotStarted("PostgreSQL is not installed; on Debian and Ubuntu: apt-get install postgresql")
    user = _DEBIAN_USER if getpass.getuser() == "root" else None
    home = Path(tempfile.mkdtemp(prefix="callproof-postgres-"))
    if user:
        shutil.chown(home, user, user)
    try:
        _run([folder / "initdb", "-D", home / "data", "-U", _NAME, "--auth=trust"], home, user)
        port = free_port()
        options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", str(home)]
        command = [str(folder / "postgres"), "-D", str(home / "data"), *options]
        server = Server(command, home / "log", cores, user=user)
        try:
            server.wait_until(lambda: _ready(folder, port))
            _run([folder / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", _NAME, _NAME], home, user)
            yield Postgres(server, f"postgresql+psycopg://{_NAME}@127.0.0.1:{port}/{_NAME}")
        finally:
            server.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _ready(folder: Path, port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 1):
        command = [str(folder / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        return subprocess.run(command).returncode == 0


def _run(command: list[str | Path], home: Path, user: str | None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd=home, user=user)
    if done.returncode:
        raise NotStarted(done.stderr.strip().splitlines()[-1])
