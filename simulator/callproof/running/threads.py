"""An end on a real socket, answered by a thread of this process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from flask import Flask

from callproof.errors import Misuse
from callproof.exchange import sockets
from callproof.exchange.reach import is_wildcard
from callproof.limits import USUAL, Bounds
from callproof.running.certificate import Certificate
from callproof.running.server import Server

LOOPBACK = "127.0.0.1"


class PortTaken(Misuse):
    """The address cannot be listened on; the text says which and why."""


class Address:
    """A listening socket whose port is known before the app that will answer on it is made.

    ``given`` is an address or a name of this machine; ``bound`` is the address that it stands for, and
    ``host`` where it is reached from here: a wildcard is on loopback. With a certificate it is https.
    """

    def __init__(
        self, given: str = LOOPBACK, port: int = 0, certificate: Certificate | None = None
    ) -> None:
        """Raises PortTaken when nobody can listen there."""
        try:
            self.bound = sockets.look_up(given)
            self.socket = sockets.listen((self.bound, port), everywhere=is_wildcard(self.bound))
        except OSError as error:
            reason = (
                error.strerror if isinstance(error, sockets.NoAddress) else os.strerror(error.errno or 0)
            )
            raise PortTaken(f"Cannot listen on {netloc(given, port)}: {reason}") from None
        self.host = reached(given)
        self.port = int(self.socket.getsockname()[1])
        self.certificate = certificate

    @property
    def url(self) -> str:
        return url(self.host, self.port, self.certificate)

    def hold(self) -> sockets.Socket:
        """From now on nobody listens, and the address is kept for those who will, as the workers of an end;
        the caller closes what is returned when they have ended. Raises PortTaken."""
        self.socket.close()
        try:
            return sockets.hold((self.bound, self.port), everywhere=is_wildcard(self.bound))
        except OSError as error:
            raise PortTaken(f"Cannot listen on {netloc(self.bound, self.port)}: {error.strerror}") from None

    def close(self) -> None:
        self.socket.close()


def reached(host: str) -> str:
    """Where somebody on this machine reaches who listens there."""
    if not is_wildcard(host):
        return host
    return "::1" if ":" in host else LOOPBACK


def url(host: str, port: int, certificate: Certificate | None = None) -> str:
    return f"{'https' if certificate else 'http'}://{netloc(host, port)}"


def netloc(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@contextmanager
def serving(app: Flask, address: Address, bounds: Bounds = USUAL) -> Iterator[Server]:
    """The app answers on the address until the block ends; the address is closed then."""
    tls = address.certificate.context() if address.certificate else None
    server = Server(app, address.socket, tls, bounds)
    thread = Thread(target=server.serve, name=f"callproof-{address.port}")
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
        address.close()
        server.close()
