"""Between the wire and an end's app: requests that faults change or lose before they are heard."""

import io
import socket
import struct
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from callproof.exchange import altering
from callproof.exchange.faults import Faults, Seam

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# In the environment of a request: why it was lost, and what it was before a fault changed it.
LOST, _ORIGINAL = "callproof.lost", "callproof.original"
# More is left to the app, which refuses it.
MAX_BODY = 4 * 1024 * 1024
# Signs that stand in paths as they are.
_IN_PATHS = "/:@!$&'()*+,;=~"

# The name of the method that a request is, by verb and path; empty for none.
Resolve = Callable[[str, str], str]


class Hearing:
    """A WSGI app around another; without faults it does nothing."""

    def __init__(self, app: "WSGIApplication", faults: Faults, resolve: Resolve, key: str) -> None:
        self._app = app
        self._key = key
        self._faults = faults
        self._resolve = resolve

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not self._faults:
            return self._app(environ, start_response)
        operation = self._resolve(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if operation and environ.get("HTTP_X_CALLPROOF_BENCH") != "runner":
            self._change(environ, operation)
        answer = self._app(environ, start_response)
        if LOST in environ:
            return _broken_off(environ, start_response)
        return answer

    def _change(self, environ: "WSGIEnvironment", operation: str) -> None:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > MAX_BODY:
            return
        body = environ["wsgi.input"].read(length) if length else b""
        headers = {"Content-Type": environ.get("CONTENT_TYPE", "")}
        sent = altering.Request(environ["REQUEST_METHOD"], url_of(environ), headers, body)
        heard = sent
        for change in self._faults.take(Seam.HEARS, operation, altering.fits(sent)):
            heard = altering.request(heard, change)
            for name, value in change.headers.items():
                environ[f"HTTP_{name.upper().replace('-', '_')}"] = value.replace("$api_key", self._key)
            if change.lost:
                environ[LOST] = "the request was lost by a fault"
        if heard != sent:
            environ[_ORIGINAL] = sent
        environ["wsgi.input"] = io.BytesIO(heard.body)
        environ["CONTENT_LENGTH"] = str(len(heard.body))
        environ["CONTENT_TYPE"] = heard.headers.get("Content-Type", "")
        environ["QUERY_STRING"] = urlsplit(heard.url).query


def original(environ: "WSGIEnvironment") -> altering.Request | None:
    """The request as it came, if a fault changed what is heard of it."""
    found: altering.Request | None = environ.get(_ORIGINAL)
    return found


def url_of(environ: "WSGIEnvironment") -> str:
    """The address as it was asked for, as far as the server tells."""
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    path = environ.get("RAW_URI")
    if path is None:
        query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
        path = quote(environ["PATH_INFO"].encode("latin-1"), safe=_IN_PATHS) + query
    return f"{environ['wsgi.url_scheme']}://{host}{path}"


def _broken_off(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Break the connection off, so that the peer gets no answer; raises where the server allows a reset."""
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is None:
        # granian closes a connection on which less is sent than was promised.
        start_response("200 OK", [("Content-Length", "1")])
        return iter(())
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # Closing it is left to the server, which holds more handles of it.
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("a fault broke the connection off")
