"""Ends on real sockets: the built-in pair that a check or a test starts for itself."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Thread

from flask import Flask

from simulator.bench.clocks import AnyClock, SteppedClock
from simulator.bench.seed import CUSTOMERS, MANAGERS, api_key
from simulator.bench.server import Server
from simulator.core.budgets import Limits
from simulator.core.plan import NumberingPlan
from simulator.crm import app as crm_app
from simulator.crm.crm import Crm
from simulator.crm.settings import CrmSettings
from simulator.pbx import app as pbx_app
from simulator.pbx.pbx import Pbx
from simulator.pbx.plan import default_plan
from simulator.pbx.settings import PbxSettings

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
