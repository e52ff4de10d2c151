"""The verdict as a badge, for the first page of a repository: a picture of a few words, as SVG."""

from callproof.conformance.verdict import Outcome, Verdict
from callproof.reports.pages import render

NAME = "callproof"
GREEN, RED, GREY = "#2e7d32", "#c62828", "#616161"
# About as wide as a character of the badge's font is, in pixels, and the room around the words.
CHARACTER, ROOM = 6.6, 12


def write(verdict: Verdict) -> bytes:
    """The picture as UTF-8."""
    words, colour = _words(verdict)
    seen, every = verdict.decided
    return render(
        "badge.svg",
        name=NAME,
        words=words,
        colour=colour,
        left=_width(NAME),
        right=_width(words),
        room=ROOM,
        title=f"{NAME}: {words}; {seen} of {every} rows were looked at",
    )


def _words(verdict: Verdict) -> tuple[str, str]:
    """What it says and its colour; the share is that of the rows that were looked at."""
    said = verdict.words.lower()
    if verdict.conformant:
        seen, every = verdict.decided
        return f"{said} {seen * 100 // max(every, 1)} %", GREEN
    if verdict.stopped or (verdict.misconfigured and not verdict.red):
        return said, GREY
    failed = verdict.counts[Outcome.FAILED]
    return (f"{said}, {failed} failed" if failed else said), RED


def _width(words: str) -> int:
    return round(len(words) * CHARACTER) + ROOM
