"""What an end tells Prometheus, at ``/_bench/metrics``."""

import platform
from collections.abc import Callable, Mapping

from flask import Response

from callproof import __version__
from callproof.clocks.machine import now
from callproof.control.api import Control
from callproof.control.exposition import CONTENT_TYPE, Exposition
from callproof.exchange.counting import ASKED, BUCKETS, FINDINGS, OPEN, REQUESTS, SECONDS, SUM, Counts
from callproof.exchange.ledger import Labels

# What an end counts of its own: the name of a gauge, its help, and its values by one label.
Gauge = tuple[str, str, str, Mapping[str, int]]
_SUMMARY = "What this end has counted, over all its processes, as text for Prometheus."


def add_metrics(api: Control, counts: Counts, gauges: Callable[[], list[Gauge]]) -> None:
    def metrics() -> Response:
        out = Exposition()
        _of_process(out, api, counts)
        _of_exchanges(out, counts.ledger.sums())
        entries, size = api.journal.kept()
        out.gauge("callproof_journal_exchanges", "Exchanges in the journal.", [({}, entries)])
        out.gauge("callproof_journal_bytes", "About how many bytes these take.", [({}, size)])
        for name, said, label, values in gauges():
            out.gauge(name, said, [({label: value}, number) for value, number in values.items()])
        return Response(out.text(), content_type=CONTENT_TYPE)

    api.add("GET", "/metrics", _SUMMARY, metrics)


def _of_process(out: Exposition, api: Control, counts: Counts) -> None:
    built = {"version": __version__, "python": platform.python_version(), "end": api.end}
    out.gauge("callproof_build_info", "Which end of which release this is.", [(built, 1)])
    ledger = counts.ledger
    uptime = round(now() - ledger.began, 3)
    out.gauge("callproof_uptime_seconds", "Since this end was started.", [({}, uptime)])
    out.gauge("callproof_workers", "Processes that answer for this end.", [({}, ledger.processes)])


def _of_exchanges(out: Exposition, sums: Mapping[Labels, int]) -> None:
    def of(kind: str, *names: str) -> list[tuple[dict[str, str], int]]:
        return [
            (dict(zip(names, labels, strict=True)), number)
            for (first, *labels), number in sorted(sums.items())
            if first == kind
        ]

    out.counter(
        "callproof_requests_total", "Requests answered, by method.", of(REQUESTS, "operation", "status")
    )
    operations = sorted({labels[1] for labels in sums if labels[0] == SECONDS})
    bounds = [*map(str, BUCKETS), "+Inf"]
    out.histogram(
        "callproof_request_seconds",
        "From the first byte of a request to its answer.",
        (
            (
                {"operation": operation},
                {bound: sums.get((SECONDS, operation, bound), 0) for bound in bounds},
                sums.get((SECONDS, operation, SUM), 0) / 1e9,
            )
            for operation in operations
        ),
    )
    out.counter("callproof_findings_total", "Findings about requests, by row.", of(FINDINGS, "row", "kind"))
    out.counter(
        "callproof_outgoing_total",
        "Requests of this end; none is the status where no answer came.",
        of(ASKED, "operation", "status"),
    )
    out.gauge("callproof_open", "Readers of the journal that wait or follow.", of(OPEN, "kind"))
