"""Two readers of one connection may see two requests where one was sent; neither server of ours does.

In each shape the inner request stands where a careful reader sees a part of the body, or refuses the whole.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from callproof.clocks.manual import ManualClock
from callproof.crm.settings import CrmSettings
from callproof.running.opening import Opening
from tests.served import served
from tests.support import KEY

INNER = b"GET /api/v5/users?smuggled=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
CHUNK = b"%x\r\n%b\r\n0\r\n\r\n" % (len(INNER), INNER)
# Whoever sees chunks in it sees the inner request behind their end.
ENDED = b"0\r\n\r\n" + INNER
# So long nothing comes when nothing will, in seconds.
QUIET = 1.0
HEAD = b"POST /api/v5/telephony/call/event HTTP/1.1\r\nHost: 127.0.0.1\r\n"
WHOLE = b"Content-Length: %d\r\n" % len(ENDED)


def lengths(*values: bytes) -> bytes:
    """The inner request as the body, of a length that is said so."""
    return HEAD + b"".join(b"Content-Length: %b\r\n" % value for value in values) + b"\r\n" + INNER


def coded(header: bytes) -> bytes:
    """A coding that is none, or is not the last one, beside the true length."""
    return HEAD + WHOLE + header + b"\r\n\r\n" + ENDED


def chunks(body: bytes) -> bytes:
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body


SIZE, N = b"%x" % len(INNER), b"%d" % len(INNER)
SHAPES: dict[str, bytes] = {
    "both": HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNK,
    "both, the other way": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + CHUNK,
    "both, in capitals": HEAD + b"CONTENT-LENGTH: 4\r\nTRANSFER-ENCODING: CHUNKED\r\n\r\n" + CHUNK,
    "two lengths": lengths(b"0", N),
    "two lengths, the other way": lengths(N, b"0"),
    "a list of lengths": lengths(b"0, " + N),
    "a length with a sign": lengths(b"+0"),
    "a negative length": lengths(b"-1"),
    "a length in hexadecimal": lengths(b"0x0"),
    "a length with a space in it": lengths(b"0 " + N),
    "a length that is a fraction": lengths(b"0.0"),
    "a length with a NUL": lengths(b"0\x00"),
    "a length of other digits": lengths(b"\xd9\xa0"),
    "a length beyond all": lengths(b"9" * 40),
    "a length and an exponent": lengths(b"0e1"),
    "xchunked": coded(b"Transfer-Encoding: xchunked"),
    "chunk": coded(b"Transfer-Encoding: chunk"),
    "identity": coded(b"Transfer-Encoding: identity"),
    "chunked, identity": coded(b"Transfer-Encoding: chunked, identity"),
    "chunked, gzip": coded(b"Transfer-Encoding: chunked, gzip"),
    "quoted": coded(b'Transfer-Encoding: "chunked"'),
    "with a parameter": coded(b"Transfer-Encoding: chunked;q=0"),
    "a space before the colon": coded(b"Transfer-Encoding : chunked"),
    "an underscore": coded(b"Transfer_Encoding: chunked"),
    "a vertical tab": coded(b"Transfer-Encoding: \x0bchunked"),
    "a form feed": coded(b"Transfer-Encoding: chunked\x0c"),
    "a NUL": coded(b"Transfer-Encoding: chunked\x00"),
    "folded": coded(b"X: y\r\n Transfer-Encoding: chunked"),
    "behind a bare CR": coded(b"X: y\rTransfer-Encoding: chunked"),
    "two codings": coded(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
    "a size in 0x": chunks(b"0x0\r\n\r\n" + INNER),
    "a negative size": chunks(b"-0\r\n\r\n" + INNER),
    "a size with a sign": chunks(b"+0\r\n\r\n" + INNER),
    "a size with an underscore": chunks(b"0_0\r\n\r\n" + INNER),
    "a size beyond all": chunks(b"1" + b"0" * 16 + b"\r\n\r\n" + INNER),
    "no size": chunks(b"\r\n\r\n" + INNER),
    "a size that is a word": chunks(b"zero\r\n\r\n" + INNER),
    "more than the size says": chunks(b"1\r\n" + b"aa\r\n0\r\n\r\n" + INNER),
    "an extension with a bare LF": chunks(SIZE + b";a\nb\r\n" + INNER + b"\r\n0\r\n\r\n"),
    "a body with GET": HEAD.replace(b"POST", b"GET") + b"Content-Length: " + N + b"\r\n\r\n" + INNER,
    "HTTP/1.0 with chunks": HEAD.replace(b"1.1", b"1.0")
    + WHOLE
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + ENDED,
}


@pytest.fixture(params=["in processes", "in a thread"], scope="module")
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A CRM behind each of our servers."""
    with ExitStack() as stack:
        if request.param == "in a thread":
            opening = stack.enter_context(Opening(ManualClock()))
            yield opening.crm(CrmSettings(api_key=KEY, base_url="")).settings.base_url
        else:
            folder: Path = tmp_path_factory.mktemp("framing")
            (crm,) = stack.enter_context(served(folder, "sqlite://"))
            yield crm.url
            crm.stop()


def sent(url: str, raw: bytes) -> bytes:
    """All that comes back until the connection is closed, or nothing more comes.

    It is not ended from here: a server forgets a request whose sender has gone.
    """
    parts, said = urlsplit(url), b""
    where = (parts.hostname, parts.port)
    with suppress(OSError), socket.create_connection(where, timeout=QUIET) as connection:
        connection.sendall(raw)
        while piece := connection.recv(65536):
            said += piece
    return said


def test_there_are_41_of_them_and_the_inner_request_is_one() -> None:
    assert len(SHAPES) == 41


@pytest.mark.parametrize("shape", SHAPES)
def test_none_is_taken_for_two_requests(shape: str, url: str) -> None:
    answers = sent(url, SHAPES[shape])
    assert answers.count(b"HTTP/1.") <= 1, answers
    entries = requests.get(f"{url}/_bench/journal", timeout=10).json()["entries"]
    assert [one for one in entries if "smuggled" in one["request"]["url"]] == []


def test_the_inner_request_is_one_when_it_is_sent_alone(url: str) -> None:
    assert sent(url, INNER).startswith(b"HTTP/1.1 403")
    entries = requests.get(f"{url}/_bench/journal", timeout=10).json()["entries"]
    assert any("smuggled" in one["request"]["url"] for one in entries)
    requests.delete(f"{url}/_bench/journal", timeout=10)
