"""A request as the server hands it over."""

import io

import pytest
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.test import EnvironBuilder

from callproof.exchange.incoming import receive


def environ(body: bytes, length: str) -> dict[str, object]:
    made = EnvironBuilder("/api", method="POST").get_environ()
    return {**made, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": length}


def test_the_body_is_read_whole() -> None:
    assert receive(environ(b"a=1", "3"), 10, 30).body == b"a=1"


def test_a_sender_who_broke_off_is_told_so() -> None:
    with pytest.raises(ClientDisconnected):
        receive(environ(b"a=1", "4"), 10, 30)


def test_too_much_is_not_read() -> None:
    with pytest.raises(RequestEntityTooLarge):
        receive(environ(b"a" * 20, "20"), 10, 30)


def test_who_asks_first_whether_to_send_too_much_is_not_waited_for() -> None:
    waiting = {**environ(b"", "1000000000000"), "HTTP_EXPECT": "100-continue"}
    with pytest.raises(RequestEntityTooLarge):
        receive(waiting, 10, 30)


@pytest.mark.parametrize("length", ["-1", "x", "9" * 5000])
def test_a_length_that_is_none_reads_nothing(length: str) -> None:
    try:
        assert receive(environ(b"a=1", length), 10, 30).body == b""
    except RequestEntityTooLarge:
        assert length.isdecimal()


def test_chunks_that_are_none_are_a_body_that_broke_off() -> None:
    """What a server says of them by an OSError."""

    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, _: object) -> int:
            raise OSError("Invalid chunk header")

    sent = {**environ(b"", ""), "wsgi.input": Broken(), "HTTP_TRANSFER_ENCODING": "chunked"}
    with pytest.raises(ClientDisconnected):
        receive({**sent, "wsgi.input_terminated": True}, 10, 30)
