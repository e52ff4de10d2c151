"""What locust's page shows beside its own figures: tabs, in the form that it takes them in."""

from collections.abc import Callable, Iterable, Sequence

import orjson
from flask import Flask, Response, request

from callproof.contract.jsontypes import JsonObject
from callproof.exchange.elsewhere import from_elsewhere
from callproof.exchange.reach import is_known_as
from callproof.load.conductor import Conductor
from callproof.load.histogram import Histogram
from callproof.load.results import PERCENTILES, Results
from callproof.load.tally import REFUSED, TAKEN_OVER

STATISTICS, START = "locust.request_stats", "locust.swarm"
CALLS, LATENCY, THRESHOLDS = "calls", "latency", "thresholds"
LATER = "known when the run is over"
# The counters of a run that goes on, with what they say.
LIVE = {
    "attempted": "began; each is counted once more below",
    "answered": "talked, by their script",
    "missed": "nobody took",
    "busy": "met a busy line",
    "refused": "somebody declined",
    "dropped": "the network lost",
    "failed": "something went wrong for good",
    "concurrent": "go on now",
    "acknowledged": "the target said to have stored",
    REFUSED: "arrived beyond limits.under-way; they make the run invalid",
    TAKEN_OVER: "were another worker's, which is gone",
}
BOOKED = {
    "lost": "acknowledged and not stored",
    "doubled": "stored more than once",
    "unclaimed": "stored, and nobody saw an acknowledgement",
    "unfinished": "hung up and never acknowledged",
}
# Locust sorts rows by `name` where they have one.
_COLUMNS: dict[str, dict[str, str]] = {
    CALLS: {"what": "Calls", "count": "Count", "note": "What they are"},
    LATENCY: {
        "what": "Method",
        "since": "Milliseconds from",
        "count": "Answers",
        **{f"p{place}": f"p{percent:g}" for place, percent in enumerate(PERCENTILES)},
        "most": "Max",
    },
    THRESHOLDS: {"what": "Threshold", "measured": "Measured", "margin": "Margin", "kept": "Kept"},
}
Rows = list[JsonObject]


def arguments() -> dict[str, object]:
    """What the page's template is told of the tabs."""
    return {
        "extended_tabs": [{"key": key, "title": key.capitalize()} for key in _COLUMNS],
        "extended_tables": [
            {"key": key, "structure": [{"key": name, "title": title} for name, title in columns.items()]}
            for key, columns in _COLUMNS.items()
        ],
    }


def guard(app: Flask, host: str) -> None:
    """Refuse what other pages make a browser ask: whoever starts a run says where calls go and which files
    are written. ``host`` is the name or address that locust listens at."""

    @app.before_request
    def demand_no_stranger() -> Response | None:
        if is_known_as(request.host, (host,)) and not from_elsewhere(request.environ):
            return None
        return Response("This page is not served to pages of other sites, nor under this name.\n", 403)


def extend(app: Flask, tables: Callable[[], Sequence[JsonObject]], why_not: Callable[[], str]) -> None:
    """Tell the page the rows of the tabs whenever it asks for locust's own figures, and when it starts a
    run, why it could not begin; ``why_not`` waits until that is known and is "" when it began."""

    @app.after_request
    def add(response: Response) -> Response:
        if request.endpoint == STATISTICS and response.is_json:
            told = orjson.loads(response.get_data())
            response.set_data(orjson.dumps({**told, "extended_stats": tables()}))
        if request.endpoint == START and response.is_json and (problem := why_not()):
            told = orjson.loads(response.get_data())
            response.set_data(orjson.dumps({**told, "success": False, "message": problem}))
        return response


def tables(run: Conductor, results: Results | None) -> list[JsonObject]:
    """The rows of each tab, while a run goes on and when it is over."""
    return [
        {"key": CALLS, "data": [*_counters(run, results)]},
        {"key": LATENCY, "data": [*_latencies(run)]},
        {"key": THRESHOLDS, "data": [*_thresholds(results)]},
    ]


def _counters(run: Conductor, results: Results | None) -> Iterable[JsonObject]:
    live = {"concurrent": run.concurrent, "acknowledged": len(run.tally.acknowledged)}
    for name, note in LIVE.items():
        yield {"what": name, "count": live.get(name, run.tally.calls[name]), "note": note}
    counts = results.counts() if results else {}
    for name, note in BOOKED.items():
        found = counts.get(name)
        yield {"what": name, "count": "-" if found is None else found, "note": note if results else LATER}


def _latencies(run: Conductor) -> Iterable[JsonObject]:
    for name, times in sorted(run.tally.times.items()):
        yield _row(name, "the intended start", times)
        if sent := run.tally.sent.get(name):
            yield _row(name, "sending", sent)


def _row(name: str, since: str, times: Histogram) -> JsonObject:
    shown = {f"p{place}": _ms(times.percentile(percent)) for place, percent in enumerate(PERCENTILES)}
    return {"what": name, "since": since, "count": times.count, **shown, "most": _ms(times.most)}


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.1f}"


def _thresholds(results: Results | None) -> Iterable[JsonObject]:
    for judged in results.judged if results else ():
        kept = "kept" if judged.kept else "BROKEN"
        yield {"what": str(judged.threshold), "measured": judged.shown, "margin": judged.room, "kept": kept}
    if results:
        yield {"what": "all of them", "measured": "", "margin": "", "kept": results.verdict}
