"""Answers that are waited for as a whole, and are not kept beyond a size."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import requests
from click.testing import CliRunner
from flask import Flask, redirect

from callproof.cli import main
from callproof.exchange import bounded
from callproof.exchange.bounded import ask
from callproof.exchange.trust import USUAL
from callproof.running.threads import Address, serving

LINE = b"HTTP/1.1 200 OK\r\n"
# Seconds between two bytes of a drip, and what is waited in all.
PAUSE, SECONDS = 0.02, 0.3


@contextmanager
def dripping(first: bytes, drop: bytes) -> Iterator[str]:
    """A server that answers ``first`` at once and then ``drop`` again and again until nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        thread = threading.Thread(target=_drip, args=(server, first, drop))
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


def _drip(server: socket.socket, first: bytes, drop: bytes) -> None:
    peer, _ = server.accept()
    with peer:
        peer.recv(4096)
        peer.sendall(first)
        while drop:
            try:
                peer.sendall(drop)
            except OSError:
                return
            threading.Event().wait(PAUSE)


def fetch(url: str, seconds: float = SECONDS, most: int = 1000) -> tuple[int, bytes]:
    with USUAL.session() as session:
        status, _, body = ask(session, requests.Request("GET", url).prepare(), seconds, most=most)
        return status, body


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"", b"x"),
        (LINE, b"X: y\r\n"),
        (LINE + b"Content-Length: 1000000\r\n\r\n", b"x"),
        (LINE + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (LINE + b"\r\n", b"x"),
        (b"HTTP/1.1 100 Continue\r\n", b"X: y\r\n"),
    ],
    ids=["status", "headers", "body", "chunks", "until-closed", "interim"],
)
def test_an_answer_that_drips_is_given_up_in_time(first: bytes, drop: bytes) -> None:
    with dripping(first, drop) as url, pytest.raises(requests.Timeout, match=r"no answer within 0\.3 s"):
        fetch(url)


def _answering(server: socket.socket, status: bytes, met: list[str]) -> None:
    """Answer one request of each connection, and close it without having said so."""
    for _ in range(2):
        peer, _ = server.accept()
        with peer:
            met.append("met")
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\n{}")
            # Long enough for a next request to be under way on it already.
            threading.Event().wait(PAUSE * 5)


def test_who_failed_is_asked_again_over_a_new_connection() -> None:
    met: list[str] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server, USUAL.session() as session:
        thread = threading.Thread(target=_answering, args=(server, b"500 Internal Server Error", met))
        thread.start()
        request = requests.Request("GET", f"http://127.0.0.1:{server.getsockname()[1]}/").prepare()
        statuses = [ask(session, request, 30)[0] for _ in range(2)]
        thread.join()
    assert (statuses, len(met)) == ([500, 500], 2)


def test_an_answer_beyond_the_size_is_not_kept() -> None:
    with (
        dripping(LINE + b"\r\n", b"x" * 500) as url,
        pytest.raises(requests.RequestException, match="more than 1000 bytes"),
    ):
        fetch(url, seconds=30)


def test_an_answer_in_time_is_whole() -> None:
    with dripping(LINE + b"Content-Length: 5\r\n\r\nhello", b"") as url:
        assert fetch(url, seconds=30) == (200, b"hello")


@pytest.mark.parametrize("first", [b"", LINE], ids=["status", "headers"])
def test_whoever_waits_for_an_end_is_told_in_time_of_one_that_drips(first: bytes) -> None:
    with dripping(first, b"X: y\r\n") as url:
        told = CliRunner().invoke(main, ["wait", "--timeout", "0.3", url])
    assert told.exit_code == 3
    assert "does not answer within" in told.output


def test_an_answer_with_redirects_comes_whole_and_in_time() -> None:
    app = Flask("redirecting")
    app.add_url_rule("/", view_func=lambda: redirect("/there"), endpoint="here")
    app.add_url_rule("/there", view_func=lambda: "x" * 10, endpoint="there")
    with closing(Address()) as address, serving(app, address), USUAL.session() as session:
        found = bounded.fetch(session, "GET", address.url, 5, most=10)
        assert (found.status_code, found.text, found.url) == (200, "x" * 10, f"{address.url}/there")
        with pytest.raises(requests.RequestException, match="more than 9 bytes"):
            bounded.fetch(session, "GET", address.url, 5, most=9)
