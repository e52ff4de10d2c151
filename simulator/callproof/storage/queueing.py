"""Processes that write one file of SQLite queue up for it.

SQLite waits by looking again after sleeps that grow to a tenth of a second, and whoever has just written is
back before. Locks of the system on two files beside the database wake the next one at once, and end with
their holder, however that ends. They are a courtesy, since SQLite itself still decides: programs that know
nothing of them, and who has waited ``PATIENCE`` for a holder that stands still, ask it as ever.
"""

import fcntl
import os
from pathlib import Path
from threading import Lock, Semaphore, Thread

# In seconds. Nobody writes for so long unless he was stopped.
PATIENCE = 2.0


class Queue:
    """A context manager around each transaction that writes ``file``; one thread at a time enters it.

    ``turn`` is held by whoever writes, ``next`` by the one who comes after him: without it the writer would
    take his turn again before the next one has woken up. The system's wait has no end, so a thread of our
    own does it, and may be left alone with it.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        mode = Path(file).stat().st_mode & 0o666
        self._paths = [f"{file}-turn", f"{file}-next"]
        self._turn, self._next = (os.open(path, os.O_RDWR | os.O_CREAT, mode) for path in self._paths)
        self._held = False
        self._asked, self._given = Semaphore(0), Semaphore(0)
        self._waiter: Thread | None = None
        self._state = Lock()
        # Whether somebody wants to have it, and whether the thread still waits for it.
        self._wanted = self._asking = False

    def __enter__(self) -> None:
        self._held = (not self._asking and self._try()) or self._wait()

    def __exit__(self, *_: object) -> None:
        if self._held:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def close(self) -> None:
        """Whoever closes the file last takes both files away, as SQLite does with its own."""
        if not Path(f"{self._file}-wal").exists():
            for path in self._paths:
                Path(path).unlink(missing_ok=True)
        with self._state:
            if self._asking:
                # The thread is not done with them.
                return
            gone, self._turn = (self._turn, self._next), -1
        self._asked.release()
        for file in gone:
            os.close(file)

    def _try(self) -> bool:
        try:
            fcntl.flock(self._next, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                fcntl.flock(self._turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            finally:
                fcntl.flock(self._next, fcntl.LOCK_UN)
        except BlockingIOError:
            return False
        return True

    def _wait(self) -> bool:
        """Whether it is ours in time."""
        with self._state:
            self._wanted = True
            if not self._asking:
                self._asking = True
                self._asked.release()
        if self._waiter is None:
            self._waiter = Thread(target=self._serve, name="callproof-queue", daemon=True)
            self._waiter.start()
        held = self._given.acquire(timeout=PATIENCE)
        with self._state:
            self._wanted = False
            return held or self._given.acquire(blocking=False)

    def _serve(self) -> None:
        while True:
            self._asked.acquire()
            if self._turn == -1:
                return
            fcntl.flock(self._next, fcntl.LOCK_EX)
            fcntl.flock(self._turn, fcntl.LOCK_EX)
            fcntl.flock(self._next, fcntl.LOCK_UN)
            with self._state:
                self._asking = False
                if self._wanted:
                    self._given.release()
                else:
                    fcntl.flock(self._turn, fcntl.LOCK_UN)
