"""What ``callproof init`` can see by itself: how a service is started, and whether somebody answers."""

import shlex
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from callproof.limits import USUAL

PORT, PYTHON = "$port", "$python"
# How a service is started whose folder has this file, the first that is there.
_MAIN = {
    "manage.py": (PYTHON, "manage.py", "runserver", PORT, "--noreload"),
    "go.mod": ("go", "run", ".", PORT),
    "Cargo.toml": ("cargo", "run", "--", PORT),
    "server.js": ("node", "server.js", PORT),
    "index.js": ("node", "index.js", PORT),
    "index.php": ("php", "-S", f"127.0.0.1:{PORT}", "index.php"),
    "config.ru": ("rackup", "-o", "127.0.0.1", "-p", PORT),
}
_PYTHON = ("service.py", "app.py", "main.py", "server.py")


class _Scripts(msgspec.Struct):
    start: str = ""


class _Package(msgspec.Struct):
    main: str = ""
    scripts: _Scripts = msgspec.field(default_factory=_Scripts)


def started(folder: Path) -> tuple[str, tuple[str, ...]]:
    """The file that says it, and the command; two empty ones where nothing does."""
    return next(_commands(folder), ("", ()))


def answers(url: str) -> bool:
    """Whether somebody listens at the address now."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname or "", port), timeout=1).close()
    except (OSError, ValueError):
        return False
    return True


def _commands(folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    if (words := _of_package(folder / "package.json")) is not None:
        yield "package.json", words
    for name, command in _MAIN.items():
        if (folder / name).is_file():
            yield name, command
    for name in _PYTHON:
        if (folder / name).is_file():
            yield name, (PYTHON, name, PORT)
    for file in sorted(folder.glob("*.java")):
        if b"void main(" in _beginning(file):
            yield file.name, ("java", file.name, PORT)


def _beginning(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(USUAL.file_bytes)


def _of_package(file: Path) -> tuple[str, ...] | None:
    """What ``npm start`` runs, by itself where that is one program: npm passes no signal on."""
    try:
        package = msgspec.json.decode(_beginning(file), type=_Package)
        words = shlex.split(package.scripts.start)
    except (OSError, ValueError):
        return None
    if words and words[0] == "node" and not set(package.scripts.start) & set("&|;<>"):
        return (*words, PORT)
    if words:
        return ("npm", "start", "--silent", "--", PORT)
    return ("node", package.main, PORT) if package.main else None
