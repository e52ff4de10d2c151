"""Whether whoever asked still waits while an answer is held back."""

import socket
import ssl
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from threading import Event

from callproof.clocks.machine import monotonic

# How long a wait goes on at most after it was called off, in seconds.
LOOK = 0.25
_PIECE = 4096


def is_gone(connection: socket.socket | None, called_off: Event, seconds: float) -> bool:
    """Wait so many seconds, or until it is called off, or until the peer has closed its ``connection``, and
    say whether it has. Behind a server that does not tell its connections, None, nobody ever has.

    The request was read whole, and one comes over a connection, so nothing but its end is still to come. A
    client that closes its half alone counts as gone, as it does for the servers in front of real CRMs.
    """
    if connection is None:
        called_off.wait(seconds)
        return False
    until = monotonic() + seconds
    with DefaultSelector() as selector:
        selector.register(connection, EVENT_READ)
        while (left := until - monotonic()) > 0 and not called_off.is_set():
            if selector.select(min(left, LOOK)) and _at_its_end(connection):
                return True
    return False


def _at_its_end(connection: socket.socket) -> bool:
    connection.settimeout(0)
    try:
        # Over TLS what came may be none of the peer's bytes.
        with suppress(BlockingIOError, ssl.SSLWantReadError):
            return not connection.recv(_PIECE)
    except OSError:
        return True
    finally:
        with suppress(OSError):
            connection.settimeout(None)
    return False
