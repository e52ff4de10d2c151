"""The connections of a worker whose bodies do not come are ended, as granian ends none.

granian tells nobody on which connection a request came. But the system knows of each how long it has been
since it received and since it sent: one that has received, and sent nothing since, waits for its answer. Of
these as many are ended as threads wait for bodies, those that have waited longest first. Ended means that
nothing more is read from them: the thread goes on, and answers 408.
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import NamedTuple

from callproof.clocks.machine import monotonic
from callproof.exchange.arriving import WAITS
from callproof.limits import Bounds

LOOK = 0.25
# When bodies take more than half of the threads, none of them may take longer than this.
CROWDED = 2.0
_OPEN = Path("/proc/self/fd")
# Where struct tcp_info of Linux has the milliseconds since something was sent and received, and the bytes
# of ours that were received, which begin to count with the handshake.
_SENT, _RECEIVED, _ACKED = 44, 52, 120


class _State(NamedTuple):
    """Who it is and what it has got of us; a request that waits leaves it the same."""

    peer: str
    acked: int


class Stalled:
    """``port`` is where the worker listens."""

    def __init__(self, port: int, bounds: Bounds) -> None:
        self._port = port
        self._bounds = bounds
        self._waiting: dict[_State, float] = {}

    def watch(self) -> None:
        """For as long as the process lives."""
        if not (hasattr(socket, "TCP_INFO") and _OPEN.is_dir()):
            return
        while not Event().wait(LOOK):
            self.look()

    def look(self) -> None:
        now = monotonic()
        since = dict(WAITS.since)
        if not any(now - began > LOOK for began in since.values()):
            self._waiting.clear()
            WAITS.ended.clear()
            return
        connections = dict(self._unanswered())
        self._waiting = {state: self._waiting.get(state, now) for state in connections}
        crowded = 2 * len(since) > self._bounds.requests_at_once
        seconds = CROWDED if crowded else self._bounds.request_seconds
        late = [thread for thread, began in since.items() if now - began >= seconds]
        oldest = sorted(self._waiting, key=self._waiting.__getitem__)
        old = [state for state in oldest if now - self._waiting[state] >= seconds - 2 * LOOK]
        if len(old) > len(late) and not crowded:
            # Some of them are readers of the journal, who are answered in time.
            seconds = max(seconds, self._bounds.wait_seconds) + 1
            old = [state for state in old if now - self._waiting[state] >= seconds]
        if late and old:
            for state in old[: len(late)]:
                WAITS.ended.append(state)
                _end(connections[state], state)

    def _unanswered(self) -> Iterator[tuple[_State, int]]:
        for file in _OPEN.iterdir():
            with suppress(OSError), _borrowed(int(file.name)) as connection:
                if found := self._state(connection):
                    yield found, connection.fileno()

    def _state(self, connection: socket.socket) -> _State | None:
        if connection.type != socket.SOCK_STREAM or connection.getsockname()[1:2] != (self._port,):
            return None
        peer = str(connection.getpeername())
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 128)
        sent, received = (struct.unpack_from("=I", told, at)[0] for at in (_SENT, _RECEIVED))
        acked = struct.unpack_from("=Q", told, _ACKED)[0]
        return _State(peer, acked) if received < sent or acked <= 1 else None


def _end(number: int, state: _State) -> None:
    """Unless it is another connection by now."""
    with suppress(OSError), _borrowed(number) as connection:
        if str(connection.getpeername()) == state.peer:
            connection.shutdown(socket.SHUT_RD)


@contextmanager
def _borrowed(number: int) -> Iterator[socket.socket]:
    """A connection of the server's by its file; it stays open. Raises OSError where it is none."""
    connection = socket.socket(fileno=number)
    try:
        yield connection
    finally:
        connection.detach()
