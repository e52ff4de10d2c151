"""Numbers that several processes add to, and that any of them reads as sums.

Each has a part of its own of memory that they share. So the sums never go back, whichever process is asked,
and also when one has died: whoever takes its place goes on with its part.
"""

import mmap
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from threading import Lock

from callproof.clocks.machine import now

Labels = tuple[str, ...]

# So many numbers a process has, each with a name of so many bytes; what comes on top is not counted.
MOST = 4096
_LONGEST = 96
_NUMBER = 8
_PROCESS, _USED, _FIRST = 0, 1, 2
# Behind them is room for what is not counted: it is added there and never read.
_NOWHERE, _ROOM = _FIRST + MOST, 32
_NUMBERS = (_NOWHERE + _ROOM) * _NUMBER
_PART = _NUMBERS + MOST * _LONGEST
_BETWEEN = "\n"


class Ledger:
    """Memory for so many processes; make it before they are forked. ``began`` is when, since 1970."""

    def __init__(self, processes: int = 1) -> None:
        self.began = now()
        self._turns = TemporaryFile() if processes > 1 else None  # noqa: SIM115
        memory = memoryview(mmap.mmap(-1, processes * _PART))
        self._parts = [_Part(memory[at * _PART : (at + 1) * _PART]) for at in range(processes)]

    def claim(self, forgotten: Sequence[Labels] = ()) -> "Numbers":
        """The numbers of this process, or of one that has died; those ``forgotten`` begin at 0."""
        with self._turn():
            part = next((part for part in self._parts if not part.lives), self._parts[0])
            part.numbers[_PROCESS] = os.getpid()
        numbers = Numbers(part)
        for labels in forgotten:
            part.numbers[numbers.place(labels)] = 0
        return numbers

    def close(self) -> None:
        """No process claims any more; the numbers stay."""
        if self._turns is not None:
            self._turns.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One process after the other; one that dies meanwhile keeps no other waiting."""
        if self._turns is None:
            yield
            return
        import fcntl  # only where processes are forked

        fcntl.lockf(self._turns, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._turns, fcntl.LOCK_UN)

    @property
    def processes(self) -> int:
        """How many are alive."""
        return sum(part.lives for part in self._parts)

    def sums(self) -> Counter[Labels]:
        sums: Counter[Labels] = Counter()
        for part in self._parts:
            for place, labels in enumerate(part.labels(), _FIRST):
                sums[labels] += part.numbers[place]
        return sums


class _Part:
    """The memory of one process: its id, how many numbers it uses, the numbers, and their names."""

    def __init__(self, memory: "memoryview[int]") -> None:
        self.numbers = memory[:_NUMBERS].cast("Q")
        self.names = memory[_NUMBERS:]

    @property
    def lives(self) -> bool:
        process = self.numbers[_PROCESS]
        if not process:
            return False
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            """It is there, and somebody else's."""
        return True

    def labels(self) -> list[Labels]:
        return [self._labels(number) for number in range(self.numbers[_USED])]

    def add(self, labels: Labels) -> int | None:
        """The place of a new number, None where there is no more room for it."""
        used, name = self.numbers[_USED], _BETWEEN.join(labels).encode("ascii", "replace")
        if used >= MOST or len(name) > _LONGEST:
            return None
        self.names[used * _LONGEST : used * _LONGEST + len(name)] = name
        # Whoever reads the sums meanwhile finds it once it has its name.
        self.numbers[_USED] = used + 1
        return _FIRST + used

    def _labels(self, number: int) -> Labels:
        name = bytes(self.names[number * _LONGEST : (number + 1) * _LONGEST])
        return tuple(name.rstrip(b"\0").decode().split(_BETWEEN))


class Numbers:
    """Those of this process. ``lock`` is held while one is added to at its ``place`` in ``all``."""

    def __init__(self, part: _Part) -> None:
        self.all = part.numbers
        self.lock = Lock()
        self._part = part
        self._places = {labels: place for place, labels in enumerate(part.labels(), _FIRST)}

    def place(self, labels: Labels) -> int:
        """Where the number with these labels is; ask without the ``lock``."""
        with self.lock:
            return self._place(labels)

    def block(self, block: Sequence[Labels]) -> int:
        """Where numbers begin, 32 at most, that stand one after the other; none is asked for alone."""
        with self.lock:
            if block[0] not in self._places and self.all[_USED] + len(block) > MOST:
                return _NOWHERE
            first, *_ = map(self._place, block)
            return first

    def add(self, labels: Labels, more: int = 1) -> None:
        place = self.place(labels)
        with self.lock:
            self.all[place] += more

    def _place(self, labels: Labels) -> int:
        found = self._places.get(labels)
        if found is None:
            found = self._part.add(labels)
            if found is None:
                return _NOWHERE
            self._places[labels] = found
        return found
