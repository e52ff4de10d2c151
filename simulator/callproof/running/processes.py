"""An end in processes of its own: granian takes the connections, each worker has the app once.

A worker is forked, so that what it needs to make its app need not be written down for it.
"""

import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from threading import Event, Thread
from traceback import format_exception
from typing import TYPE_CHECKING, NoReturn

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import mp

from callproof.clocks.machine import monotonic
from callproof.errors import CallproofError, InternalError, OutOfReach
from callproof.limits import USUAL, Bounds
from callproof.running import crew, logs
from callproof.running.stalled import Stalled
from callproof.running.threads import Address

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger("callproof.running")

# How long an end may take to listen, and a worker to finish what it answers, in seconds.
START = 120.0
GRACE = 5
_LOOK = 0.01
# How much of a traceback is told, so that no pipe is full of it.
_TRACE = 8000
# What a worker keeps of the environment, by the beginnings of names: what its libraries and the drivers of
# databases look at. The rest would be copied into every request, where HTTP_PROXY would be a header.
_KEPT = (
    "HOME",
    "KRB5",
    "LANG",
    "LC_",
    "LOGNAME",
    "OPENSSL",
    "PATH",
    "PG",
    "PYTHON",
    "REQUESTS_CA_BUNDLE",
    "SQLITE",
    "SSL",
    "TEMP",
    "TMP",
    "TZ",
    "USER",
)
_PR_SET_PDEATHSIG = 1
# What makes granian's caller of an app.
_CALLER = "_wsgi_call_wrap"


class Failed(OutOfReach):
    """The process of an end ended before it listened."""


@dataclass(frozen=True)
class Made:
    """What a worker answers with; ``interrupt`` ends its waiting, ``close`` is for when it has ended."""

    app: "WSGIApplication"
    interrupt: Callable[[], None]
    close: Callable[[], None]


@dataclass(frozen=True)
class Workers:
    """The processes that answer for one end, ``number`` of them, at an address that nobody listens at.

    ``make`` is called in each. The first worker keeps to the first of ``cores``, and so on; without them
    each runs anywhere. One that dies is ``replaced``, where nothing is lost with it. Requests are worked
    upon ``at_once`` where they wait for something most of the time, and else one after the other.
    """

    name: str
    address: Address
    number: int
    make: Callable[[], Made]
    cores: tuple[int, ...] = ()
    replaced: bool = False
    bounds: Bounds = USUAL
    at_once: bool = False


class _Supervising(mp.MPServer):
    def signal_handler_interrupt(self, *_heard: object) -> None:
        """The first signal ends the server. granian would set the event right here, in the thread that
        waits for it: a second signal, as comes when a whole group is told, could find it holding the
        event's lock, and would wait for that for ever."""
        if not self.interrupt_signal:
            self.interrupt_signal = True
            Thread(target=self.main_loop_interrupt.set).start()


@dataclass(frozen=True)
class Begun:
    """An end whose process is there. ``wait`` comes back once it answers, and raises Failed when it does
    not, and InternalError when that is callproof's own fault."""

    process: BaseProcess
    wait: Callable[[], None]


@contextmanager
def answering(end: Workers) -> Iterator[BaseProcess]:
    """The end answers until the block ends, or its process does. Raises what ``Begun.wait`` does."""
    with beginning(end) as begun:
        begun.wait()
        yield begun.process


@contextmanager
def beginning(end: Workers) -> Iterator[Begun]:
    """The end begins to answer, while whoever asked does something else, until the block ends."""
    context = multiprocessing.get_context("fork")
    # Not an Event, whose setting waits for all that wait for it, also for a worker that a signal has ended.
    stopping, stopper = context.Pipe(duplex=False)
    told, teller = context.Pipe(duplex=False)
    ends = _Ends(stopping, os.getpid())
    process = context.Process(target=_supervise, args=(end, ends, teller), name=end.name)
    process.start()
    try:
        yield Begun(process, partial(_wait, process, end, told))
    finally:
        # A worker ends when everybody is answered, and would answer until then who follows its journal.
        stopper.send_bytes(b"x")
        process.terminate()
        process.join()
        for pipe in (stopper, stopping, told, teller):
            pipe.close()


def _wait(process: BaseProcess, end: Workers, told: "connection.Connection") -> None:
    until = monotonic() + START
    while monotonic() < until:
        if told.poll():
            _raise(end, *told.recv())
        try:
            socket.create_connection((end.address.host, end.address.port), timeout=1).close()
        except OSError:
            if process.exitcode is not None:
                raise Failed(f"The {end.name} ended with {process.exitcode} before it listened.") from None
            Event().wait(_LOOK)
        else:
            return
    raise Failed(f"The {end.name} does not listen at {end.address.url} within {START:g} s.")


def _raise(end: Workers, said: str, trace: str) -> NoReturn:
    """What stopped a worker, with the ``trace`` of what nobody expected."""
    if not trace:
        raise Failed(f"The {end.name} cannot begin: {said}")
    error = InternalError(said)
    error.add_note(trace)
    raise error


@dataclass(frozen=True)
class _Ends:
    """How workers hear that all is to end: something can be read here, or the process that began it, which
    may be killed and say nothing, is no more."""

    stopping: "connection.Connection"
    beginner: int

    def wait(self) -> None:
        try:
            beginner = [os.pidfd_open(self.beginner)] if hasattr(os, "pidfd_open") else []
        except ProcessLookupError:
            return
        except OSError:  # of a kernel that has none
            beginner = []
        # Each worker has to see it, so nothing is read.
        connection.wait([self.stopping, *beginner])


def _supervise(end: Workers, ends: _Ends, teller: "connection.Connection") -> None:
    _end_with_parent(signal.SIGTERM)
    # Not as whoever forked it hears it.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    certificate, bounds = end.address.certificate, end.bounds
    begun = multiprocessing.get_context("fork").Value("i", 0)
    server = _Supervising(
        end.name,
        address=end.address.bound,
        port=end.address.port,
        interface=Interfaces.WSGI,
        workers=end.number,
        # Each request takes a thread when it is needed, and may wait in it: readers of the journal for half
        # a minute, pages for as long as they are open, slow senders for their own bodies.
        blocking_threads=bounds.requests_at_once,
        blocking_threads_idle_timeout=crew.LEAVES,
        backlog=max(1024, bounds.connections),
        backpressure=bounds.connections,
        http1_settings=HTTP1Settings(
            header_read_timeout=int(bounds.header_seconds * 1000), max_buffer_size=bounds.header_bytes
        ),
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=GRACE,
        respawn_failed_workers=end.replaced,
        ssl_cert=certificate.cert if certificate else None,
        ssl_key=certificate.key if certificate else None,
        # Clients of the age of PHP 5 know no newer one.
        ssl_protocol_min=SSLProtocols.tls12,
    )
    server.serve(target_loader=lambda _name: _load(end, begun, ends, teller))


def _load(
    end: Workers,
    begun: "Synchronized[int]",
    ends: _Ends,
    teller: "connection.Connection",
) -> "WSGIApplication":
    # An orderly end of the parent waits for its workers.
    _end_with_parent(signal.SIGKILL)
    # Until granian listens to signals here, the handler of the parent would, and nobody would end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    with begun.get_lock():
        before = begun.value
        begun.value += 1
    logs.belong_to(end.name.lower())
    if before >= end.number:
        log.error("A worker of the %s has died; another one takes its place.", end.name)
    if end.cores:
        # Threads that it starts from now on stay there too.
        os.sched_setaffinity(0, {end.cores[before % len(end.cores)]})
    for name in [name for name in os.environ if not name.startswith(_KEPT)]:
        del os.environ[name]
    made = _made(end, teller)
    Finalize(None, logs.flush, exitpriority=0)
    Finalize(None, made.close, exitpriority=1)
    Thread(target=_interrupt, args=(made, ends), name="callproof-stopping", daemon=True).start()
    stalled = Stalled(end.address.port, end.bounds)
    Thread(target=stalled.watch, name="callproof-stalled", daemon=True).start()
    # Long-lived things are not looked at again, and the rest is collected seldom and a little at a time:
    # with the usual thresholds one request in a hundred waits for a tenth of a second.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 50, 1000)
    # A request gives up the interpreter with each statement; what runs beside it may keep it no longer.
    sys.setswitchinterval(0.001)
    if not end.at_once:
        _in_turn()
    return made.app


def _in_turn() -> None:
    """Few threads answer at once. Only granian's own caller of an app knows when the answer has gone, after
    which a thread may sleep; by a granian that has no such caller all are kept at work."""
    hands, inner = crew.Crew(), vars(mp).get(_CALLER)
    if inner is None:
        return
    vars(mp)[_CALLER] = lambda *given: hands.around(inner(*given))
    Thread(target=hands.watch, name="callproof-crew", daemon=True).start()
    crew.in_batches()


def _leave(*_heard: object) -> NoReturn:
    raise SystemExit


def _made(end: Workers, teller: "connection.Connection") -> Made:
    """What fails is told to whoever waits for the end, and no terminal sees it."""
    try:
        return end.make()
    except CallproofError as error:
        said, trace = str(error), ""
    except Exception as error:  # of ours, so that nobody else is blamed for it
        said, trace = str(InternalError.of(error)), "".join(format_exception(error))[-_TRACE:]
    log.error("A worker of the %s cannot begin: %s", end.name, said)
    logs.flush()
    teller.send((said, trace))
    os._exit(InternalError.exit_code)


def _interrupt(made: Made, ends: _Ends) -> None:
    ends.wait()
    made.interrupt()


def _end_with_parent(number: signal.Signals) -> None:
    """However the parent ends: nothing may listen on after it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
