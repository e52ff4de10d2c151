"""The one way out of an end over HTTP: bounded, journalled, and open to faults."""

import threading
from collections.abc import Collection, Mapping
from functools import partial
from urllib.parse import urlencode, urlsplit

import orjson
import requests
from msgspec.structs import replace
from requests.utils import default_headers
from urllib3.exceptions import IncompleteRead, ProtocolError

from callproof.clocks.clock import Clock
from callproof.exchange import altering
from callproof.exchange.bounded import ask, endless
from callproof.exchange.counting import Counts
from callproof.exchange.exchange import Answer, Body, Exchange, Request
from callproof.exchange.faults import Change, Faults, Seam
from callproof.exchange.journal import Journal
from callproof.exchange.names import BENCH_HEADER, CLOCK_HEADER, SLOW_HEADER
from callproof.exchange.nearby import NOBODY, Nearby, answer_of, request_to
from callproof.exchange.reach import HostRefused, Reach
from callproof.exchange.telling import Telling
from callproof.exchange.trust import USUAL as PUBLIC
from callproof.exchange.trust import Trust, tls_problem
from callproof.limits import USUAL

_BROKEN_OFF = "the connection was closed before the answer was whole"
_HEADERS = dict(default_headers())
_DONE = Answer(200, (), Body(orjson.dumps({"success": True})))


class Caller:
    """Makes the requests of one end and writes them down, answered or not.

    Only this machine and ``allowed_hosts`` are ever asked. Redirects are not followed. ``rewrites`` are
    beginnings of public addresses with what they are reached by from here; the journal has the public ones.
    ``trust`` says whose certificates are believed. An answer takes ``timeout`` seconds at most, and has no
    more than ``most`` bytes. Who is ``nearby`` is asked without a socket.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        faults: Faults,
        *,
        timeout: float,
        most: int = USUAL.answer_bytes,
        allowed_hosts: Collection[str] = (),
        rewrites: Mapping[str, str] | None = None,
        trust: Trust = PUBLIC,
        telling: Telling,
        counts: Counts,
        nearby: Nearby = NOBODY,
    ) -> None:
        self.journal = journal
        self.clock = clock
        self.faults = faults
        self.timeout = timeout
        self.most = most
        self.reach = Reach(allowed_hosts)
        self.rewrites = dict(rewrites or {})
        self.trust = trust
        self._telling = telling
        self._counts = counts
        self.nearby = nearby
        # A requests.Session is not safe to share between threads.
        self._local = threading.local()

    def send(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        longer: float = 0.0,
    ) -> Exchange:
        """The exchange as it went into the journal; a failed one has no answer but an error.

        ``operation`` is the contract's name of the method, empty for none. ``timeout`` in seconds may be
        shorter than the caller's, ``longer`` adds to it. ``params`` are appended to a query
        that the address already has. Raises HostRefused before anything is sent.
        """
        if self.nearby.app(url):
            asked = request_to(method, url, params, data, {**_HEADERS, **(headers or {})})
        else:
            asked = self._prepared(method, url, params, data, headers)
        limit = min(timeout or self.timeout, self.timeout) + longer
        if not self.faults or asked.header(BENCH_HEADER):
            return self._exchange(operation, asked, limit)
        return self._faulty(operation, asked, limit)

    def _prepared(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        data: Mapping[str, str] | bytes | None,
        headers: Mapping[str, str] | None,
    ) -> Request:
        self.reach.demand(self._reached(url))
        try:
            prepared = self._session.prepare_request(
                requests.Request(method, url, params=params, data=data, headers=headers)
            )
        except (requests.RequestException, ValueError) as error:
            raise HostRefused(f"{url!r} is no address to ask: {error}") from None
        self.reach.demand(self._reached(prepared.url or url))
        body = prepared.body or b""
        return Request(
            method,
            prepared.url or url,
            tuple(prepared.headers.items()),
            Body(body.encode() if isinstance(body, str) else body),
        )

    def _faulty(self, operation: str, asked: Request, limit: float) -> Exchange:
        """The request and its answer as faults have them; one that is lost or late seems to be done."""
        done = Exchange(self.clock.now(), "out", Request(asked.method, asked.url), _DONE)
        copies = 1
        for change in self.faults.take(Seam.ASKS, operation, altering.fits(asked)):
            asked = altering.request(asked, change)
            copies *= change.copies
            if change.also_to:
                self._exchange("", _beside(asked, change), limit)
            if change.lost:
                return done
            if change.delay:
                late = partial(self._exchange, operation, asked, limit)
                self.clock.call_at(self.clock.now() + change.delay, late)
                return done
        exchange = [self._exchange(operation, asked, limit) for _ in range(copies)][-1]
        for change in self.faults.take(Seam.READS, operation, altering.fits(asked)):
            exchange = _misread(exchange, change)
        return exchange

    def _exchange(self, operation: str, asked: Request, limit: float) -> Exchange:
        answer, error = self._ask(asked, limit)
        exchange = Exchange(
            at=self.clock.now(),
            direction="out",
            request=asked,
            answer=answer,
            error=error,
            by_bench=bool(asked.header(BENCH_HEADER)),
        )
        self.journal.write(exchange)
        self._telling.went_out(exchange)
        self._counts.asked(operation, answer.status if answer else None)
        return exchange

    def _ask(self, asked: Request, limit: float) -> tuple[Answer | None, str]:
        headers = dict(asked.headers)
        if self.clock.kind == "manual":
            headers[CLOCK_HEADER] = f"{self.clock.id} {limit:g}"
        if app := self.nearby.app(asked.url):
            answer = answer_of(app, replace(asked, headers=tuple(headers.items())))
            error = "" if answer else _BROKEN_OFF
        else:
            answer, error = self._over_http(asked, headers, limit)
        if answer and self.clock.kind == "manual" and _slow(answer.header(SLOW_HEADER)) > limit:
            return None, f"no answer within {limit:g} s"
        return answer, error

    def _over_http(
        self, asked: Request, headers: Mapping[str, str], limit: float
    ) -> tuple[Answer | None, str]:
        prepared = requests.Request(
            asked.method, self._reached(asked.url), headers=headers, data=asked.body.content
        ).prepare()
        here = self.reach.stays_here(prepared.url or "")
        try:
            # A fault may have made another address of it.
            self.reach.demand(prepared.url or "")
            status, told, body = ask(self._session, prepared, limit, most=self.most, here=here)
        except HostRefused as error:
            return None, str(error)
        except requests.Timeout:
            return None, f"no answer within {limit:g} s"
        except requests.RequestException as error:
            return None, _plain(error)
        return Answer(status, tuple(told.items()), Body(body)), ""

    @property
    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self.trust.session()
        return session

    def _reached(self, url: str) -> str:
        """Where a public address is reached; the longest beginning counts."""
        for public in sorted(self.rewrites, key=len, reverse=True):
            rest = url.removeprefix(public)
            # A host is not the beginning of another one.
            whole = bool(urlsplit(public).path) or not rest or rest[0] in "/?#"
            if rest != url and whole:
                return self.rewrites[public] + rest
        return url


def _beside(asked: Request, change: Change) -> Request:
    parts = urlsplit(asked.url)
    url = f"{parts.scheme}://{parts.netloc}{change.also_to}"
    headers = {**dict(asked.headers), "Content-Type": altering.FORM}
    return Request("POST", url, tuple(headers.items()), Body(urlencode(change.also).encode()))


def _misread(exchange: Exchange, change: Change) -> Exchange:
    """The exchange as the end understands it; the journal keeps what went over the wire."""
    altered = altering.answer(exchange.answer or Answer(0), change)
    if not altered.status:
        return exchange
    return replace(exchange, answer=altered, error="")


def _slow(said: str) -> float:
    """The seconds that an end on this clock would have taken; what is no number takes none."""
    try:
        return float(said or 0)
    except ValueError:
        return 0.0


def _plain(error: requests.RequestException) -> str:
    if said := endless(error) or tls_problem(error):
        return said
    cause = error.args[0] if error.args else error
    if isinstance(cause, ProtocolError) and isinstance(cause.args[-1], (ConnectionError, IncompleteRead)):
        return _BROKEN_OFF
    reason = getattr(cause, "reason", cause)
    return f"{type(error).__name__}: {str(reason).rpartition(': ')[2]}"
