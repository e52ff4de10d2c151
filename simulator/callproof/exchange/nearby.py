"""Ends of this process that are asked without a socket in between.

In virtual time most of what two ends of one process need is spent on connections. What is asked and
answered is the same as over HTTP, and it is journalled and judged at both ends.
"""

import re
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import quote_plus, unquote_to_bytes, urlencode, urlsplit

from callproof.exchange.altering import FORM
from callproof.exchange.exchange import Answer, Body, Headers, Request

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

# An address in which nothing has to be escaped, or read in two ways.
_PLAIN = re.compile(r"https?://[a-z0-9.:\[\]]+/[A-Za-z0-9/._~%?=&+,-]*").fullmatch

_ADDRESSES = 100
_NAME = re.compile(r"[A-Za-z0-9/._~-]*").fullmatch
# What becomes of the signs of JSON in a form, and what is left of an ordinary text then.
_OF_JSON = tuple((sign, quote_plus(sign)) for sign in '+":,{}[]/ ')
_ESCAPED = re.compile(r"[A-Za-z0-9._~%+-]*").fullmatch


class Nearby:
    """The apps of this process by their origins, such as ``http://127.0.0.1:8080``."""

    def __init__(self) -> None:
        self._apps: dict[str, WSGIApplication] = {}
        # By whole addresses: those without a query are asked again and again.
        self._known: dict[str, WSGIApplication] = {}

    def add(self, origin: str, app: "WSGIApplication") -> None:
        self._apps[origin] = app
        self._known.clear()

    def app(self, url: str) -> "WSGIApplication | None":
        """Who answers at an address, None for everybody who is asked over a socket."""
        if (known := self._known.get(url)) is not None:
            return known
        if not self._apps or not _PLAIN(url):
            return None
        scheme, _, rest = url.partition("://")
        found = self._apps.get(f"{scheme}://{rest.partition('/')[0]}")
        if found is not None and "?" not in url and len(self._known) < _ADDRESSES:
            self._known[url] = found
        return found


# Of an end that has no neighbour in its process.
NOBODY = Nearby()


def request_to(
    method: str,
    url: str,
    params: Mapping[str, str] | None,
    data: Mapping[str, str] | bytes | None,
    headers: Mapping[str, str],
) -> Request:
    """The request that ``requests`` prepares for an address that ``Nearby`` knows."""
    if params:
        url = f"{url}{'&' if '?' in url else '?'}{urlencode(params)}"
    body = data if isinstance(data, bytes) else _form(data or {}).encode()
    told = list(headers.items())
    if body or method not in ("GET", "HEAD"):
        told.append(("Content-Length", str(len(body))))
    if body and not isinstance(data, bytes):
        told.append(("Content-Type", FORM))
    return Request(method, url, tuple(told), Body(body))


def _form(fields: Mapping[str, str]) -> str:
    return "&".join(f"{quote_plus(name)}={_quoted(value)}" for name, value in fields.items())


def _quoted(text: str) -> str:
    """As ``quote_plus`` writes it; what JSON has everywhere is replaced as a whole, not sign by sign."""
    found = text
    for sign, escaped in _OF_JSON:
        found = found.replace(sign, escaped)
    return found if _ESCAPED(found) and "%" not in text else quote_plus(text)


def answer_of(app: "WSGIApplication", request: Request) -> Answer | None:
    """What the app answers, None when that is not whole: where a server would close the connection. Raises
    what the app raises."""
    status, body = 0, bytearray()
    told: Headers = ()

    # Annotations in quotes are not worked out anew for each request.
    def start_response(
        line: str, headers: "list[tuple[str, str]]", _error: "OptExcInfo | None" = None, /
    ) -> "Callable[[bytes], object]":
        nonlocal status, told
        status, told = int(line[:3]), tuple(headers)
        return body.extend

    body.extend(b"".join(app(_environ(request), start_response)))
    answer = Answer(status, told, Body(bytes(body)))
    length = answer.header("Content-Length")
    if request.method != "HEAD" and length and int(length) > len(body):
        return None
    return answer


def _environ(request: Request) -> "WSGIEnvironment":
    """As a server makes it of what arrives."""
    origin, path, query = _parts(request.url)
    target = f"{path}?{query}" if query else path
    body = request.body.content
    environ: WSGIEnvironment = {
        **_server(origin),
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "REQUEST_METHOD": request.method,
        "PATH_INFO": path if _NAME(path) else unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": target,
        "RAW_URI": target,
    }
    for name, value in request.headers:
        if key := _key(name):
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    if "CONTENT_LENGTH" in environ:
        environ["CONTENT_LENGTH"] = str(len(body))  # a fault may have made another body of it
    return environ


def _parts(url: str) -> tuple[str, str, str]:
    """The origin, the path and the query of an address that ``Nearby`` knows, or of any other."""
    if not _PLAIN(url):
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}", parts.path, parts.query
    scheme, _, rest = url.partition("://")
    host, _, rest = rest.partition("/")
    path, _, query = rest.partition("?")
    return f"{scheme}://{host}", f"/{path}", query


@lru_cache(maxsize=64)
def _server(origin: str) -> "WSGIEnvironment":
    """What is the same of all requests to an origin."""
    parts = urlsplit(origin)
    return {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "SCRIPT_NAME": "",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or ""),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": parts.netloc,
    }


@lru_cache(maxsize=1024)
def _key(header: str) -> str:
    """``""`` for a name that servers drop, since it would look like another one."""
    key = header.upper().replace("-", "_")
    if "_" in header:
        return ""
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
