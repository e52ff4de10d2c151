"""The results for a person, a program, a CI server and a browser."""

import xml.etree.ElementTree as ET
from collections import Counter

import orjson
from rich.console import Console
from rich.markup import escape

from callproof.contract.jsontypes import Json, JsonObject
from callproof.load.histogram import Histogram
from callproof.load.results import Results

SHOWN = 10
PERCENTILES = (50, 95, 99, 99.9)


def show(out: Console, found: Results) -> None:
    """For a person; the last line is the verdict."""

    def line(name: str, value: object, note: str = "") -> None:
        out.print(f"{name:<14}{value!s:>10}  {escape(note)}".rstrip())

    counts = found.counts()
    intended = f"{found.intended_rate:.2f}/s intended, {found.rate:.2f}/s achieved"
    line("Attempted", found.attempted, f"of {found.planned} planned in {found.elapsed:.0f} s: {intended}")
    for name in ("answered", "missed", "busy", "refused", "dropped"):
        line(name.capitalize(), found.calls(name))
    line("Failed", found.calls("failed"), _most(found.tally.reasons))
    line("Unfinished", found.unfinished)
    line("Still talking", found.talking, "longer than the drain, so nothing was told of their end")
    line("Concurrent", max(found.concurrent, default=0), "at most")
    line("Busy hour", round(found.busy_hour_calls), "calls at this rate")
    line("Requests", found.overall.count, f"of them failed: {counts['failed requests']}")
    for name, times in sorted(found.tally.times.items()):
        percentiles = ", ".join(f"p{p:g} {_ms(times.percentile(p))}" for p in PERCENTILES)
        line(f"  {name}", times.count, f"{percentiles}, at most {_ms(times.most)}")
    if found.lost_workers:
        line("Lost workers", found.lost_workers, f"their calls were taken over: {counts['taken over']}")
    judged = found.tally.judged
    line("Conformance", found.tally.violations.total(), f"violations in {judged} answers that were judged")
    for text, count in found.tally.violations.most_common(SHOWN):
        out.print(f"  {count} times {escape(text)}", style="red")
    out.print(escape(books(found)), style="" if found.reconciliation.done else "yellow")
    share = found.tally.cpu / found.elapsed if found.elapsed else 0.0
    out.print(f"The generator took {found.tally.cpu:.1f} s of CPU, {100 * share:.0f} % of a core.")
    for sentence in found.invalid:
        out.print(f"Invalid: {escape(sentence)}", style="bold red")
    for sentence in found.warnings:
        out.print(f"Warning: {escape(sentence)}", style="yellow")
    for judgement in found.judged:
        mark, style = ("kept", "green") if judgement.kept else ("BROKEN", "bold red")
        out.print(f"{mark:<7}{judgement.threshold}: {judgement.shown}", style=style)
    out.print("Passed" if found.passed else "Not passed", style="green" if found.passed else "bold red")


def books(found: Results) -> str:
    """The reconciliation in a sentence."""
    kept = found.reconciliation
    if not kept.done:
        return f"Not reconciled: {kept.why_not}"
    text = (
        f"Reconciled: {kept.acknowledged} calls acknowledged, {kept.stored} stored; lost {len(kept.lost)}, "
        f"doubled {len(kept.doubled)}, stored without a seen acknowledgement {kept.unclaimed}."
    )
    named = [*kept.lost[:SHOWN], *kept.doubled[:SHOWN]]
    return f"{text} {', '.join(named)}" if named else text


def as_json(found: Results) -> bytes:
    """By ``schemas/load-report.json``; times are in milliseconds."""
    kept = found.reconciliation
    document: JsonObject = {
        "passed": found.passed,
        "invalid": list(found.invalid),
        "warnings": list(found.warnings),
        "model": found.job.model,
        "targets": list(found.job.urls),
        "run": found.job.run,
        "seed": found.job.seed,
        "seconds": found.elapsed,
        "workers": found.workers,
        "thresholds": [
            {"threshold": str(j.threshold), "value": j.value, "unit": j.threshold.unit, "kept": j.kept}
            for j in found.judged
        ],
        "arrivalRate": {
            "planned": found.planned,
            "intended": found.intended_rate,
            "achieved": found.rate,
        },
        "counts": dict(found.counts()),
        "reasons": dict(found.tally.reasons),
        "errors": dict(found.tally.errors),
        "conformance": {"judged": found.tally.judged, "violations": dict(found.tally.violations)},
        "times": {name: _times(times) for name, times in sorted(found.tally.times.items())},
        "overall": _times(found.overall),
        "reconciliation": {
            "done": kept.done,
            "whyNot": kept.why_not,
            "acknowledged": kept.acknowledged,
            "stored": kept.stored,
            "lost": list(kept.lost),
            "doubled": list(kept.doubled),
            "unclaimed": kept.unclaimed,
        },
        "generator": {"cpuSeconds": found.tally.cpu},
        "slices": _slices(found),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _times(times: Histogram) -> JsonObject:
    def ms(value: float | None) -> float | None:
        return None if value is None else round(value * 1000, 3)

    found: JsonObject = {"count": times.count, "mean": ms(times.mean), "max": ms(times.most)}
    return found | {f"p{p:g}": ms(times.percentile(p)) for p in PERCENTILES}


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


def as_junit(found: Results) -> bytes:
    """A test case for each threshold, and one for the validity of the run."""
    failures = sum(not judged.kept for judged in found.judged) + bool(found.invalid)
    tests: dict[str, str] = {
        "tests": str(len(found.judged) + 1),
        "failures": str(failures),
        "errors": "0",
        "skipped": "0",
    }
    root = ET.Element("testsuites", {"name": "callproof load", **tests})
    suite = ET.SubElement(root, "testsuite", {"name": f"load {found.job.model}", **tests})
    valid = ET.SubElement(suite, "testcase", classname="load", name="the run is valid")
    if found.invalid:
        ET.SubElement(valid, "failure", message=found.invalid[0]).text = "\n".join(found.invalid)
    for judged in found.judged:
        case = ET.SubElement(suite, "testcase", classname="load", name=str(judged.threshold))
        if not judged.kept:
            ET.SubElement(case, "failure", message=f"{judged.threshold.metric}: {judged.shown}")
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _most(reasons: Counter[str]) -> str:
    return ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common(SHOWN))


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value * 1000:.1f} ms"


__all__ = ["as_json", "as_junit", "books", "show"]
