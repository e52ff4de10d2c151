"""A server with a certificate of a CA that nobody knows."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import trustme


@dataclass(frozen=True)
class Https:
    """``ca`` is its CA's file in PEM, ``own`` that of its certificate, ``asked`` the paths that it was
    asked for."""

    port: int
    ca: str
    own: str
    asked: list[str]

    def at(self, host: str) -> str:
        return f"https://{host}:{self.port}"


@contextmanager
def https(folder: Path, *names: str) -> Iterator[Https]:
    """It answers 200 to whatever it is asked; its certificate is for ``names``."""
    ca = trustme.CA()
    file = folder / "private-ca.pem"
    ca.cert_pem.write_to_path(file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf = ca.issue_cert(*names)
    leaf.configure_cert(context)
    own = folder / "its-own.pem"
    leaf.cert_chain_pems[0].write_to_path(own)
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Https(server.server_port, str(file), str(own), asked)
        finally:
            server.shutdown()
            thread.join()
