"""Whether the files of SQLite are those that were opened: what is written into others is gone with them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from callproof.clocks.machine import now

# A restart reads the file, and what has not been copied there yet from the first one beside it.
_PARTS = ("", "-wal", "-shm")
# A folder says when it was changed, as finely as some file systems count, in nanoseconds.
_COARSE = 3_000_000_000

# Number, device, and when it was changed.
_Mark: TypeAlias = tuple[int, int, int]


class OpenFiles:
    """The files of a database that is open, and stays open, in this process."""

    def __init__(self, path: str) -> None:
        self._folder = str(Path(path).parent)
        self._known: Sequence[tuple[str, int, int]] = [
            (part, found.st_ino, found.st_dev)
            for part in (path + end for end in _PARTS)
            if (found := _look(part)) is not None
        ]
        self._mark: _Mark | None = None

    def lost(self) -> str:
        """The first one that is not there any more, or another one by now; empty when all are.

        Each commit waits for it, so of a folder in which nothing was changed lately nothing else is asked.
        """
        folder = _look(self._folder)
        mark = (folder.st_ino, folder.st_dev, folder.st_ctime_ns) if folder else None
        if mark and mark == self._mark and now() * 1e9 - mark[2] > _COARSE:
            return ""
        for path, number, device in self._known:
            found = _look(path)
            if found is None or found.st_ino != number or found.st_dev != device:
                return path
        # Looked at before the files were: what is changed meanwhile changes it again.
        self._mark = mark
        return ""


def _look(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 - half as fast by Path
    except OSError:
        return None


def free_beside(path: str) -> int:
    """How many bytes the disk of a file has left for us."""
    found = os.statvfs(Path(path).parent)
    return found.f_bavail * found.f_frsize
