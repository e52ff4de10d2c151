"""A request as the server hands it over, read whole before anybody acts on it."""

import io
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from callproof.contract.values import immutable, whole
from callproof.exchange.arriving import PIECE, Readable, Timely, piece
from callproof.exchange.exchange import Body, Headers, Request
from callproof.exchange.names import BENCH_HEADER, CLOCK_HEADER

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# What an address is made of.
ADDRESS = ("PATH_INFO", "QUERY_STRING", "RAW_URI", "SERVER_NAME", "SERVER_PORT", "wsgi.url_scheme")
_PIECE = 64 * 1024
# Signs that stand in paths as they are.
_IN_PATHS = "/:@!$&'()*+,;=~"
_BENCH = f"HTTP_{BENCH_HEADER.upper().replace('-', '_')}"


@immutable(frozen=True, slots=True)
class Incoming:
    """``path`` is without the query, ``key`` from the header or ``""``; ``environ`` is what they are from,
    with the body unread again."""

    method: str
    path: str
    query: str
    content_type: str
    body: bytes
    key: str
    address: str
    environ: "WSGIEnvironment"

    def header(self, name: str) -> str:
        return str(self.environ.get(f"HTTP_{name.upper().replace('-', '_')}", ""))

    @property
    def by_bench(self) -> bool:
        """Whether the runner sent it to prepare a scenario; nobody is judged by it."""
        return _BENCH in self.environ

    def as_request(self) -> Request:
        return Request(self.method, url_of(self.environ), headers_of(self.environ), Body(self.body))

    def readable(self) -> "WSGIEnvironment":
        """An environment for libraries that read the body from it."""
        return {**self.environ, "wsgi.input": io.BytesIO(self.body), "CONTENT_LENGTH": str(len(self.body))}


def receive(environ: "WSGIEnvironment", most: int, seconds: float) -> Incoming:
    """Read a request whose body has at most ``most`` bytes and comes within ``seconds``.

    Raises RequestEntityTooLarge, RequestTimeout, or ClientDisconnected when the sender broke off.
    """
    length = environ.get("CONTENT_LENGTH") or "0"
    if length == "0" and "HTTP_TRANSFER_ENCODING" not in environ:
        return heading(environ)
    try:
        body = _body(environ, whole(length), most, seconds)
    except OSError:
        # The server says so of chunks that are none.
        raise ClientDisconnected from None
    return heading(environ, body)


def _body(environ: "WSGIEnvironment", known: int | None, most: int, seconds: float) -> bytes:
    in_pieces = "HTTP_TRANSFER_ENCODING" in environ
    if known is None or known > most or in_pieces:
        if "HTTP_EXPECT" in environ and not in_pieces:
            raise RequestEntityTooLarge  # whoever asks first sends nothing of it
        return _all_of(Timely(get_input_stream(environ), seconds), most)
    stream: Readable = environ["wsgi.input"]
    body = piece(stream, known) if known <= PIECE else Timely(stream, seconds).read(known)
    if len(body) < known:
        raise ClientDisconnected
    return body


def _all_of(stream: Readable, most: int) -> bytes:
    """What comes in pieces until its end. Raises RequestEntityTooLarge instead of cutting it."""
    body = bytearray()
    while more := stream.read(_PIECE):
        body += more
        if len(body) > most:
            raise RequestEntityTooLarge
    return bytes(body)


def heading(environ: "WSGIEnvironment", body: bytes = b"") -> Incoming:
    """The request with this body instead of the one that waits to be read."""
    given, path = environ.get, environ["PATH_INFO"]
    if given("RAW_URI", "")[:2] == "//" != path[:2]:
        # Werkzeug reads the first part of such a path as a host and puts it back behind one slash.
        path = f"/{path}"
    return Incoming(
        environ["REQUEST_METHOD"],
        path,
        given("QUERY_STRING", ""),
        given("CONTENT_TYPE", ""),
        body,
        given("HTTP_X_API_KEY", ""),
        given("REMOTE_ADDR", ""),
        environ,
    )


def url_of(environ: "WSGIEnvironment") -> str:
    """The address as it was asked for, as far as the server tells."""
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    path = environ.get("RAW_URI")
    if path is None:
        query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
        path = quote(environ["PATH_INFO"].encode("latin-1"), safe=_IN_PATHS) + query
    return f"{environ['wsgi.url_scheme']}://{host}{path}"


def headers_of(environ: "WSGIEnvironment") -> Headers:
    """The headers of a request as the journal has them."""
    return tuple(
        (name, value)
        for key, value in environ.items()
        if (key[:5] == "HTTP_" or key[:8] == "CONTENT_") and (name := _header(key)) and value != ""
    )


@lru_cache(maxsize=1024)
def _header(key: str) -> str:
    """``HTTP_X_API_KEY`` -> ``X-Api-Key``; ``""`` for what is not kept."""
    if key in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
        return ""
    name = key.removeprefix("HTTP_").replace("_", "-").title()
    return "" if name == CLOCK_HEADER else name
