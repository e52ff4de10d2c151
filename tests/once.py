"""What is made once for all tests of a run, whichever workers of pytest-xdist they are in."""

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name, which ``make`` has filled; who comes meanwhile waits. What it raises
    comes out, and the next one tries again."""
    base = factory.getbasetemp()
    # Each worker has a folder of its own within that of the run.
    shared = base.parent if base.name.startswith("popen-") else base
    folder, made = shared / name, shared / f"{name}.made"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder.mkdir(exist_ok=True)
            make(folder)
            made.touch()
    return folder
