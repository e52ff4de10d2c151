"""How exchanges get into the journal: hooks on a Flask app, and the one way out over HTTP."""

import ipaddress
import logging
import threading
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

import requests
from flask import Flask, Response, g, request

from simulator.bench.journal import Body, Exchange, Journal, SentAnswer, SentRequest
from simulator.contract.findings import Finding, printable
from simulator.core.ports import Clock

log = logging.getLogger("callproof.exchange")

# Set by the runner on its own requests that prepare a scenario.
BENCH_HEADER = "X-Callproof-Bench"
FINDINGS_HEADER = "X-Callproof-Findings"


# Nobody is judged by what a tester looks at.
SILENT = ("/_bench", "/docs", "/openapi.json")


def record_incoming(app: Flask, journal: Journal, clock: Clock) -> None:
    """Write every exchange but those below ``SILENT`` into the journal before its answer leaves.

    What ``note`` collected during the request goes along, and its count goes out as a header.
    """

    @app.before_request
    def start() -> None:
        g.findings = []
        # Read before anybody parses a form out of it; raises 413 when there is too much.
        g.body = request.get_data(cache=True)

    @app.after_request
    def write(response: Response) -> Response:
        if request.path.startswith(SILENT):
            return response
        findings: list[Finding] = g.get("findings", [])
        response.headers[FINDINGS_HEADER] = str(len(findings))
        written = journal.write(
            Exchange(
                at=clock.now(),
                direction="in",
                request=SentRequest(
                    request.method,
                    request.host_url.rstrip("/") + request.environ.get("RAW_URI", request.full_path),
                    tuple(request.headers.items()),
                    Body.of(g.get("body", b"")),
                ),
                answer=SentAnswer(
                    response.status_code,
                    tuple(response.headers.items()),
                    _body(response),
                ),
                findings=tuple(findings),
                by_bench=BENCH_HEADER in request.headers,
            )
        )
        log.info(
            "%d %s -> %d", written.id, printable(f"{request.method} {request.path}"), response.status_code
        )
        for finding in findings:
            log.warning("%d %s", written.id, finding)
        return response


def _body(response: Response) -> Body:
    """Audio leaves in pieces and is not gathered for the journal."""
    if response.is_streamed:
        return Body(b"", response.content_length or 0, False)
    return Body.of(response.get_data())


def note(*findings: Finding) -> None:
    """Add findings to the exchange that is being answered."""
    g.findings.extend(findings)


class HostRefused(Exception):
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
        *,
        timeout: float,
        allowed_hosts: Collection[str] = (),
        rewrites: Mapping[str, str] | None = None,
    ) -> None:
        self.journal = journal
        self.clock = clock
        self.timeout = timeout
        self.allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self.rewrites = dict(rewrites or {})
        # A requests.Session is not safe to share between threads.
        self._local = threading.local()

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Exchange:
        """The exchange as it went into the journal; a failed one has no answer but an error.

        ``timeout`` in seconds may be shorter than the caller's. ``params`` are appended to a query that
        the address already has. Raises HostRefused before anything is sent.
        """
        self._demand_allowed(self._reached(url))
        prepared = self._session.prepare_request(
            requests.Request(method, url, params=params, data=data, headers=headers)
        )
        public = prepared.url or url
        prepared.url = self._reached(public)
        answer, error = self._ask(prepared, min(timeout or self.timeout, self.timeout))
        body = prepared.body or b""
        return self.journal.write(
            Exchange(
                at=self.clock.now(),
                direction="out",
                request=SentRequest(
                    method,
                    public,
                    tuple(prepared.headers.items()),
                    Body.of(body.encode() if isinstance(body, str) else body),
                ),
                answer=answer,
                error=error,
                by_bench=BENCH_HEADER in prepared.headers,
            )
        )

    def _ask(self, prepared: requests.PreparedRequest, timeout: float) -> tuple[SentAnswer | None, str]:
        try:
            response = self._session.send(prepared, timeout=timeout, allow_redirects=False)
        except requests.Timeout:
            return None, f"no answer within {timeout:g} s"
        except requests.RequestException as error:
            return None, _plain(error)
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
