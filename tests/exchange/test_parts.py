"""A form in parts."""

from callproof.contract import decoding
from callproof.exchange.parts import in_parts


def test_a_form_in_parts_is_read_as_it_was_written() -> None:
    form = {"apiKey": "k", "event": '{"phone": "+7 912", "type": "in"}', "name": "Мария"}
    body, kind = in_parts(form)
    assert kind.startswith("multipart/form-data; boundary=")
    assert b"filename" not in body
    assert decoding.decode("", kind, body).fields == form
