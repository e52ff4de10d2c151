"""A load run as one page, with its curves over time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from callproof.load.histogram import Histogram
from callproof.load.results import PERCENTILES, Results
from callproof.load.tally import Slice
from callproof.reports.charts import Series, draw
from callproof.reports.load_terminal import books
from callproof.reports.pages import render

SHOWN = 100
CURVES = (("p50", 50.0), ("p95", 95.0), ("p99", 99.0))


@dataclass(frozen=True)
class Chart:
    title: str
    note: str
    keys: Sequence[tuple[str, str]]
    picture: Markup


@dataclass(frozen=True)
class Row:
    """Latencies of one method, in milliseconds as text, from one of the two moments."""

    name: str
    since: str
    count: int
    times: Sequence[str]


def write(found: Results) -> bytes:
    """The page as UTF-8."""
    return render(
        "load.html",
        found=found,
        counts=found.counts(),
        books=books(found),
        charts=list(_charts(found)),
        heads=[f"p{p:g}" for p in PERCENTILES],
        rows=list(_rows(found)),
        reasons=found.tally.reasons.most_common(SHOWN),
        errors=found.tally.errors.most_common(SHOWN),
        violations=found.tally.violations.most_common(SHOWN),
    )


def _rows(found: Results) -> Iterator[Row]:
    for name, times in sorted(found.tally.times.items()):
        yield _row(name, "intended start", times)
        if sent := found.tally.sent.get(name):
            yield _row(name, "sending", sent)


def _row(name: str, since: str, times: Histogram) -> Row:
    shown = [times.mean, *(times.percentile(p) for p in PERCENTILES), times.most]
    return Row(name, since, times.count, ["-" if v is None else f"{v * 1000:.1f}" for v in shown])


def _charts(found: Results) -> list[Chart]:
    width, slices = found.tally.width, found.slices
    seconds = width * len(slices)
    middle = [(place + 0.5) * width for place in range(len(slices))]
    ended = [(place + 1) * width for place in range(len(slices))]
    begins = [m for m in middle if m < found.elapsed]
    intended = Series("intended", "warned", found.job.curve.points)
    achieved = Series("achieved", "noted", [(m, slices[i].begun / width) for i, m in enumerate(begins)])
    concurrent = Series(
        "calls", "noted", [(0.0, 0), *zip(ended, found.concurrent, strict=True)], filled=True
    )
    times = [
        Series(name, kind, [(m, _ms(slices[i], percent)) for i, m in enumerate(middle)])
        for (name, percent), kind in zip(CURVES, ("noted", "warned", "known"), strict=True)
    ]
    requests = Series("requests", "noted", [(m, slices[i].requests / width) for i, m in enumerate(middle)])
    failed = Series("failed", "failed", [(m, slices[i].failed / width) for i, m in enumerate(middle)])
    over = f"each point is {width:g} s"
    return [
        _chart("Arrival rate", f"calls begun a second, {over}", "calls/s", [intended, achieved], seconds),
        _chart("Concurrent calls", "from arrival to hang-up", "calls", [concurrent], seconds),
        _chart("Latency", f"of all methods, from the intended start, {over}", "ms", times, seconds),
        _chart("Requests", f"answered a second, {over}", "requests/s", [requests, failed], seconds),
    ]


def _chart(title: str, note: str, unit: str, series: Sequence[Series], seconds: float) -> Chart:
    return Chart(title, note, [(one.name, one.kind) for one in series], draw(title, unit, series, seconds))


def _ms(part: Slice, percent: float) -> float | None:
    found = part.times.percentile(percent)
    return None if found is None else found * 1000
