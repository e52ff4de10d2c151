"""A run that somebody ends: by Ctrl-C, or as a CI server does it."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread, current_thread, main_thread
from types import FrameType
from typing import NoReturn

from callproof.cli.common import echo
from callproof.contract.printing import printable
from callproof.errors import INTERRUPTED


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM is heard as Ctrl-C is: as KeyboardInterrupt. What a command hears it by itself stays so."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is _interrupt:
            signal.signal(signal.SIGTERM, before)


@contextmanager
def heard() -> Iterator[Event]:
    """Set by the first SIGINT or SIGTERM; the second one is heard as KeyboardInterrupt."""
    came = Event()
    if current_thread() is not main_thread():
        yield came
        return

    def hear(number: int, frame: FrameType | None) -> None:
        if came.is_set():
            _interrupt(number, frame)
        # By another thread, since this one may be waiting for the event right now.
        Thread(target=came.set).start()

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """What is written now is written to its end."""
    if current_thread() is not main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupted(said: str) -> NoReturn:
    """End the command as one that somebody ended, with this sentence."""
    echo(f"callproof: {printable(said)}", err=True)
    sys.exit(INTERRUPTED)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
