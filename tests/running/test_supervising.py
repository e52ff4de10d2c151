"""What an end's workers, and the process above them, do when signals come."""

import multiprocessing
import signal
from contextlib import closing
from pathlib import Path
from threading import Event, Thread, current_thread, main_thread

from granian.constants import Interfaces

from callproof.clocks.manual import ManualClock
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.running.processes import Made, Workers, _Ends, _Supervising, answering
from callproof.running.threads import Address
from tests.support import KEY


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


def test_a_worker_that_has_not_begun_yet_ends_in_order(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    first, late = context.Lock(), context.Event()

    def make() -> Made:
        if not first.acquire(block=False):
            late.set()
            try:
                context.Event().wait(120)
            finally:
                (tmp_path / "ended").touch()
        crm = Crm(CrmSettings(api_key=KEY, base_url="http://crm"), ManualClock())
        return Made(create_app(crm).wsgi_app, crm.journal.interrupt, crm.close)

    address = Address()
    with closing(address.hold()), answering(Workers("CRM", address, 2, make)):
        assert late.wait(120)
    assert (tmp_path / "ended").exists()


def test_whoever_waits_for_a_worker_is_let_go_when_what_began_it_is_killed() -> None:
    """What is killed says nothing, and a worker that waited for its readers would wait out its grace."""
    context = multiprocessing.get_context("fork")
    killed = context.Process(target=signal.pause)
    killed.start()
    assert killed.pid is not None
    stopping, _stopper = context.Pipe(duplex=False)
    ended, ends = Event(), _Ends(stopping, killed.pid)

    def wait() -> None:
        ends.wait()
        ended.set()

    Thread(target=wait, daemon=True).start()
    assert not ended.wait(0.05)
    killed.kill()
    killed.join()
    assert ended.wait(10)
    ends.wait()  # nor does anybody wait who comes later
