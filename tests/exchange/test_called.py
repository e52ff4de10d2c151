"""Which calls an exchange names."""

from urllib.parse import urlencode

import orjson
import pytest

from callproof.exchange.called import MOST, calls_in

EVENT = "/api/v5/telephony/call/event"
UPLOAD = "/api/v5/telephony/calls/upload"


def form(name: str, value: object) -> bytes:
    return urlencode({name: orjson.dumps(value).decode()}).encode()


@pytest.mark.parametrize(
    ("path", "body", "answer", "calls"),
    [
        (EVENT, form("event", {"type": "in", "callExternalId": "a-1"}), b"", ("a-1",)),
        (EVENT, form("event", {"callExternalId": 17}), b"", ("17",)),
        (EVENT, b"event%5BcallExternalId%5D=a-1&event%5Btype%5D=in", b"", ("a-1",)),
        (EVENT, b"event[callExternalId]=a-1&event[type]=in", b"", ("a-1",)),
        (EVENT, b'{"event": {"callExternalId": "a-1"}}', b"", ("a-1",)),
        (EVENT, b'--x\r\nContent-Disposition: form-data; name="event[callExternalId]"\r\n\r\na-1\r\n--x--',
         b"", ("a-1",)),
        (UPLOAD, form("calls", [{"externalId": "a"}, {"externalId": "b"}, {"externalId": "a"}]), b"",
         ("a", "b")),
        ("/recordings/a-1.wav", b"", b"", ("a-1",)),
        ("/make-call", b"clientId=c&code=100&phone=%2B7", b'{"callId":"a-1"}', ("a-1",)),
        ("/make-call", b"clientId=c&code=100&phone=%2B7", b"OK", ()),
        ("/api/v5/customers/create", form("customer", {"externalId": "a customer"}), b"", ()),
        (EVENT, b"\xff\xfe%ff%00", b"\xff", ()),
        (EVENT, b"", b"", ()),
    ],
)  # fmt: skip
def test_the_ids_are_found_in_whatever_form(
    path: str, body: bytes, answer: bytes, calls: tuple[str, ...]
) -> None:
    assert calls_in(path, body, answer) == calls


def test_no_more_are_named_than_an_upload_has() -> None:
    body = form("calls", [{"externalId": f"c-{number}"} for number in range(1000)])
    assert calls_in(UPLOAD, body, b"") == tuple(f"c-{number}" for number in range(MOST))
