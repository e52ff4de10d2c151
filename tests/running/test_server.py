"""A server that stops: no thread and no connection stays behind."""

import threading

import requests
from flask import Flask

from callproof.running.pair import BuiltIn
from callproof.running.threads import Address, serving


def app() -> Flask:
    made = Flask("example")
    made.add_url_rule("/", view_func=lambda: "here")
    return made


def test_a_client_that_keeps_its_connection_does_not_hold_up_the_end() -> None:
    before = set(threading.enumerate())
    address = Address()
    with requests.Session() as client:
        with serving(app(), address):
            assert client.get(address.url).text == "here"
            assert set(threading.enumerate()) - before
        assert set(threading.enumerate()) == before


def test_the_address_is_free_afterwards() -> None:
    address = Address()
    with serving(app(), address):
        assert requests.get(address.url, timeout=5).ok
    again = Address(port=address.port)
    with serving(app(), again):
        assert requests.get(again.url, timeout=5).ok


def test_a_server_that_nobody_asked_anything_stops_as_well() -> None:
    with serving(app(), Address()) as server:
        port = server.port
    assert port


def test_names_of_headers_with_an_underscore_are_dropped(pair: BuiltIn) -> None:
    url = f"{pair.crm_url}/api/v5/reference/sites"
    for name, status in (("X_API_KEY", 403), ("X-API_KEY", 403), ("x-api-key", 200)):
        assert requests.get(url, headers={name: pair.api_key}, timeout=30).status_code == status
    headers = {"X-API-KEY": pair.api_key, "X_API_KEY": "wrong"}
    assert requests.get(url, headers=headers, timeout=30).status_code == 200
