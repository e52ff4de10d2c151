"""``callproof serve``: both ends, or one, until stopped.

On the machine's clock each end has processes of its own. A manual clock is moved for both ends at once by
one request, so there they share a process, and the server is the one of the tests.
"""

import os
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, TypeAlias

import orjson
from flask import Flask

from callproof.clocks.clock import Clock
from callproof.clocks.manual import ManualClock
from callproof.clocks.real import RealClock
from callproof.contract.budgets import Limits
from callproof.contract.guide import MANAGERS
from callproof.contract.operations import Side
from callproof.control.client import ActionRefused, Unreachable
from callproof.control.client import End as Ends
from callproof.crm import app as crm_app
from callproof.crm.account import CUSTOMERS, api_key
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.exchange.faults import Fault
from callproof.pbx import app as pbx_app
from callproof.pbx.pbx import Pbx
from callproof.pbx.plan import default_plan
from callproof.pbx.rules.plan import NumberingPlan
from callproof.pbx.settings import PbxSettings
from callproof.running.processes import End, Failed, running
from callproof.running.threads import LOOPBACK, Address, serving
from callproof.storage.database import IN_MEMORY, shown

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# An app, and what to do when it has ended.
Made: TypeAlias = tuple[Flask, Callable[[], None]]


@dataclass(frozen=True)
class ServeOptions:
    """The options of ``callproof serve``; empty texts stand for the defaults made from the rest."""

    only: str | None = None
    host: str = LOOPBACK
    crm_port: int = 8080
    pbx_port: int = 8081
    crm_url: str = ""
    db: str = IN_MEMORY
    workers: int = 1
    pin: bool = False
    journal: int = 1
    seed: int = 1
    api_key: str = ""
    strict: bool = False
    register: bool = False
    upload_every: float = 0.0
    allow_host: tuple[str, ...] = ()
    control_token: str = ""
    clock: str = "real"
    country: str = "RU"
    timezone: str = "UTC"
    budget_general: int | None = None
    budget_telephony: int | None = None
    budget_status: int = 503
    plan: NumberingPlan = field(default_factory=default_plan)
    managers: int = MANAGERS
    customers: int = CUSTOMERS
    faults: tuple[Fault, ...] = ()


def serve_until_stopped(options: ServeOptions, say: Callable[[str], object]) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises PortTaken, StorageError or Failed when an end cannot be started, and Failed when one stops.
    """
    server = _Server(options, say)
    with ExitStack() as stack:
        server.serve(stack)


class _Server:
    def __init__(self, options: ServeOptions, say: Callable[[str], object]) -> None:
        self.options = options
        self.say = say
        self.processes: list[BaseProcess] = []
        self.pinned = 0
        self.key = options.api_key or api_key(options.seed)

    def serve(self, stack: ExitStack) -> None:
        options, say = self.options, self.say
        say("callproof is for tests only: do not expose it, do not put real data into it.")
        clock = ManualClock() if options.clock == "manual" else None
        if clock:
            stack.callback(clock.close)
        crm_url = options.crm_url.rstrip("/")
        if options.only != "pbx":
            address = Address(options.host, options.crm_port)
            crm_url = address.url
            self._start(Side.CRM, address, self._crm(self._crm_settings(address.url)), clock, stack)
            workers = f"   {options.workers} workers" if options.workers > 1 else ""
            say(f"CRM          {crm_url}   API key {self.key}{workers}")
        if options.only != "crm":
            address = Address(options.host, options.pbx_port)
            settings = self._pbx_settings(address.url, crm_url or f"http://{LOOPBACK}:{options.crm_port}")
            self._start(Side.PBX, address, self._pbx(settings), clock, stack)
            say(f"virtual PBX  {address.url}   talks to {settings.crm_url}")
            if options.register:
                say(self._registered(address.url))
        say(f"State is kept in {'memory.' if options.db == IN_MEMORY else shown(options.db)}")
        if options.faults:
            say(f"Broken on purpose: {', '.join(fault.name for fault in options.faults)}")
        say("Serving; stop with Ctrl-C.")
        self._wait()
        if clock:
            # Nothing that was planned may run once the stores are closed.
            clock.close()

    def _start(
        self,
        side: Side,
        address: Address,
        make: Callable[[Clock], Made],
        clock: ManualClock | None,
        stack: ExitStack,
    ) -> None:
        if clock:
            stack.callback(address.close)
            app, close = make(clock)
            stack.callback(close)
            stack.enter_context(serving(app, address))
            return
        # The port was free a moment ago; granian opens it anew, once for each worker.
        address.close()
        if side is Side.CRM and self.options.db != IN_MEMORY:
            # Before several workers do it at once; what is wrong with the database is told here.
            with closing(Crm(self._crm_settings(address.url), ManualClock())):
                pass
        workers = self.options.workers if side is Side.CRM else 1

        def work() -> tuple["WSGIApplication", Callable[[], None]]:
            app, close = make(RealClock())
            return app.wsgi_app, close

        end = End(side.upper(), address.host, address.port, workers, work, self._cores(workers))
        self.processes.append(stack.enter_context(running(end)))

    def _cores(self, workers: int) -> tuple[int, ...]:
        """For so many workers, beginning after those of the end that was started before."""
        if not self.options.pin:
            return ()
        cores = sorted(os.sched_getaffinity(0))
        taken = tuple(cores[(self.pinned + number) % len(cores)] for number in range(workers))
        self.pinned += workers
        return taken

    def _wait(self) -> None:
        """Until a signal comes. Raises Failed when an end stops by itself."""
        told, teller = socket.socketpair()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: teller.send(b"x"))
        with told, teller:
            ready = connection.wait([told, *(process.sentinel for process in self.processes)])
        for process in self.processes:
            if told not in ready and process.sentinel in ready:
                raise Failed(f"The {process.name} has stopped by itself.")

    def _crm(self, settings: CrmSettings) -> Callable[[Clock], Made]:
        def make(clock: Clock) -> Made:
            crm = Crm(settings, clock)

            def close() -> None:
                clock.close()
                crm.close()

            return crm_app.create_app(crm, self.options.control_token), close

        return make

    def _pbx(self, settings: PbxSettings) -> Callable[[Clock], Made]:
        def make(clock: Clock) -> Made:
            pbx = Pbx(settings, clock)

            def close() -> None:
                clock.close()
                pbx.close()

            return pbx_app.create_app(pbx, self.options.control_token), close

        return make

    def _registered(self, url: str) -> str:
        with closing(Ends(Side.PBX, url, self.options.control_token)) as pbx:
            try:
                told = pbx.post("/register")
            except (ActionRefused, Unreachable) as error:
                return f"Registration failed: {error}"
        answer = told.get("answer")
        info = answer.get("info") if isinstance(answer, dict) else None
        unknown = f" The CRM does not know {orjson.dumps(info).decode()}." if info else ""
        return f"The PBX is registered.{unknown}"

    def _crm_settings(self, url: str) -> CrmSettings:
        options = self.options
        return CrmSettings(
            api_key=self.key,
            base_url=url,
            seed=options.seed,
            strict=options.strict,
            country=options.country,
            timezone=options.timezone,
            limits=Limits(options.budget_general, options.budget_telephony, options.budget_status),
            allowed_hosts=options.allow_host,
            database=options.db,
            managers=options.managers,
            customers=options.customers,
            faults=tuple(fault for fault in options.faults if fault.side is Side.CRM),
            journal_every=options.journal,
            workers=options.workers,
        )

    def _pbx_settings(self, url: str, crm_url: str) -> PbxSettings:
        options = self.options
        return PbxSettings(
            base_url=url,
            crm_url=crm_url,
            api_key=self.key,
            seed=options.seed,
            upload_every=options.upload_every,
            timezone=options.timezone,
            allowed_hosts=options.allow_host,
            database=options.db,
            plan=options.plan,
            faults=tuple(fault for fault in options.faults if fault.side is Side.PBX),
        )
