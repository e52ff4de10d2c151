"""Addresses of every spelling are given to an end in all the ways there are: no other machine is asked.

A listener on this machine's outer address, which nobody allowed, must not be reached; and of every
connection that the end's processes try, the interpreter itself tells us where it leads.
"""

import ipaddress
import random
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import requests

from tests.exchange.spellings import ELSEWHERE, spellings
from tools.torture.clients import call
from tools.torture.ends import Served, client, serving
from tools.torture.figures import Figure, Say, at_least, none_of

WATCHED = Path(__file__).parent / "watched"
LEAST = 1705
# How many recordings an upload has.
BATCH = 50


def run(folder: Path, most: int, dice: random.Random, say: Say) -> list[Figure]:
    """``most`` spellings at most, each in three ways."""
    noted = folder / "connections"
    environment = {"PYTHONPATH": f"{WATCHED}:{python_path()}", "CALLPROOF_TORTURE_CONNECTIONS": str(noted)}
    with canary() as (outer, reached), serving(folder / "addresses", "--only=crm", **environment) as served:
        made = spellings((*ELSEWHERE, *outer))
        tried = dice.sample(made, min(most, len(made)))
        with pointing(tried) as pointer, ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda address: again(served, address), tried))
            redirected(served, pointer, len(tried), pool)
            clicked(served, tried[::10])
        # One that is allowed, to see that connections are noted at all.
        again(served, f"{pointer}/0")
    asked = noted.read_text("utf-8").split()
    elsewhere = sorted({host for host in asked if not ipaddress.ip_address(host).is_loopback})
    say(f"{len(tried)} spellings, {len(asked)} connections, all to {sorted(set(asked))}")
    return [
        at_least("Spellings of addresses tried", len(tried), min(LEAST, most)),
        at_least("Connections of the end that were watched", len(asked), 1),
        none_of("Other machines that were asked", len(elsewhere), elsewhere),
        none_of("Times that the listener at an outer address was reached", len(reached), reached),
    ]


def python_path() -> str:
    import callproof

    return str(Path(callproof.__file__).parent.parent)


def again(served: Served, address: str) -> None:
    """A tester lets the end ask for it."""
    with client() as session:
        asked = {"method": "GET", "url": address}
        session.post(f"{served.told.crm_url}/_bench/again", json=asked, timeout=30)


def redirected(served: Served, pointer: str, count: int, pool: ThreadPoolExecutor) -> None:
    """Recordings on this machine that lead elsewhere are played."""
    url = served.told.crm_url
    ids = [f"r-{n}" for n in range(count)]
    with client() as session:
        registered(session, url, f"{pointer}/0")
        for begin in range(0, count, BATCH):
            calls = [
                {**call(f"r-{n}"), "recordUrl": f"{pointer}/{n}"} for n in range(count)[begin:][:BATCH]
            ]
            form = {"calls": orjson.dumps(calls)}
            session.post(f"{url}/api/v5/telephony/calls/upload", data=form, timeout=30).raise_for_status()

    def play(name: str) -> None:
        with client() as session:
            session.post(f"{url}/_bench/play", json={"externalId": name}, timeout=30).raise_for_status()

    list(pool.map(play, ids))


def clicked(served: Served, addresses: list[str]) -> None:
    """A telephony that is registered with the address, and a click."""
    with client() as session:
        for address in addresses:
            registered(session, served.told.crm_url, address)
            click = {"userId": 1, "phone": "+79120000001"}
            session.post(f"{served.told.crm_url}/_bench/click-to-call", json=click, timeout=30)


def registered(session: requests.Session, url: str, make_call_url: str) -> None:
    telephony = {"makeCallUrl": make_call_url, "additionalCodes": [{"userId": "1", "code": "100"}]}
    module = {"clientId": "torture", "active": True, "integrations": {"telephony": telephony}}
    form = {"integrationModule": orjson.dumps(module)}
    session.post(f"{url}/api/v5/integration-modules/torture/edit", data=form, timeout=30)


@contextmanager
def canary() -> Iterator[tuple[list[str], list[str]]]:
    """The spellings of an outer address of this machine at which somebody listens, and who came there."""
    reached: list[str] = []
    with socket.create_server(("0.0.0.0", 0)) as listening:
        port = listening.getsockname()[1]

        def listen() -> None:
            while True:
                try:
                    peer, _ = listening.accept()
                except OSError:
                    return
                if not peer.getsockname()[0].startswith("127."):
                    reached.append(f"{peer.getsockname()[0]}")
                peer.close()

        threading.Thread(target=listen, daemon=True).start()
        outer = outer_address()
        number = int(ipaddress.ip_address(outer)) if outer else 0
        yield [f"{outer}:{port}", f"{number}:{port}", f"[::ffff:{outer}]:{port}"] if outer else [], reached
        listening.shutdown(socket.SHUT_RDWR)


def outer_address() -> str:
    """None, on a machine that has only its loopback. Nothing is sent for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        found = str(probe.getsockname()[0])
    return "" if found.startswith("127.") else found


@contextmanager
def pointing(addresses: list[str]) -> Iterator[str]:
    """A server of this machine that leads from /N to the Nth address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # What is no number has come here by a spelling that is relative to the one before.
            number = self.path.strip("/").partition("?")[0]
            address = addresses[int(number) % len(addresses) if number.isdecimal() else 0]
            self.send_response(302)
            for sign in ("\r", "\n", "\0"):
                address = address.replace(sign, "")
            self.send_header("Location", address.encode().decode("latin-1"))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
