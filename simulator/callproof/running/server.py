"""A server of one app that stops at once: it does not poll, and it leaves no connection behind."""

import io
import socket
import ssl
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from threading import Lock, Thread, current_thread
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from callproof.clocks.machine import monotonic
from callproof.exchange import sockets
from callproof.limits import USUAL, Bounds

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# How long a request that is being answered may take to end, in seconds.
GRACE = 2.0
# How long a peer may take to agree on TLS, in seconds.
HANDSHAKE = 10.0


class _Quiet(WSGIRequestHandler):
    # Header and body leave in two writes; without this the second waits for the peer's delayed ACK.
    disable_nagle_algorithm = True
    server: "Server"

    def setup(self) -> None:
        super().setup()
        self.rfile = io.BufferedReader(timed := _Timed(self.connection))
        self._timed = timed
        timed.allow(self.server.bounds.header_seconds)

    def parse_request(self) -> bool:
        """The path as it was sent: the standard library makes one slash of two at its beginning, which the
        CRM refuses (evidence#double-slash)."""
        parsed = super().parse_request()
        if parsed and (sent := self.requestline.split()[1]).startswith("//"):
            self.path = sent
        if parsed:
            self.server.begun()
        # One request a connection: what comes now is its body.
        self._timed.allow(self.server.bounds.request_seconds)
        return parsed

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """The exchange is logged where it is journalled; broken connections are nobody's news."""


class _Timed(io.RawIOBase):
    """What comes over a connection, as long as there is time for it: not a timeout for each read, which a
    byte now and then would never reach. Raises TimeoutError."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._until = 0.0

    def allow(self, seconds: float) -> None:
        """So many from now on."""
        self._until = monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        try:
            return self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(None)


class _NoTls(Exception):
    """The peer speaks no TLS, or does not trust us."""


class Server(ThreadedWSGIServer):
    """Answers on a copy of a listening socket: ``serve`` in a thread, then ``stop`` and ``close``."""

    # handle_request is only called when a connection waits.
    timeout = 0

    def __init__(
        self,
        app: Flask,
        listening: socket.socket,
        tls: ssl.SSLContext | None = None,
        bounds: Bounds = USUAL,
    ) -> None:
        host, port = listening.getsockname()[:2]
        with sockets.allowed():
            super().__init__(host, port, app, _Quiet, fd=listening.fileno())
        self.socket = sockets.Socket.of(self.socket)
        # Not given to werkzeug, which would agree on TLS where connections are taken, one after the other.
        self.ssl_context = tls
        self.bounds = bounds
        self._stopped, self._stopper = sockets.pair()
        self._open: dict[Thread, socket.socket] = {}
        self._begun: set[Thread] = set()
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
        """Answer what was asked, for a moment; who has asked nothing yet is not heard any more."""
        self.server_close()
        with self._counting:
            left, begun = dict(self._open), self._begun.copy()
        until = monotonic() + GRACE
        for thread, connection in left.items():
            if thread not in begun:
                _hear_no_more(connection)
        for thread, connection in left.items():
            thread.join(max(0.0, until - monotonic()))
            if thread.is_alive():
                _hear_no_more(connection)
        self._stopped.close()

    def begun(self) -> None:
        """This thread has read a request, and is to answer it."""
        with self._counting:
            self._begun.add(current_thread())

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
            if self.ssl_context is not None:
                request = self._agreed(request, self.ssl_context)
            super().process_request_thread(request, client_address)
        except _NoTls:
            """The socket is closed; whoever spoke otherwise notices."""
        finally:
            with self._counting:
                self._open.pop(current_thread(), None)
                self._begun.discard(current_thread())

    def _agreed(self, connection: socket.socket, tls: ssl.SSLContext) -> ssl.SSLSocket:
        """The connection once both have agreed on TLS. Raises _NoTls when they do not."""
        try:
            connection.settimeout(HANDSHAKE)
            secured = tls.wrap_socket(connection, server_side=True)
            secured.settimeout(None)
        except OSError:
            raise _NoTls from None
        with self._counting:
            self._open[current_thread()] = secured
        return secured


def _hear_no_more(connection: socket.socket) -> None:
    with suppress(OSError):
        # The one of a TLS socket would end TLS too, also for what is being answered.
        socket.SocketType.shutdown(connection, socket.SHUT_RD)
