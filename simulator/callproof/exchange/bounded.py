"""Answers that come in time and have an end: seconds and bytes are counted for the whole of each.

The timeout of requests is one for each read, so that a peer which sends a byte now and then would be waited
for without end; and requests takes an answer into memory whatever its size.
"""

import io
import ipaddress
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import TYPE_CHECKING, TypedDict, Unpack

import requests
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from callproof.clocks.machine import monotonic
from callproof.exchange import sockets
from callproof.exchange.direct import OwnAdapter, connected
from callproof.limits import USUAL

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PIECE = 64 * 1024
# From here on a status says that whoever answers failed.
SERVER_ERROR = 500

# When the answer that this thread waits for has to be whole, in seconds of the machine's clock.
_until: ContextVar[float] = ContextVar("until", default=float("inf"))


# Whether it may come from this machine alone.
_here: ContextVar[bool] = ContextVar("here", default=False)


class _NotHere(requests.ConnectionError):
    """The name of this machine leads to another one."""


class _Unbounded(requests.RequestException):
    """The answer has no end, as far as anybody wants to know; the text says what it has too much of."""


class _TooLate(_Unbounded, requests.Timeout):
    """The answer was not whole in time."""


class _TooLarge(_Unbounded):
    """The answer has more bytes than anybody wants to keep."""


class Asked(TypedDict, total=False):
    """What a request has beside its method and its address."""

    params: Mapping[str, str]
    headers: Mapping[str, str]
    data: Mapping[str, str] | bytes | None
    json: object
    allow_redirects: bool


class Bounded(OwnAdapter):
    """Mount it for ``http://`` and ``https://``; without ``within`` it does what any adapter does."""

    def init_poolmanager(self, *args: int, **kwargs: object) -> None:
        super().init_poolmanager(*args, **kwargs)  # type: ignore[arg-type]
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def ask(
    session: requests.Session,
    prepared: requests.PreparedRequest,
    seconds: float,
    *,
    most: int = USUAL.answer_bytes,
    here: bool = False,
) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body of the answer, all of it within ``seconds``; redirects are not followed.

    With ``here`` the connection has to lead to this machine. Raises what requests does: Timeout when the
    answer came too late, RequestException when it is too large, ConnectionError when it leads elsewhere.
    """
    with (
        within(seconds, here=here),
        session.send(prepared, timeout=seconds, allow_redirects=False, stream=True) as response,
    ):
        body = _body(response, most)
        _forsaken(session, response)
        return response.status_code, response.headers, body


def fetch(
    session: requests.Session,
    method: str,
    url: str,
    seconds: float,
    *,
    most: int = USUAL.answer_bytes,
    **asked: Unpack[Asked],
) -> requests.Response:
    """As ``session.request``, with redirects and all, within ``seconds`` as a whole. Raises what ``ask``
    does."""
    with within(seconds), session.request(method, url, timeout=seconds, stream=True, **asked) as response:
        # What requests would have read of it by itself.
        response._content = _body(response, most)
        _forsaken(session, response)
        return response


@contextmanager
def within(seconds: float, *, here: bool = False) -> Iterator[None]:
    """Whatever is read of an answer in this block comes in time, headers as well; with ``here`` from this
    machine."""
    until = monotonic() + seconds
    tokens = _until.set(until), _here.set(here)
    try:
        yield
    except requests.RequestException as error:
        if monotonic() >= until and not isinstance(error, _TooLarge):
            raise _TooLate(f"no answer within {seconds:g} s") from error
        raise
    finally:
        _until.reset(tokens[0])
        _here.reset(tokens[1])


def endless(error: requests.RequestException) -> str:
    """What an answer had too much of, time or bytes, as the end of a sentence; empty for another error."""
    return str(error) if isinstance(error, _Unbounded) else ""


def _forsaken(session: requests.Session, response: requests.Response) -> None:
    """Who fails may close the connection behind the answer without a word, as uvicorn does. The next
    request goes over a new one: on the old it would seem that nobody answers."""
    if response.status_code >= SERVER_ERROR:
        session.close()


def _body(response: requests.Response, most: int) -> bytes:
    body = bytearray()
    for piece in response.iter_content(_PIECE):
        body += piece
        if len(body) > most:
            raise _TooLarge(f"the answer has more than {most} bytes")
    return bytes(body)


class _Reading(io.RawIOBase):
    """What arrives, as long as there is time; ``raw`` is what socket and TLS give."""

    def __init__(self, raw: io.RawIOBase, arriving: socket.socket) -> None:
        self._raw = raw
        self._socket = arriving

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        left = _until.get() - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        if left != float("inf"):
            self._socket.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: int, **kwargs: str | None) -> None:
        super().__init__(sock, *args, **kwargs)  # type: ignore[arg-type]
        self.fp = io.BufferedReader(_Reading(self.fp.detach(), sock))


def _connected(connection: HTTPConnection) -> sockets.Socket:
    made = connected(connection)
    if _here.get() and not _is_own(made):
        made.close()
        raise _NotHere(f"{connection.host} leads to another machine, which nobody allowed")
    return made


def _is_own(connection: sockets.Socket) -> bool:
    """Whether both ends have one address: a machine that asks itself, by whatever name."""
    peer, own = connection.getpeername()[0], connection.getsockname()[0]
    return bool(peer == own) or ipaddress.ip_address(peer).is_loopback


class _Connection(HTTPConnection):
    _new_conn = _connected
    response_class = _Response


class _TlsConnection(HTTPSConnection):
    _new_conn = _connected
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection
    urlopen = HTTPConnectionPool.urlopen


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
    urlopen = HTTPSConnectionPool.urlopen  # type: ignore[assignment]
