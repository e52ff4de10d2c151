"""The one way out of an end over HTTP: bounded, journalled, and open to faults."""

import ipaddress
import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode, urlsplit

import orjson
import requests

from callproof.clocks.clock import Clock
from callproof.errors import Refusal
from callproof.exchange import altering
from callproof.exchange.answering import BENCH_HEADER, CLOCK_HEADER, SLOW_HEADER
from callproof.exchange.faults import Change, Faults, Seam
from callproof.exchange.journal import (
    Body,
    Exchange,
    Journal,
    SentAnswer,
    SentRequest,
)

_DONE = SentAnswer(200, (), Body.of(orjson.dumps({"success": True})))


class HostRefused(Refusal):
    """The host is neither this machine nor allowed by an option; nothing was sent."""


class Caller:
    """Makes the requests of one end and writes them down, answered or not.

    Only loopback and ``allowed_hosts`` are ever asked. Redirects are not followed. ``rewrites`` are
    beginnings of public addresses with what they are reached by from here; the journal has the public ones.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        faults: Faults,
        *,
        timeout: float,
        allowed_hosts: Collection[str] = (),
        rewrites: Mapping[str, str] | None = None,
    ) -> None:
        self.journal = journal
        self.clock = clock
        self.faults = faults
        self.timeout = timeout
        self.allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self.rewrites = dict(rewrites or {})
        # A requests.Session is not safe to share between threads.
        self._local = threading.local()

    def send(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Exchange:
        """The exchange as it went into the journal; a failed one has no answer but an error.

        ``operation`` is the contract's name of the method, empty for none. ``timeout`` in seconds may be
        shorter than the caller's. ``params`` are appended to a query that the address already has. Raises
        HostRefused before anything is sent.
        """
        self._demand_allowed(self._reached(url))
        prepared = self._session.prepare_request(
            requests.Request(method, url, params=params, data=data, headers=headers)
        )
        body = prepared.body or b""
        asked = altering.Request(
            method,
            prepared.url or url,
            dict(prepared.headers),
            body.encode() if isinstance(body, str) else body,
        )
        limit = min(timeout or self.timeout, self.timeout)
        if not self.faults or BENCH_HEADER in asked.headers:
            return self._exchange(asked, limit)
        return self._faulty(operation, asked, limit)

    def _faulty(self, operation: str, asked: altering.Request, limit: float) -> Exchange:
        """The request and its answer as faults have them; one that is lost or late seems to be done."""
        done = Exchange(
            self.clock.now(), "out", SentRequest(asked.method, asked.url, (), Body.of(b"")), _DONE
        )
        copies = 1
        for change in self.faults.take(Seam.ASKS, operation, altering.fits(asked)):
            asked = altering.request(asked, change)
            copies *= change.copies
            if change.also_to:
                self._exchange(_beside(asked, change), limit)
            if change.lost:
                return done
            if change.delay:
                self.clock.call_at(self.clock.now() + change.delay, partial(self._exchange, asked, limit))
                return done
        exchange = [self._exchange(asked, limit) for _ in range(copies)][-1]
        for change in self.faults.take(Seam.READS, operation, altering.fits(asked)):
            exchange = _misread(exchange, change.status or 0, altering.answer(_given(exchange), change))
        return exchange

    def _exchange(self, asked: altering.Request, limit: float) -> Exchange:
        if self.clock.kind == "manual":
            asked = replace(asked, headers={**asked.headers, CLOCK_HEADER: self.clock.id})
        answer, error = self._ask(asked, limit)
        headers = tuple((name, value) for name, value in asked.headers.items() if name != CLOCK_HEADER)
        exchange = Exchange(
            at=self.clock.now(),
            direction="out",
            request=SentRequest(asked.method, asked.url, headers, Body.of(asked.body)),
            answer=answer,
            error=error,
            by_bench=BENCH_HEADER in asked.headers,
        )
        self.journal.write(exchange)
        return exchange

    def _ask(self, asked: altering.Request, limit: float) -> tuple[SentAnswer | None, str]:
        prepared = requests.Request(
            asked.method, self._reached(asked.url), headers=dict(asked.headers), data=asked.body
        ).prepare()
        try:
            response = self._session.send(prepared, timeout=limit, allow_redirects=False)
        except requests.Timeout:
            return None, f"no answer within {limit:g} s"
        except requests.RequestException as error:
            return None, _plain(error)
        if float(response.headers.get(SLOW_HEADER) or 0) > limit:
            return None, f"no answer within {limit:g} s"
        return SentAnswer(
            response.status_code, tuple(response.headers.items()), Body.of(response.content)
        ), ""

    @property
    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False  # a proxy of the environment has no business on loopback
            self._local.session = session
        return session

    def _reached(self, url: str) -> str:
        """Where a public address is reached; the longest beginning counts."""
        for public in sorted(self.rewrites, key=len, reverse=True):
            if url.startswith(public):
                return self.rewrites[public] + url.removeprefix(public)
        return url

    def _demand_allowed(self, url: str) -> None:
        host = (urlsplit(url).hostname or "").lower()
        if host not in self.allowed_hosts and not _is_loopback(host):
            raise HostRefused(
                f"{host or url!r} is not this machine; allow it with --allow-host {host or 'HOST'}"
            )


def _beside(asked: altering.Request, change: Change) -> altering.Request:
    parts = urlsplit(asked.url)
    url = f"{parts.scheme}://{parts.netloc}{change.also_to}"
    headers = {**asked.headers, "Content-Type": altering.FORM}
    return altering.Request("POST", url, headers, urlencode(change.also).encode())


def _given(exchange: Exchange) -> altering.Answer:
    answer = exchange.answer
    return altering.Answer(answer.status, {}, answer.body.data) if answer else altering.Answer(0, {}, b"")


def _misread(exchange: Exchange, status: int, altered: altering.Answer) -> Exchange:
    """The exchange as the end understands it; the journal keeps what went over the wire."""
    headers = exchange.answer.headers if exchange.answer else ()
    status = status or altered.status
    if not status:
        return exchange
    return replace(exchange, answer=SentAnswer(status, headers, Body.of(altered.body)), error="")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _plain(error: requests.RequestException) -> str:
    cause = error.args[0] if error.args else error
    reason = getattr(cause, "reason", cause)
    return f"{type(error).__name__}: {str(reason).rpartition(': ')[2]}"
