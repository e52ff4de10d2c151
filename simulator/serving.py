"""Ends on real sockets: the built-in pair that a check starts for itself, and ``callproof serve``."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

import orjson
from flask import Flask

from simulator.bench.clocks import AnyClock, RealClock, SteppedClock
from simulator.bench.faults import Fault
from simulator.bench.seed import CUSTOMERS, MANAGERS, api_key
from simulator.bench.server import Server
from simulator.contract.operations import Side
from simulator.core.budgets import Limits
from simulator.core.plan import NumberingPlan
from simulator.crm import app as crm_app
from simulator.crm.crm import Crm
from simulator.crm.settings import CrmSettings
from simulator.pbx import app as pbx_app
from simulator.pbx.crm_client import Told
from simulator.pbx.pbx import Pbx
from simulator.pbx.plan import default_plan
from simulator.pbx.settings import PbxSettings
from simulator.storage.database import IN_MEMORY, shown

LOOPBACK = "127.0.0.1"


class PortTaken(Exception):
    """The address cannot be listened on; the text says which and why."""


class Address:
    """A listening socket whose port is known before the app that will answer on it is made."""

    def __init__(self, host: str = LOOPBACK, port: int = 0) -> None:
        try:
            self.socket = socket.create_server((host, port))
        except OSError as error:
            raise PortTaken(f"Cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}") from None
        self.host = host
        self.port = int(self.socket.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def close(self) -> None:
        self.socket.close()


@contextmanager
def serving(app: Flask, address: Address) -> Iterator[Server]:
    """The app answers on the address until the block ends; the address is closed then."""
    server = Server(app, address.socket)
    thread = Thread(target=server.serve, name=f"callproof-{address.port}")
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
        server.close()
        address.close()


@dataclass(frozen=True)
class BuiltIn:
    """Two running ends that know each other."""

    crm: Crm
    pbx: Pbx
    crm_url: str
    pbx_url: str
    api_key: str


@contextmanager
def built_in(
    seed: int = 1,
    clock: AnyClock | None = None,
    *,
    strict: bool = False,
    plan: NumberingPlan | None = None,
    managers: int = MANAGERS,
    customers: int = CUSTOMERS,
    limits: Limits | None = None,
    timezone: str = "UTC",
) -> Iterator[BuiltIn]:
    """Both ends on free loopback ports, in memory, on one clock: a manual one unless given."""
    clock = clock or SteppedClock()
    key = api_key(seed)
    with ExitStack() as stack:
        crm_address, pbx_address = Address(), Address()
        crm_settings = CrmSettings(
            api_key=key,
            base_url=crm_address.url,
            seed=seed,
            strict=strict,
            limits=limits or Limits(),
            timezone=timezone,
            managers=managers,
            customers=customers,
        )
        crm = Crm(crm_settings, clock)
        stack.callback(crm.close)
        pbx_settings = PbxSettings(
            base_url=pbx_address.url,
            crm_url=crm_address.url,
            api_key=key,
            seed=seed,
            plan=plan or default_plan(managers),
            timezone=timezone,
        )
        pbx = Pbx(pbx_settings, clock)
        stack.callback(pbx.close)
        stack.callback(clock.close)
        stack.enter_context(serving(crm_app.create_app(crm), crm_address))
        stack.enter_context(serving(pbx_app.create_app(pbx), pbx_address))
        yield BuiltIn(crm, pbx, crm_address.url, pbx_address.url, key)


@dataclass(frozen=True)
class ServeOptions:
    """The options of ``callproof serve``; empty texts stand for the defaults made from the rest."""

    only: str | None = None
    host: str = LOOPBACK
    crm_port: int = 8080
    pbx_port: int = 8081
    crm_url: str = ""
    db: str = IN_MEMORY
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

    Raises PortTaken or StorageError when an end cannot be started.
    """
    stop = Event()
    with ExitStack() as stack:
        clock: AnyClock = SteppedClock() if options.clock == "manual" else RealClock()
        stack.callback(clock.close)
        key = options.api_key or api_key(options.seed)
        crm_url = options.crm_url.rstrip("/")
        say("callproof is for tests only: do not expose it, do not put real data into it.")
        if options.only != "pbx":
            crm_url = _start_crm(options, clock, key, stack)
            say(f"CRM          {crm_url}   API key {key}")
        if options.only != "crm":
            pbx = _start_pbx(options, clock, key, crm_url or f"http://{LOOPBACK}:{options.crm_port}", stack)
            say(f"virtual PBX  {pbx.settings.base_url}   talks to {pbx.settings.crm_url}")
            if options.register:
                say(_registered(pbx.crm.register()))
        say(
            "State is kept in memory."
            if options.db == IN_MEMORY
            else f"State is kept in {shown(options.db)}"
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        if options.faults:
            say(f"Broken on purpose: {', '.join(fault.name for fault in options.faults)}")
        say("Serving; stop with Ctrl-C.")
        stop.wait()
        # Nothing that was planned may run once the stores are closed.
        clock.close()


def _registered(told: Told) -> str:
    if not told.success:
        return f"Registration failed: {told.text}"
    info = told.body.get("info") if isinstance(told.body, dict) else None
    unknown = f" The CRM does not know {orjson.dumps(info).decode()}." if info else ""
    return f"The PBX is registered.{unknown}"


def _start_crm(options: ServeOptions, clock: AnyClock, key: str, stack: ExitStack) -> str:
    address = Address(options.host, options.crm_port)
    stack.callback(address.close)
    settings = CrmSettings(
        api_key=key,
        base_url=address.url,
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
    )
    crm = Crm(settings, clock)
    stack.callback(crm.close)
    stack.enter_context(serving(crm_app.create_app(crm, options.control_token), address))
    return address.url


def _start_pbx(options: ServeOptions, clock: AnyClock, key: str, crm_url: str, stack: ExitStack) -> Pbx:
    address = Address(options.host, options.pbx_port)
    stack.callback(address.close)
    settings = PbxSettings(
        base_url=address.url,
        crm_url=crm_url,
        api_key=key,
        seed=options.seed,
        upload_every=options.upload_every,
        timezone=options.timezone,
        allowed_hosts=options.allow_host,
        database=options.db,
        plan=options.plan,
        faults=tuple(fault for fault in options.faults if fault.side is Side.PBX),
    )
    pbx = Pbx(settings, clock)
    stack.callback(pbx.close)
    stack.enter_context(serving(pbx_app.create_app(pbx, options.control_token), address))
    return pbx
