"""Traffic for a person at a terminal, in telephony's terms."""

from collections import Counter

from rich.console import Console

from callproof.reports.console import said
from callproof.traffic.summary import Summary

SHOWN_MISMATCHES = 20


def show(out: Console, found: Summary) -> None:
    """For a person; the last line is the verdict."""

    def line(name: str, number: object, note: str = "") -> None:
        out.print(f"{name:<13}{number:>8}  {said(note)}".rstrip(), soft_wrap=True)

    line("Attempted", found.attempted, f"in {_time(found.seconds)}, with the time that the last ones took")
    line("Answered", found.answered)
    line("Missed", found.missed)
    line("Busy", found.busy)
    line("Refused", found.refused)
    line("Failed", found.failed.total(), _reasons(found.failed))
    line("Not started", found.not_started.total(), _reasons(found.not_started))
    line("Concurrent", found.concurrent, "at most")
    mean, most = found.report_delay
    line("In the CRM", found.in_history, f"on average {mean:.1f} s after their end, at most {most:.1f} s")
    line("Recordings", found.recordings)
    if found.latest >= 1:
        line("Late", f"{found.latest:.0f} s", "this machine could not begin the calls at their moment")
    out.print(f"{found.per_second:.0f} calls per second, in {_time(found.took)}")
    for sentence in found.mismatches[:SHOWN_MISMATCHES]:
        out.print(said(sentence), style="red", soft_wrap=True)
    if (more := len(found.mismatches) - SHOWN_MISMATCHES) > 0:
        out.print(f"and {more} more", style="red")
    if found.mismatches:
        out.print(f"Not reconciled: {len(found.mismatches)} differences between the ends", style="bold red")
    else:
        out.print("Reconciled: no call is lost, none is double, none differs", style="green")


def _reasons(counted: Counter[str]) -> str:
    return ", ".join(f"{reason}: {count}" for reason, count in counted.most_common())


def _time(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f} min {rest:.0f} s" if minutes else f"{rest:.1f} s"
