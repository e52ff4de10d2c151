"""Scenarios from the page: chosen, played on the two ends that are served or on a pair made for it, judged
while one looks, and the report."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from flask import Response, request
from msgspec import structs
from werkzeug.wrappers import Response as AnyResponse

from callproof.bench.running import Opens, WatchedRun
from callproof.bench.workplace import Workplace, said
from callproof.control.client import Ends
from callproof.errors import CallproofError, Misuse

if TYPE_CHECKING:
    from callproof.conformance.scenario import Scenario

PAGE = "/bench/scenarios"
# The report brings its own style and script; it may do nothing here.
_POLICY = "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def add_scenarios(workplace: Workplace, pair: Opens | None) -> None:
    """``/bench/scenarios``; ``pair`` opens two ends for a run. It is None where several processes answer
    for an end, each of which would have a run of its own."""
    site = workplace.site
    run = WatchedRun(site.pulse.bump)

    def page() -> str:
        chapters = [(name, list(found)) for name, found in groupby(_known(), _chapter)]
        return workplace.write(
            "scenarios.html",
            run=run.progress,
            chapters=chapters,
            alone=pair is not None,
            other=workplace.other,
        )

    def start() -> AnyResponse:
        # Only here, as the other two below: an end that nobody plays on begins without what plays.
        from callproof.conformance.judge import BOTH

        try:
            wanted = frozenset(request.form.getlist("wanted"))
            every = bool(request.form.get("all"))
            chosen = [found for found in _known() if every or wanted & {found.id, _chapter(found)}]
            if pair is None:
                raise Misuse("Scenarios are played from the page of an end with one worker.")
            here = request.form.get("on") != "pair"
            about = site.about()
            account = structs.replace(BOTH.account, timezone=site.zone() if here else "UTC")
            opens = _served(workplace) if here else pair
            run.start(chosen, opens, replace(BOTH, account=account), (about.key,))
        except CallproofError as error:
            return said(PAGE, str(error))
        return said(PAGE)

    def cancel() -> AnyResponse:
        run.cancel()
        return said(PAGE)

    def report() -> Response:
        verdict = run.progress.verdict
        if verdict is None:
            return workplace.missing()
        from callproof.reports import html

        answer = Response(html.write(verdict), mimetype="text/html")
        answer.headers["Content-Security-Policy"] = _POLICY
        return answer

    site.page(PAGE, page)
    site.page(f"{PAGE}/report", report)
    site.act(f"{PAGE}/run", start)
    site.act(f"{PAGE}/cancel", cancel)


def _served(workplace: Workplace) -> Opens:
    """This end and the one beside it. Raises Misuse where that one is none of callproof's."""
    other = workplace.beside_for_run()
    key = workplace.site.about().key
    ends = (workplace.own, other) if workplace.own.side == "crm" else (other, workplace.own)

    @contextmanager
    def opens() -> Iterator[Ends]:
        try:
            yield Ends(*ends, key)
        finally:
            other.close()

    return opens


@cache
def _known() -> "list[Scenario]":
    from callproof.conformance import loading

    return loading.find(())


def _chapter(scenario: "Scenario") -> str:
    return scenario.id.partition("/")[0]
