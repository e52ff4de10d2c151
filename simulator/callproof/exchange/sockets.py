"""Sockets of callproof's own, which work where a test has taken Python's away.

pytest-socket puts another class in place of ``socket.socket`` and another function in place of its
``connect``; so do others that keep a test from the network. Who is kept from it is the code under test, not
the ends, which ask nobody but whom they are told to. The plugin imports this before any test can begin.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TypeAlias

Options: TypeAlias = "list[tuple[int, int, int | bytes]]"
Where: TypeAlias = "tuple[str, int]"

# A host that nobody knows.
NoAddress: TypeAlias = socket.gaierror

_C = socket.SocketType
_LOOK_UP = socket.getaddrinfo
# Of classes that stand in for it, the one that they stand in for.
_GENUINE = next((kind for kind in socket.socket.__mro__ if kind.__module__ == "socket"), socket.socket)
_SWAPPING = Lock()


class Socket(_GENUINE):  # type: ignore[misc, valid-type]
    """A socket that connects and accepts whatever the class ``socket.socket`` does at the moment."""

    # The one below the class in which others replace it.
    # Locust's are gevent's from the beginning, and nobody's guard.
    connect = _C.connect if issubclass(_GENUINE, _C) else _GENUINE.connect  # type: ignore[attr-defined]

    def accept(self) -> "tuple[Socket, object]":
        number, address = self._accept()
        taken = type(self)(self.family, self.type, self.proto, fileno=number)
        taken.setblocking(True)
        return taken, address

    @classmethod
    def of(cls, other: socket.socket) -> "Socket":
        """The same connection; ``other`` is closed."""
        family, kind, proto = other.family, other.type, other.proto
        return cls(family, kind, proto, fileno=other.detach())


@contextmanager
def allowed() -> Iterator[None]:
    """Until the block ends, what libraries take from ``socket`` is Python's own; for what takes no time."""
    with _SWAPPING:
        replaced = socket.socket, socket.getaddrinfo
        socket.socket, socket.getaddrinfo = Socket, _LOOK_UP  # type: ignore[misc]
        try:
            yield
        finally:
            socket.socket, socket.getaddrinfo = replaced  # type: ignore[misc]


def look_up(host: str) -> str:
    """An address of the host, of the older family if there is one: most clients try it first. Raises
    NoAddress."""
    found = _LOOK_UP(host, None, type=socket.SOCK_STREAM)
    return str(min(found, key=lambda entry: entry[0] != socket.AF_INET)[4][0])


def listen(where: Where, *, everywhere: bool = False) -> Socket:
    """A socket that listens at the address, and ``everywhere`` that of both families where it is the newer
    one's wildcard. Raises OSError."""
    family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
    both = everywhere and family == socket.AF_INET6 and socket.has_dualstack_ipv6()
    with allowed():
        return Socket.of(socket.create_server(where, family=family, dualstack_ipv6=both))


def hold(where: Where, *, everywhere: bool = False) -> Socket:
    """A socket that has the address and does not listen: the system gives it to nobody who asks for any,
    while those who share it, as the workers of an end do, can listen at it. Raises OSError."""
    family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
    held = Socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_REUSEPORT"):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(not everywhere))
            held.bind(where)
    except OSError:
        held.close()
        raise
    return held


def pair() -> tuple[Socket, Socket]:
    """Two sockets that are connected to each other."""
    with allowed():
        one, other = socket.socketpair()
        return Socket.of(one), Socket.of(other)


def connect(where: Where, timeout: float | None, options: Options) -> Socket:
    """A connection to one of the addresses of the host. Raises OSError, of the last that was tried."""
    failed = OSError(f"{where[0]} has no address")
    for family, kind, proto, _, address in _LOOK_UP(where[0].strip("[]"), where[1], 0, socket.SOCK_STREAM):
        made = Socket(family, kind, proto)
        try:
            for option in options:
                made.setsockopt(*option)
            made.settimeout(timeout)
            made.connect(address)
        except OSError as error:
            made.close()
            failed = error
        else:
            return made
    raise failed
