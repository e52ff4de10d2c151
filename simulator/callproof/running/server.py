"""A server of one app that stops at once: it does not poll, and it leaves no connection behind."""

import socket
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from threading import Lock, Thread, current_thread
from typing import Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from callproof.clocks.machine import monotonic
from callproof.exchange import sockets

# How long a request that is being answered may take to end, in seconds.
GRACE = 2.0


class _Quiet(WSGIRequestHandler):
    # Header and body leave in two writes; without this the second waits for the peer's delayed ACK.
    disable_nagle_algorithm = True

    def parse_request(self) -> bool:
        """The path as it was sent: the standard library makes one slash of two at its beginning, which the
        CRM refuses (evidence#double-slash)."""
        parsed = super().parse_request()
        if parsed and (sent := self.requestline.split()[1]).startswith("//"):
            self.path = sent
        return parsed

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """The exchange is logged where it is journalled; broken connections are nobody's news."""


class Server(ThreadedWSGIServer):
    """Answers on a copy of a listening socket: ``serve`` in a thread, then ``stop`` and ``close``."""

    # handle_request is only called when a connection waits.
    timeout = 0

    def __init__(self, app: Flask, listening: socket.socket) -> None:
        host, port = listening.getsockname()[:2]
        with sockets.allowed():
            super().__init__(host, port, app, _Quiet, fd=listening.fileno())
        self.socket = sockets.Socket.of(self.socket)
        self._stopped, self._stopper = sockets.pair()
        self._open: dict[Thread, socket.socket] = {}
        self._counting = Lock()

    def serve(self) -> None:
        """Answer until ``stop`` is called."""
        with DefaultSelector() as selector:
            selector.register(self.socket, EVENT_READ)
            selector.register(self._stopped, EVENT_READ)
            while all(key.fileobj is not self._stopped for key, _ in selector.select()):
                self.handle_request()

    def stop(self) -> None:
        self._stopper.close()

    def close(self) -> None:
        """Close what ``serve`` left open: clients keep their connections for the next request."""
        with self._counting:
            left = dict(self._open)
        for connection in left.values():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        until = monotonic() + GRACE
        for thread in left:
            thread.join(max(0.0, until - monotonic()))
        self._stopped.close()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = Thread(
            target=self.process_request_thread, args=(request, client_address), name="callproof-connection"
        )
        thread.daemon = True
        with self._counting:
            self._open[thread] = request
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._counting:
                self._open.pop(current_thread(), None)
