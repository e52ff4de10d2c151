"""A port that workers are about to open is nobody else's meanwhile."""

import socket
import struct
from contextlib import closing

import pytest

from callproof.running.threads import LOOPBACK, Address, PortTaken

pytestmark = pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="nobody can share a port here")


# Linux: from which ports a socket is given one that asks for any.
IP_LOCAL_PORT_RANGE = 51


@pytest.mark.parametrize("host", [LOOPBACK, "0.0.0.0"])
def test_who_shares_it_listens_and_nobody_else_is_given_it(host: str) -> None:
    address = Address(host)
    with closing(address.hold()):
        assert not given(address.port)
        with socket.socket() as worker, socket.socket() as client:
            worker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            worker.bind((host, address.port))
            worker.listen()
            client.connect((address.host, address.port))
            worker.accept()[0].close()
    address = Address(host)
    address.close()
    assert given(address.port)


def given(port: int) -> bool:
    """Whether the system gives it to a server that asks for any port, when there is no other."""
    with socket.socket() as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asking.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, struct.pack("I", port << 16 | port))
        except OSError:
            pytest.skip("this system has no such option")
        try:
            asking.bind((LOOPBACK, 0))
        except OSError:
            return False
        return True


def test_who_took_it_in_between_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    address = Address()
    close = type(address.socket).close

    def lost(listening: socket.socket) -> None:
        close(listening)
        taken.append(socket.create_server((LOOPBACK, address.port)))

    taken: list[socket.socket] = []
    monkeypatch.setattr(type(address.socket), "close", lost)
    with pytest.raises(PortTaken):
        address.hold()
    monkeypatch.undo()
    taken[0].close()
