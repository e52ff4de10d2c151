"""A load run for a person at a terminal."""

from collections import Counter

from rich.console import Console

from callproof.load.histogram import Histogram
from callproof.load.results import PERCENTILES, JudgedThreshold, Results
from callproof.reports.console import said

SHOWN = 10


def show(out: Console, found: Results) -> None:
    """For a person: thresholds first, and in the last line what they come to."""

    def line(name: str, value: object, note: str = "") -> None:
        out.print(f"{name:<14}{value!s:>10}  {said(note)}".rstrip())

    for judgement in found.judged:
        _threshold(out, judgement)
    for sentence in found.invalid:
        out.print(f"Invalid: {said(sentence)}", style="bold red")
    for sentence in found.warnings:
        out.print(f"Warning: {said(sentence)}", style="yellow")
    counts = found.counts()
    planned = f"that seed {found.job.seed} planned in {found.elapsed:.0f} s"
    intended = f"{found.intended_rate:.2f}/s intended, {found.rate:.2f}/s achieved"
    line("Attempted", found.attempted, f"of {found.planned} {planned}: {intended}")
    for name in ("answered", "missed", "busy", "refused", "dropped"):
        line(name.capitalize(), found.calls(name))
    line("Failed", found.calls("failed"), _most(found.tally.reasons))
    line("Unfinished", found.unfinished)
    line("Still talking", found.talking, "longer than the drain, so nothing was told of their end")
    line("Concurrent", max(found.concurrent, default=0), "at most")
    line("Busy hour", round(found.busy_hour_calls), "calls at this rate")
    line("Requests", found.overall.count, f"of them failed: {counts['failed requests']}")
    line("Latency", "", "from the intended start; where it says so from sending")
    for name, times in sorted(found.tally.times.items()):
        line(f"  {name}", times.count, _percentiles(times))
        if sent := found.tally.sent.get(name):
            line("    sending", "", _percentiles(sent))
    if found.lost_workers:
        line("Lost workers", found.lost_workers, f"their calls were taken over: {counts['taken over']}")
    judged = found.tally.judged
    line("Conformance", found.tally.violations.total(), f"violations in {judged} answers that were judged")
    for text, count in found.tally.violations.most_common(SHOWN):
        out.print(f"  {count} times {said(text)}", style="red")
    out.print(said(books(found)), style="" if found.reconciliation.done else "yellow")
    share = found.tally.cpu / found.elapsed if found.elapsed else 0.0
    took = f"{found.tally.cpu:.1f} s of CPU, {100 * share:.0f} % of a core, {_ms(found.cost)} a call"
    out.print(f"The generator took {took}.")
    out.print(found.verdict, style="green" if found.passed else "bold red")


def _threshold(out: Console, judged: JudgedThreshold) -> None:
    mark, style = ("kept", "green") if judged.kept else ("BROKEN", "bold red")
    out.print(f"{mark:<7}{judged.threshold}: {judged.told}", style=style)


def _percentiles(times: Histogram) -> str:
    shown = ", ".join(f"p{p:g} {_ms(times.percentile(p))}" for p in PERCENTILES)
    return f"{shown}, at most {_ms(times.most)}"


def books(found: Results) -> str:
    """The reconciliation in a sentence."""
    kept = found.reconciliation
    if not kept.done:
        return f"Not reconciled: {kept.why_not}"
    text = (
        f"Reconciled by {kept.by}: {kept.acknowledged} calls acknowledged, {kept.stored} stored; "
        f"lost {len(kept.lost)}, doubled {len(kept.doubled)}, "
        f"stored without a seen acknowledgement {kept.unclaimed}."
    )
    named = [*kept.lost[:SHOWN], *kept.doubled[:SHOWN]]
    return f"{text} {', '.join(named)}" if named else text


def _most(reasons: Counter[str]) -> str:
    return ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common(SHOWN))


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value * 1000:.1f} ms"
