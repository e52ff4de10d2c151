"""A load run as JSON, of the form in ``schemas/load-report.json``; times are in milliseconds."""

import orjson

from callproof.contract.jsontypes import Json, JsonObject
from callproof.load.histogram import Histogram
from callproof.load.results import PERCENTILES, JudgedThreshold, Results


def write(found: Results) -> bytes:
    kept, sent = found.reconciliation, found.tally.sent
    document: JsonObject = {
        "passed": found.passed,
        "bounded": found.bounded,
        "thresholds": [_threshold(judged) for judged in found.judged],
        "invalid": list(found.invalid),
        "warnings": list(found.warnings),
        "model": found.job.model,
        "targets": list(found.job.urls),
        "run": found.job.run,
        "seed": found.job.seed,
        "seconds": found.elapsed,
        "workers": found.workers,
        "arrivalRate": {
            "planned": found.planned,
            "intended": found.intended_rate,
            "achieved": found.rate,
        },
        "counts": dict(found.counts()),
        "reasons": dict(found.tally.reasons),
        "errors": dict(found.tally.errors),
        "conformance": {"judged": found.tally.judged, "violations": dict(found.tally.violations)},
        "times": {name: _both(times, sent.get(name)) for name, times in sorted(found.tally.times.items())},
        "overall": _both(found.overall, found.overall_sent),
        "reconciliation": {
            "done": kept.done,
            "by": kept.by,
            "whyNot": kept.why_not,
            "acknowledged": kept.acknowledged,
            "stored": kept.stored,
            "lost": list(kept.lost),
            "doubled": list(kept.doubled),
            "unclaimed": kept.unclaimed,
        },
        "generator": {
            "cpuSeconds": found.tally.cpu,
            "cpuMsPerCall": _ms(found.cost),
            "busySeconds": found.tally.busy,
        },
        "slices": _slices(found),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _threshold(judged: JudgedThreshold) -> JsonObject:
    return {
        "threshold": str(judged.threshold),
        "value": judged.value,
        "margin": judged.margin,
        "unit": judged.threshold.unit,
        "kept": judged.kept,
    }


def _both(times: Histogram, sent: Histogram | None) -> JsonObject:
    return _times(times) | ({"fromSending": _times(sent)} if sent else {})


def _times(times: Histogram) -> JsonObject:
    found: JsonObject = {"count": times.count, "mean": _ms(times.mean), "max": _ms(times.most)}
    return found | {f"p{p:g}": _ms(times.percentile(p)) for p in PERCENTILES}


def _ms(value: float | None) -> float | None:
    return None if value is None else round(value * 1000, 3)


def _slices(found: Results) -> list[Json]:
    width = found.tally.width
    return [
        {
            "at": place * width,
            "intended": found.job.curve.rate(place * width + width / 2),
            "achieved": part.begun / width,
            "concurrent": concurrent,
            "requests": part.requests,
            "failed": part.failed,
            **{f"p{p:g}": _times(part.times)[f"p{p:g}"] for p in (50, 95, 99)},
        }
        for place, (part, concurrent) in enumerate(zip(found.slices, found.concurrent, strict=True))
    ]
