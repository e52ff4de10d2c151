"""What the figures were made on."""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import postgres
from benchmarks.wrk import find

OWN_PACKAGES = (
    "callproof",
    "flask",
    "granian",
    "jsonschema",
    "jsonschema-rs",
    "orjson",
    "psycopg",
    "sqlalchemy",
)


@dataclass(frozen=True)
class Machine:
    cpu: str
    cores: int
    kernel: str
    memory: int
    versions: dict[str, str]


def describe() -> Machine:
    """``memory`` in bytes; versions of callproof, what it stands on, and the tools."""
    found = {name: _version(name) for name in OWN_PACKAGES}
    found |= {
        "Python": platform.python_version(),
        "wrk": _first_line(["wrk", "-v"], 1) if find() else "",
        "Node.js": _first_line(["node", "--version"]).removeprefix("v"),
        "Java": _first_line(["java", "--version"], 1),
        "PostgreSQL": postgres.version(),
        "SQLite": _first_line([sys.executable, "-c", "import sqlite3; print(sqlite3.sqlite_version)"]),
    }
    return Machine(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)),
        kernel=platform.release(),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        versions={name: text for name, text in found.items() if text},
    )


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _first_line(command: list[str], word: int = 0) -> str:
    """One word of the first line that a program prints; empty when there is no such program."""
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return ""
    words = (done.stdout or done.stderr).split("\n")[0].split()
    return words[word] if len(words) > word else ""
