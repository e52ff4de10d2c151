"""The results as one page: a single file without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from callproof import __version__
from callproof.load.charts import Series, draw
from callproof.load.report import PERCENTILES, books
from callproof.load.results import Results
from callproof.load.tally import Slice

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
    """Latencies of one method, in milliseconds as text."""

    name: str
    count: int
    times: Sequence[str]


def write(found: Results) -> bytes:
    """The page as UTF-8. Whatever the target sent stands in it escaped."""
    page = _template().render(
        found=found,
        version=__version__,
        counts=found.counts(),
        books=books(found),
        charts=list(_charts(found)),
        heads=[f"p{p:g}" for p in PERCENTILES],
        rows=[_row(name, found) for name in sorted(found.tally.times)],
        reasons=found.tally.reasons.most_common(SHOWN),
        errors=found.tally.errors.most_common(SHOWN),
        violations=found.tally.violations.most_common(SHOWN),
    )
    return page.encode()


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(Path(__file__).with_name("page.html").read_text("utf-8"))


def _row(name: str, found: Results) -> Row:
    times = found.tally.times[name]
    shown = [times.mean, *(times.percentile(p) for p in PERCENTILES), times.most]
    return Row(name, times.count, ["-" if v is None else f"{v * 1000:.1f}" for v in shown])


def _charts(found: Results) -> list[Chart]:
    width, slices = found.tally.width, found.slices
    seconds = width * len(slices)
    middle = [(place + 0.5) * width for place in range(len(slices))]
    ended = [(place + 1) * width for place in range(len(slices))]
    begins = [m for m in middle if m < found.elapsed]
    intended = Series("intended", "one", found.job.curve.points)
    achieved = Series("achieved", "two", [(m, slices[i].begun / width) for i, m in enumerate(begins)])
    concurrent = Series("calls", "two", [(0.0, 0), *zip(ended, found.concurrent, strict=True)], filled=True)
    times = [
        Series(name, kind, [(m, _ms(slices[i], percent)) for i, m in enumerate(middle)])
        for (name, percent), kind in zip(CURVES, ("two", "one", "three"), strict=True)
    ]
    requests = Series("requests", "two", [(m, slices[i].requests / width) for i, m in enumerate(middle)])
    failed = Series("failed", "bad", [(m, slices[i].failed / width) for i, m in enumerate(middle)])
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
