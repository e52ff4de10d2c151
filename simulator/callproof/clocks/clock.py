"""What a clock is to whoever waits on it."""

from collections.abc import Callable
from typing import Protocol


class Timer:
    """One planned action; ``cancel`` may come at any time, also after it ran."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action: Callable[[], object] | None = action

    def cancel(self) -> None:
        self.action = None


class Clock(Protocol):
    """Seconds since 1970 (UTC), and the only way to wait.

    ``id`` tells whether two ends share a clock; ``kind`` is ``manual``, ``scaled`` or ``real``.
    """

    id: str

    @property
    def kind(self) -> str: ...

    def now(self) -> float: ...

    def call_at(self, when: float, action: Callable[[], object]) -> Timer:
        """Plan an action; a moment in the past means as soon as possible."""

    def next_due(self) -> float | None:
        """When the next action is due, or None when nothing is planned."""

    def close(self) -> None:
        """Drop what is planned and end what runs."""
