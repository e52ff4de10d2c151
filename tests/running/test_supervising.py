"""What the process above an end's workers does when signals come."""

import signal
from threading import Event, current_thread, main_thread

from granian.constants import Interfaces

from callproof.running.processes import _Supervising


class _Awaited(Event):
    """One that the main thread waits for: it may hold the lock just then, and may not set it."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    def set(self) -> None:
        assert current_thread() is not main_thread()
        self.times += 1
        super().set()


def test_signals_end_it_once_and_never_by_the_thread_that_waits() -> None:
    server = _Supervising("CRM", interface=Interfaces.WSGI)
    server.main_loop_interrupt = awaited = _Awaited()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTERM):
        server.signal_handler_interrupt(number, None)
    assert awaited.wait(10)
    assert (server.interrupt_signal, awaited.times) == (True, 1)
