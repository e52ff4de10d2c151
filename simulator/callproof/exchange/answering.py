"""How exchanges get into an end's journal, and where faults meet them: hooks on its Flask app."""

import logging
from functools import cache
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request

from callproof.clocks.clock import Clock
from callproof.contract.findings import Finding, printable
from callproof.exchange import altering
from callproof.exchange.faults import Change, Faults, Seam
from callproof.exchange.hearing import (
    LOST,
    Hearing,
    Resolve,
    original,
    url_of,
)
from callproof.exchange.journal import (
    Body,
    Exchange,
    Headers,
    Journal,
    SentAnswer,
    SentRequest,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = logging.getLogger("callproof.exchange")

# Set by the runner on its own requests that prepare a scenario.
BENCH_HEADER = "X-Callproof-Bench"
FINDINGS_HEADER = "X-Callproof-Findings"
# An end names its manual clock; on the same one slowness passes without anybody waiting.
CLOCK_HEADER = "X-Callproof-Clock"
SLOW_HEADER = "X-Callproof-Slow"

# Nobody is judged by what a tester looks at.
SILENT = ("/_bench", "/docs", "/openapi.json")


def record_incoming(
    app: Flask, journal: Journal, clock: Clock, faults: Faults, resolve: Resolve, key: str
) -> None:
    """Write every exchange but those below ``SILENT`` into the journal before its answer leaves.

    What ``note`` collected during the request goes along, and its count goes out as a header. ``resolve``
    names the method of a request, for faults that are about one; ``key`` is the account's API key.
    """
    app.wsgi_app = Hearing(app.wsgi_app, faults, resolve, key)  # type: ignore[method-assign]

    @app.before_request
    def start() -> Response | None:
        g.findings = []
        # Read before anybody parses a form out of it; raises 413 when there is too much.
        g.body = request.get_data(cache=True)
        return Response(status=500) if LOST in request.environ else None

    @app.after_request
    def write(response: Response) -> Response:
        if request.path.startswith(SILENT):
            return response
        findings: list[Finding] = g.get("findings", [])
        response.headers[FINDINGS_HEADER] = str(len(findings))
        before = faults.resets
        if faults:
            _spoil(response, clock, faults, resolve(request.method, request.path))
        if faults.resets != before:
            return response
        if not journal.wants():
            return response
        sent = original(request.environ) or _as_heard()
        lost = LOST in request.environ
        written = Exchange(
            at=clock.now(),
            direction="in",
            request=SentRequest(
                sent.method, sent.url, environ_headers(request.environ), Body.of(sent.body)
            ),
            answer=None if lost else _answer(response),
            error=request.environ[LOST] if lost else "",
            findings=tuple(findings),
            by_bench=BENCH_HEADER in request.headers,
        )
        journal.write(written)
        tell(written, request.method, request.path)
        return response


def tell(written: Exchange, method: str, path: str) -> None:
    """Log an exchange that was answered, and what was found about it."""
    if log.isEnabledFor(logging.INFO):
        came_of_it = written.error or (written.answer.status if written.answer else "")
        log.info("%s -> %s", printable(f"{method} {path}"), came_of_it)
    for finding in written.findings:
        log.warning("%s: %s", printable(path), finding)


def environ_headers(environ: "WSGIEnvironment") -> Headers:
    """The headers of a request as the journal has them."""
    return tuple(
        (name, value)
        for key, value in environ.items()
        if (key[:5] == "HTTP_" or key[:8] == "CONTENT_") and (name := _header(key)) and value != ""
    )


@cache
def _header(key: str) -> str:
    """``HTTP_X_API_KEY`` -> ``X-Api-Key``; ``""`` for what is not kept."""
    if key in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
        return ""
    name = key.removeprefix("HTTP_").replace("_", "-").title()
    return "" if name == CLOCK_HEADER else name


def note(*findings: Finding) -> None:
    """Add findings to the exchange that is being answered."""
    g.findings.extend(findings)


def _as_heard() -> altering.Request:
    return altering.Request(request.method, url_of(request.environ), {}, g.get("body", b""))


def _answer(response: Response) -> SentAnswer:
    """Audio leaves in pieces and is not gathered for the journal."""
    if response.is_streamed:
        body = Body(b"", response.content_length or 0, False)
    else:
        body = Body.of(response.get_data())
    return SentAnswer(response.status_code, tuple(response.headers.items()), body)


def _spoil(response: Response, clock: Clock, faults: Faults, operation: str) -> None:
    """Change the answer as the faults say that act on it."""
    if request.headers.get(BENCH_HEADER) == "runner" or LOST in request.environ:
        return
    asked = altering.Request(request.method, request.url, dict(request.headers), g.get("body", b""))
    for change in faults.take(Seam.ANSWERS, operation, altering.fits(asked)):
        if change.lost:
            request.environ[LOST] = "the answer was lost by a fault"
        if change.delay:
            _wait(response, clock, faults, change)
        given = altering.Answer(response.status_code, {}, b"" if response.is_streamed else response.data)
        altered = altering.answer(given, change)
        response.status_code = altered.status
        if altered.body != given.body:
            response.set_data(altered.body)
        for name, value in change.headers.items():
            response.headers.pop(name, None)
            if value:
                response.headers[name] = value


def _wait(response: Response, clock: Clock, faults: Faults, change: Change) -> None:
    if clock.kind == "manual" and request.headers.get(CLOCK_HEADER) == clock.id:
        response.headers[SLOW_HEADER] = f"{change.delay:g}"
    else:
        faults.cleared.wait(change.delay)
