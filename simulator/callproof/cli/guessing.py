"""What ``callproof init`` can see by itself: how a service is started, and whether somebody answers."""

import re
import shlex
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from callproof import kinds
from callproof.limits import USUAL

PORT, PYTHON = "$port", "$python"
# What Node's services, and what hosts them, take their port from.
PORT_IN_ENV = {"PORT": PORT}
# The interpreter of the side's own environment, as tools name its folder.
_VENVS = (".venv", "venv", "env", "v")
_OF_VENV = ("bin/python", "Scripts/python.exe")
# How a service is started whose folder has this file, the first that is there.
_MAIN = {
    "go.mod": ("go", "run", ".", PORT),
    "Cargo.toml": ("cargo", "run", "--", PORT),
    "index.php": ("php", "-S", f"127.0.0.1:{PORT}", "index.php"),
    "config.ru": ("rackup", "-o", "127.0.0.1", "-p", PORT),
}
_NODE = ("server.js", "service.js", "app.js", "index.js")
_PYTHON = ("service.py", "app.py", "main.py", "server.py", "app/main.py", "src/main.py")
# What a module calls its application, by what makes one.
_MADE_BY = r"^(\w+)(?:\s*:\s*\w+)?\s*=\s*(?:\w+\.)?%s\("
_ASGI, _FLASK = (re.compile(_MADE_BY % kind, re.M) for kind in ("(?:FastAPI|Starlette|Litestar)", "Flask"))
# Of package.json, the first that is there.
_SCRIPTS = ("start", "serve", "dev")


@dataclass(frozen=True)
class Guess:
    """``seen`` is the file that says it; what starts the side, and what stands in its environment. All of
    them are empty where nothing says it."""

    seen: str = ""
    words: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


class _Package(msgspec.Struct):
    main: str = ""
    scripts: dict[str, str] = {}


def started(folder: Path) -> Guess:
    """How a side is started that lives in this folder."""
    return next(_guesses(folder), Guess())


def answers(url: str) -> bool:
    """Whether somebody listens at the address now."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname or "", port), timeout=1).close()
    except (OSError, ValueError):
        return False
    return True


def _guesses(folder: Path) -> Iterator[Guess]:
    if (words := _of_package(folder / "package.json")) is not None:
        yield Guess("package.json", words, PORT_IN_ENV)
    python = _python(folder)
    if (folder / "manage.py").is_file():
        yield Guess("manage.py", (python, "manage.py", "runserver", PORT, "--noreload"))
    for name, command in _MAIN.items():
        if (folder / name).is_file():
            yield Guess(name, command)
    for name in _NODE:
        if (folder / name).is_file():
            yield Guess(name, ("node", name, PORT), PORT_IN_ENV)
    for name in _PYTHON:
        if (folder / name).is_file():
            yield Guess(name, (python, *_of_module(folder, name)))
    for file in sorted(folder.glob("*.java")):
        if b"void main(" in _beginning(file):
            yield Guess(file.name, ("java", file.name, PORT))


def _python(folder: Path) -> str:
    """That of an environment in the folder, which has what the side imports; else callproof's own."""
    inside = (f"{venv}/{name}" for venv in _VENVS for name in _OF_VENV)
    return next((name for name in inside if (folder / name).is_file()), PYTHON)


def _of_module(folder: Path, name: str) -> tuple[str, ...]:
    """What the interpreter is to run: the server of the application that the file makes, or the file."""
    source = _beginning(folder / name).decode(errors="replace")
    module = name.removesuffix(".py").replace("/", ".")
    if found := _ASGI.search(source):
        return ("-m", "uvicorn", f"{module}:{found[1]}", "--host", "127.0.0.1", "--port", PORT)
    if found := _FLASK.search(source):
        return ("-m", "flask", "--app", f"{module}:{found[1]}", "run", "--port", PORT)
    return (name, PORT)


def _beginning(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(USUAL.file_bytes)


def _of_package(file: Path) -> tuple[str, ...] | None:
    """What npm runs, by itself where that is one program: npm passes no signal on."""
    try:
        package = kinds.decode(_beginning(file), _Package)
        script = next((name for name in _SCRIPTS if package.scripts.get(name)), "")
        told = package.scripts.get(script, "")
        words = shlex.split(told)
    except (OSError, ValueError):
        return None
    if words and words[0] == "node" and not set(told) & set("&|;<>$"):
        return (*words, PORT)
    if words:
        return ("npm", "run", "--silent", script, "--", PORT)
    return ("node", package.main, PORT) if package.main else None
