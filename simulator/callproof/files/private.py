"""Files that hold a key are for the user alone who runs callproof, whatever the umask is."""

import os
from pathlib import Path


def write(file: Path, content: bytes) -> None:
    """A new file. Raises OSError, as FileExistsError where something is."""
    with os.fdopen(_made(file), "wb") as out:
        out.write(content)


def make(file: Path) -> None:
    """An empty file, unless something is there or cannot be: whoever opens it says what is wrong."""
    try:
        os.close(_made(file))
    except OSError:
        return


def _made(file: Path) -> int:
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
