"""The fault seams of the way in: what is heard of a request, and what becomes of its answer."""

import io
from collections.abc import Callable
from math import inf
from typing import NamedTuple
from urllib.parse import urlsplit

from msgspec.structs import replace

from callproof.clocks.clock import Clock
from callproof.clocks.machine import monotonic
from callproof.exchange import altering
from callproof.exchange.exchange import Answer, Request
from callproof.exchange.faults import Change, Faults, Seam
from callproof.exchange.hanging_up import is_gone
from callproof.exchange.incoming import Incoming, heading
from callproof.exchange.names import BENCH_HEADER, CLOCK_HEADER, SLOW_HEADER

# The name of the method that a request is, by verb and path; empty for none.
Resolve = Callable[[str, str], str]


class Spoilt(NamedTuple):
    """What is answered, and why that does not arrive, ``""`` where it does: ``lost`` is broken off on
    purpose, ``unheard`` finds nobody there any more who waits for it."""

    answer: Answer
    lost: str = ""
    unheard: str = ""


class Spoiling:
    """The faults of one end on requests that come in; those of the runner pass unharmed.

    ``key`` is the account's API key, which a changed header may name.
    """

    def __init__(self, faults: Faults, clock: Clock, resolve: Resolve, key: str) -> None:
        self._faults = faults
        self._clock = clock
        self._resolve = resolve
        self._key = key

    def name(self, sent: Incoming) -> str:
        """Of its method; empty for none."""
        return self._resolve(sent.method, sent.path)

    def hear(self, sent: Incoming) -> tuple[Incoming, str]:
        """What is heard of a request, and why nothing is; ``""`` when it is."""
        operation = self.name(sent)
        if not operation or _is_exempt(sent):
            return sent, ""
        asked = heard = sent.as_request()
        changed, lost = {}, ""
        for change in self._faults.take(Seam.HEARS, operation, altering.fits(asked)):
            heard = altering.request(heard, change)
            for name, value in change.headers.items():
                changed[f"HTTP_{name.upper().replace('-', '_')}"] = value.replace("$api_key", self._key)
            if change.lost:
                lost = "the request was lost by a fault"
        if heard is asked and not changed:
            return sent, lost
        return _heard(sent, heard, changed), lost

    def spoil(self, heard: Incoming, answer: Answer) -> Spoilt:
        """What is answered instead."""
        if _is_exempt(heard):
            return Spoilt(answer)
        lost = unheard = ""
        operation = self.name(heard)
        for change in self._faults.take(Seam.ANSWERS, operation, altering.fits(heard.as_request())):
            if change.lost:
                lost = "the answer was lost by a fault"
            if change.delay:
                answer, gone = self._wait(heard, answer, change)
                unheard = unheard or gone
            answer = altering.answer(answer, change)
        return Spoilt(answer, lost, unheard)

    def _wait(self, heard: Incoming, answer: Answer, change: Change) -> tuple[Answer, str]:
        """The answer once its time has come, and whether whoever asked gave up before that."""
        clock, _, patience = heard.header(CLOCK_HEADER).partition(" ")
        if self._clock.kind == "manual" and clock == self._clock.id:
            # One delay comes after the other.
            so_far = answer.header(SLOW_HEADER)
            headers = [pair for pair in answer.headers if pair[0] != SLOW_HEADER]
            slow = float(so_far or 0) + change.delay
            late = replace(answer, headers=(*headers, (SLOW_HEADER, f"{slow:g}")))
            return late, f"the client gave up after {patience} s" if slow > _number(patience) else ""
        began = monotonic()
        if is_gone(heard.environ.get("werkzeug.socket"), self._faults.cleared, change.delay):
            return answer, f"the client gave up after {monotonic() - began:.1f} s"
        return answer, ""


def _number(said: str) -> float:
    """The seconds that a client on this clock waits; without end where it says none."""
    try:
        return float(said)
    except ValueError:
        return inf


def _is_exempt(sent: Incoming) -> bool:
    return sent.header(BENCH_HEADER) == "runner"


def _heard(sent: Incoming, heard: Request, headers: dict[str, str]) -> Incoming:
    body = heard.body.content
    environ = {
        **sent.environ,
        **headers,
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": heard.header("Content-Type"),
        "QUERY_STRING": urlsplit(heard.url).query,
    }
    return heading(environ, body)
