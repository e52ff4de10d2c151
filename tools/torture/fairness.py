"""One client does the worst that is allowed, or hundreds dawdle: the others are answered."""

import contextlib
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import orjson
import requests

from tools.torture import worst
from tools.torture.clients import register, ringing
from tools.torture.ends import client, serving
from tools.torture.figures import Figure, Say, at_least, at_most

ROOT = Path(__file__).resolve().parent.parent.parent
TIMES, WITHIN = 10.0, 2.0
ORDINARY = 40
SECONDS = 2.5


def run(folder: Path, dawdlers: int, _: random.Random, say: Say) -> list[Figure]:
    """``dawdlers`` send their bodies slowly, and as many wait for what comes into the journal."""
    with serving(folder / "fairness", "--only=crm") as served, client() as session:
        url = served.told.crm_url
        register(url)
        usual = median(timed(session, url) for _ in range(5 * ORDINARY))
        found = [beside(url, name, usual, say) for name in worst.REQUESTS]
        register(url)
        with dawdling(url, dawdlers):
            took = [timed(session, url) for _ in range(10)]
    return [
        Figure("An ordinary request, alone", f"{usual * 1000:.2g} ms"),
        *found,
        Figure("Slow bodies, and as many long polls, that were open", f"{dawdlers}"),
        at_least("Ordinary requests that were answered meanwhile", len(took), 10),
        at_most("The slowest of them", max(took), WITHIN, " s"),
    ]


def beside(url: str, name: str, usual: float, say: Say) -> Figure:
    """How long the ordinary takes while one client sends this again and again."""
    command = [sys.executable, "-m", "tools.torture.worst", url, name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as attacker, client() as session:
        assert attacker.stdout is not None
        attacker.stdout.readline()
        until = time.monotonic() + SECONDS
        took = [timed(session, url)]
        while time.monotonic() < until or len(took) < ORDINARY:
            took.append(timed(session, url))
        attacker.kill()
        sent = len(attacker.stdout.readlines()) + 1
    slower = median(took) / usual
    worst_one = f"{max(took) * 1000:.0f} ms at worst, {sent} sent"
    say(f"Beside {name}: {slower:.1f} times, {worst_one}")
    figure = at_most(f"Slower beside {name}", slower, TIMES, " times")
    return Figure(figure.what, f"{figure.value} ({worst_one})", figure.broken)


def timed(session: requests.Session, url: str) -> float:
    """Seconds that an event takes; whether the telephony is registered is no matter."""
    began = time.perf_counter()
    form = {"event": orjson.dumps(ringing("ordinary"))}
    session.post(f"{url}/api/v5/telephony/call/event", data=form, timeout=60)
    return time.perf_counter() - began


@contextlib.contextmanager
def dawdling(url: str, number: int) -> Iterator[None]:
    where = (urlsplit(url).hostname, urlsplit(url).port)
    slow = b"POST /api/v5/telephony/call/event HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nevent="
    polls = b"GET /_bench/journal?since=1000000&wait=30 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with contextlib.ExitStack() as stack:
        opened = []
        for text in (slow, polls):
            for _ in range(number):
                connection = stack.enter_context(socket.create_connection(where, timeout=20))
                connection.sendall(text)
                opened.append(connection)
        time.sleep(1)
        for connection in opened[:number]:
            # One that was refused meanwhile does not count as a promise broken.
            with contextlib.suppress(OSError):
                connection.sendall(b"x")
        yield
