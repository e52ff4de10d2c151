"""One client does the worst that is allowed, or hundreds dawdle: the others are answered."""

import contextlib
import http.client
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from urllib.parse import quote, urlsplit

import orjson

from tools.torture import worst
from tools.torture.clients import register, ringing
from tools.torture.ends import KEY, serving
from tools.torture.figures import Figure, Say, at_least, at_most

ROOT = Path(__file__).resolve().parent.parent.parent
TIMES, WITHIN = 10.0, 2.0
# How many ordinary requests are timed alone and at least beside each of the worst, and for how long.
ORDINARY = 40
SECONDS = 1.0


@dataclass(frozen=True)
class Beside:
    """What came of one that is sent again and again, ``sent`` times: its status, and how many seconds the
    ordinary took before and meanwhile."""

    shape: worst.Shape
    status: int
    sent: int
    alone: list[float]
    took: list[float]

    @property
    def slower(self) -> float:
        return median(self.took) / median(self.alone)


def run(folder: Path, dawdlers: int, _: random.Random, say: Say) -> list[Figure]:
    """``dawdlers`` send their bodies slowly, and as many wait for what comes into the journal."""
    found = []
    with serving(folder / "fairness", "--only=crm") as served:
        url = served.told.crm_url
        for one in beside_each(url):
            found.append(_figure(one))
            say(str(found[-1]))
        register(url)
        with dawdling(url, dawdlers):
            ordinary = Ordinary(url)
            took = [ordinary.timed() for _ in range(10)]
    return [
        *found,
        Figure("Slow bodies, and as many long polls, that were open", f"{dawdlers}"),
        at_least("Ordinary requests that were answered meanwhile", len(took), 10),
        at_most("The slowest of them", max(took), WITHIN, " s"),
    ]


def _figure(one: Beside) -> Figure:
    figure = at_most(f"Slower beside {one.shape.name}", one.slower, TIMES, " times")
    worst_one = f"{max(one.took) * 1000:.0f} ms at worst, {one.sent} sent, {one.status}"
    return Figure(figure.what, f"{figure.value} ({worst_one})", figure.broken)


def beside_each(url: str) -> Iterator[Beside]:
    for shape in worst.shapes():
        register(url)
        yield beside(url, shape)


def beside(url: str, shape: worst.Shape) -> Beside:
    """How long the ordinary takes while one client sends this again and again."""
    command = [sys.executable, "-m", "tools.torture.worst", url, shape.name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, cwd=ROOT) as attacker:
        assert attacker.stdout is not None
        assert attacker.stdin is not None
        attacker.stdout.readline()  # it has begun, and waits
        ordinary = Ordinary(url)
        alone = [ordinary.timed() for _ in range(5 * ORDINARY)]
        attacker.stdin.write(b"\n")
        attacker.stdin.flush()
        status = int(attacker.stdout.readline())
        took, until = list[float](), time.monotonic() + SECONDS
        while time.monotonic() < until or len(took) < ORDINARY:
            took.append(ordinary.timed())
        attacker.kill()
        sent = len(attacker.stdout.readlines()) + 1
    return Beside(shape, status, sent, alone, took)


class Ordinary:
    """A client with one connection, which says again and again that somebody else rings."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._calls = count()

    def timed(self) -> float:
        """Seconds until the answer; whether the telephony is registered is no matter."""
        headers = {"X-API-KEY": KEY, "Content-Type": "application/x-www-form-urlencoded"}
        form = b"event=" + quote(orjson.dumps(ringing(f"{id(self)}-{next(self._calls)}"))).encode()
        began = time.perf_counter()
        self._connection.request("POST", "/api/v5/telephony/call/event", form, headers)
        self._connection.getresponse().read()
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
