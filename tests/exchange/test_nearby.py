"""Ends that ask each other without a socket send and hear what they would over one."""

from urllib.parse import urlencode

import pytest
import requests
from flask import Flask, request
from hypothesis import example, given
from hypothesis import strategies as st

from callproof.exchange.nearby import answer_of, request_to
from callproof.running.threads import Address, serving

URL = "http://127.0.0.1:8080/api/v5/telephony/call/event"


@given(st.dictionaries(st.text(), st.text()))
@example({"event": '{"phone": "+7 912", "codes": ["100"], "of": "50 %"}'})
def test_a_form_is_written_as_forms_are(fields: dict[str, str]) -> None:
    assert request_to("POST", URL, None, fields, {}).body.content == urlencode(fields).encode()


@pytest.mark.parametrize("target", ["/a/b?phone=%2B7+912&details=0", "/a%20%D1%8F/b", "/a/b/", "/?a"])
def test_an_address_is_heard_as_over_a_socket(target: str) -> None:
    app = Flask("heard")

    @app.before_request
    def told() -> list[str]:
        names = ("PATH_INFO", "QUERY_STRING", "REQUEST_METHOD", "SERVER_NAME", "SERVER_PORT", "HTTP_HOST")
        return [str(request.environ[name]) for name in names]

    with serving(app, address := Address()):
        url = f"{address.url}{target}"
        apart = requests.get(url, timeout=10)
        near = answer_of(app, request_to("GET", url, None, None, {}))
    assert near is not None
    assert near.body.content == apart.content
