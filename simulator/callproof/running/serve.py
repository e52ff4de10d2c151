"""``callproof serve``: both ends, or one, until stopped.

On the machine's clock each end has processes of its own. A manual clock is moved for both ends at once by
one request, so there they share a process, and the server is the one of the tests; so they do where
processes cannot be forked.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from multiprocessing import connection
from threading import Thread
from typing import NoReturn

import orjson

from callproof.clocks.manual import ManualClock
from callproof.clocks.real import RealClock
from callproof.contract.operations import Side
from callproof.control.client import ActionRefused, End, Unreachable
from callproof.crm.settings import CrmSettings
from callproof.errors import INTERRUPTED
from callproof.exchange.ledger import Ledger
from callproof.exchange.trust import Trust
from callproof.pbx.settings import PbxSettings
from callproof.running import logs, ready
from callproof.running.browsing import open_page
from callproof.running.keys import keyed
from callproof.running.meeting import Meeting, ServeOptions, met
from callproof.running.opening import Opening
from callproof.running.processes import Begun, Failed, Made, Workers, beginning
from callproof.storage.address import IN_MEMORY, on_server, shown


def serve_until_stopped(options: ServeOptions, say: Callable[[str], object]) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises PortTaken, StorageError or Failed when an end cannot be started, and Failed when one stops.
    """
    server = _Server(options, say)
    with ExitStack() as stack:
        server.serve(stack)


def forks() -> bool:
    """Whether processes are forked here: Windows has no fork, and on macOS libraries of the system do not
    live through one."""
    return sys.platform == "linux"


def system() -> str:
    """The name of this system, as people call it."""
    return {"darwin": "macOS", "win32": "Windows", "linux": "Linux"}.get(sys.platform, sys.platform)


class _Server:
    def __init__(self, options: ServeOptions, say: Callable[[str], object]) -> None:
        self.options = options
        self.say = say
        self.begun: list[Begun] = []
        self.pinned = 0
        self.together: Opening | None = None

    def serve(self, stack: ExitStack) -> None:
        options, say = self.options, self.say
        say("callproof is for tests only: do not expose it, do not put real data into it.")
        if options.ready_file:
            ready.demand(options.ready_file)
        options = self.options = keyed(options)
        logs.hide(_secrets(options))
        meeting = stack.enter_context(met(options))
        manual = options.clock == "manual"
        if manual or not forks():
            clock = ManualClock() if manual else RealClock()
            self.together = stack.enter_context(Opening(clock, options.control_token))
        if not forks():
            say(f"On {system()} threads of one process answer; on Linux each end has processes of its own.")
        crm, pbx = options.crm, options.pbx
        if pbx and pbx.database != IN_MEMORY:
            # Before anything is served: what is wrong with the database is told here, not by a worker.
            from callproof.pbx.store.session import PbxStore

            PbxStore(pbx.database, pbx.durability).close()
        key = ""
        # Both begin before either is waited for.
        if crm:
            crm, key = meeting.crm(crm), crm.api_key
            self._open(crm, meeting, stack)
        if pbx:
            pbx, key = meeting.pbx(pbx), pbx.api_key
            self._open(pbx, meeting, stack)
        for end in self.begun:
            end.wait()
        if crm:
            workers = f"   {crm.workers} workers" if crm.workers > 1 else ""
            known = _known(meeting, Side.CRM)
            say(f"CRM          {meeting.near(Side.CRM)}   API key {crm.api_key}{workers}{known}")
        if pbx:
            known = _known(meeting, Side.PBX)
            say(f"virtual PBX  {meeting.near(Side.PBX)}   talks to {pbx.crm_url}{known}")
            if options.register:
                say(self._registered(meeting.near(Side.PBX), pbx.trust))
        for line in meeting.notes():
            say(line)
        self._say_of([end for end in (crm, pbx) if end])
        # Whoever is told that all is ready may end it at once.
        told = stack.enter_context(_signals(self._end_at_once))
        if options.ready_file or options.browse:
            self._demand_answers(meeting)
        if options.ready_file:
            ids = meeting.ready(key, pbx.client_id if pbx else "")
            stack.enter_context(ready.announced(options.ready_file, ids))
        say("Serving; stop with Ctrl-C.")
        if options.browse:
            open_page(meeting.near(Side.CRM if crm else Side.PBX), say)
        self._wait(told)

    def _say_of(self, ends: list[CrmSettings | PbxSettings]) -> None:
        named = self.options.crm or self.options.pbx
        if named and (unchecked := named.trust.unchecked):
            names = ", ".join(unchecked)
            self.say(f"NOT CHECKED: certificates of {names}; anybody may pass for them.")
        database = ends[0].database
        self.say(f"State is kept in {'memory.' if database == IN_MEMORY else shown(database)}")
        if broken := [fault.name for end in ends for fault in end.faults]:
            self.say(f"Broken on purpose: {', '.join(broken)}")

    def _open(self, settings: CrmSettings | PbxSettings, meeting: Meeting, stack: ExitStack) -> None:
        side, number = Side.PBX, 1
        if isinstance(settings, CrmSettings):
            side, number = Side.CRM, settings.workers
        address = meeting.address(side)
        settings = replace(settings, base_url=meeting.told(side))
        around = meeting.around(side, settings.database)
        if self.together:
            self.together.open(settings, address, around)
            return
        # granian opens the port anew, once for each worker; meanwhile nobody else may get it.
        stack.enter_context(closing(address.hold()))
        if isinstance(settings, CrmSettings) and settings.database != IN_MEMORY:
            # Before several workers do it at once; what is wrong with the database is told here.
            with Opening(ManualClock()) as opening:
                opening.app(settings)

        ledger = stack.enter_context(closing(Ledger(number)))

        def make() -> Made:
            opening = Opening(RealClock(), self.options.control_token, ledger)
            return Made(opening.app(settings, around).wsgi_app, opening.interrupt, opening.close)

        kept = settings.database != IN_MEMORY
        # Whoever waits for a server or a disk waits beside others, with whom it may share a commit.
        at_once = on_server(settings.database) or (kept and settings.durability == "power")
        bounds = settings.bounds
        end = Workers(side.upper(), address, number, make, self._cores(number), kept, bounds, at_once)
        self.begun.append(stack.enter_context(beginning(end)))

    def _cores(self, workers: int) -> tuple[int, ...]:
        """For so many workers, beginning after those of the end that was started before."""
        if not self.options.pin:
            return ()
        cores = sorted(os.sched_getaffinity(0))
        taken = tuple(cores[(self.pinned + number) % len(cores)] for number in range(workers))
        self.pinned += workers
        return taken

    def _wait(self, told: socket.socket) -> None:
        """Until a signal comes. Raises Failed when an end stops by itself."""
        ready = connection.wait([told, *(end.process.sentinel for end in self.begun)])
        if told in ready:
            self.say("Stopping, once what is being answered is; a second signal ends all at once.")
        for end in self.begun:
            if told not in ready and end.process.sentinel in ready:
                raise Failed(f"The {end.process.name} has stopped by itself.")

    def _end_at_once(self) -> NoReturn:
        if self.options.ready_file:
            with suppress(OSError):
                ready.forget(self.options.ready_file)
        for end in self.begun:
            # Its workers end with it.
            end.process.kill()
        os._exit(INTERRUPTED)

    def _demand_answers(self, meeting: Meeting) -> None:
        """Raises Unreachable when an end listens but does not answer."""
        for side, settings in ((Side.CRM, self.options.crm), (Side.PBX, self.options.pbx)):
            if settings:
                trust = meeting.trust(settings.trust)
                with closing(End(side, meeting.near(side), self.options.control_token, trust=trust)) as end:
                    end.clock()

    def _registered(self, url: str, trust: Trust) -> str:
        with closing(End(Side.PBX, url, self.options.control_token, trust=trust)) as pbx:
            try:
                told = pbx.post("/register")
            except (ActionRefused, Unreachable) as error:
                return f"Registration failed: {error}"
        answer = told.get("answer")
        info = answer.get("info") if isinstance(answer, dict) else None
        unknown = f" The CRM does not know {orjson.dumps(info).decode()}." if info else ""
        return f"The PBX is registered.{unknown}"


def _secrets(options: ServeOptions) -> list[str]:
    found = [options.control_token, options.crm.api_key if options.crm else ""]
    return [*found, *((options.pbx.api_key, options.pbx.client_id) if options.pbx else ())]


def _known(meeting: Meeting, side: Side) -> str:
    """What others are told, where it is something else."""
    told = meeting.told(side)
    return f"   known as {told}" if told != meeting.near(side) else ""


@contextmanager
def _signals(again: Callable[[], object]) -> Iterator[socket.socket]:
    """From now on SIGINT and SIGTERM end nothing by themselves: what is given can be read once one came.

    The next one calls ``again``, also after the block.
    """
    told, teller = socket.socketpair()
    heard, waking = socket.socketpair()
    waking.setblocking(False)

    def hear(_open: socket.socket = waking) -> None:
        heard.recv(1)
        with suppress(OSError):
            teller.send(b"x")
        if heard.recv(1):
            again()

    # Python's own handlers run in the main thread alone, which may wait while another one is interrupted.
    signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
    Thread(target=hear, name="callproof-signals", daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    with told, teller:
        yield told
