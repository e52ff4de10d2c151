"""An end on a real socket, answered by a thread of this process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from flask import Flask

from callproof.errors import Misuse
from callproof.exchange import sockets
from callproof.running.server import Server

LOOPBACK = "127.0.0.1"


class PortTaken(Misuse):
    """The address cannot be listened on; the text says which and why."""


class Address:
    """A listening socket whose port is known before the app that will answer on it is made."""

    def __init__(self, host: str = LOOPBACK, port: int = 0) -> None:
        try:
            self.socket = sockets.listen((host, port))
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
