"""HTTP requests as text that can be taken apart, and the sending of them over a socket of their own."""

import re
import socket
import time
from dataclasses import dataclass, replace
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

# Seconds that an answer may take, which is longer than an end waits for a body, and that nothing may come
# until what may be unfinished is ended.
PATIENCE, UNFINISHED = 45.0, 0.4
_LENGTH = re.compile(r"(?i)content-length|transfer-encoding")
MOST = 1 << 20


@dataclass(frozen=True)
class Message:
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def raw(self, length: bool = True) -> bytes:
        """As bytes; with the length of the body, unless that is a matter of its headers."""
        lines = [
            f"{self.method} {self.target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        if length and (self.body or self.method == "POST"):
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + self.body

    def with_body(self, body: bytes) -> "Message":
        return replace(self, body=body)


def parsed(raw: bytes) -> Message:
    """A captured request. Raises ValueError for what is none."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = [(name, value.strip()) for name, _, value in (line.partition(":") for line in rest)]
    return Message(method, target, tuple(pair for pair in pairs if not _LENGTH.fullmatch(pair[0])), body)


@dataclass(frozen=True)
class Reply:
    """``status`` is 0 where the connection was closed without an answer, and -1 where nothing came."""

    status: int
    headers: str = ""
    body: bytes = b""
    seconds: float = 0.0


def send(url: str, raw: bytes, whole: bool) -> Reply:
    """One connection. What is not surely ``whole`` is ended after a moment."""
    parts = urlsplit(url)
    began = time.monotonic()
    with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE) as connection:
        try:
            connection.sendall(raw)
            if not whole:
                _end_unless_answered(connection)
            with HTTPResponse(connection, method=raw[:5].split(b" ")[0].decode("latin-1")) as response:
                response.begin()
                body = b"" if _streams(response) else response.read(MOST)
                return Reply(response.status, str(response.headers), body, time.monotonic() - began)
        except TimeoutError:
            return Reply(-1, seconds=time.monotonic() - began)
        except (OSError, HTTPException, ValueError):
            return Reply(0, seconds=time.monotonic() - began)


def _end_unless_answered(connection: socket.socket) -> None:
    connection.settimeout(UNFINISHED)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        connection.shutdown(socket.SHUT_WR)
    connection.settimeout(PATIENCE)


def _streams(response: HTTPResponse) -> bool:
    """Whether the body has no end."""
    kind = response.headers.get_content_type()
    return kind in ("text/event-stream", "application/x-ndjson")
