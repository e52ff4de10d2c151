"""Which exchanges of a journal somebody wants to see."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote_plus, urlsplit

import click
import orjson

from callproof.clocks.durations import seconds
from callproof.contract.findings import Kind
from callproof.contract.requirements import all_requirements
from callproof.exchange.exchange import Body, Exchange

ANY = "any"
_DAY, _TIME = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?"), re.compile(r"\d\d?:\d\d(:\d\d(\.\d+)?)?")


@dataclass(frozen=True)
class Wanted:
    """What is asked of an exchange; empty is no demand. ``finding`` is ``any``, a kind, or how the id of a
    row begins. ``since`` is in seconds since 1970."""

    call: str = ""
    refused: bool = False
    finding: str = ""
    method: str = ""
    path: str = ""
    since: float | None = None

    @property
    def everything(self) -> bool:
        return self == Wanted()

    def fits(self, entry: Exchange) -> bool:
        return (
            (self.since is None or entry.at >= self.since)
            and (not self.method or entry.request.method == self.method.upper())
            and self.path in urlsplit(entry.request.url).path
            and (not self.refused or refused(entry))
            and (not self.finding or self._found(entry))
            and (not self.call or _tells_of(entry, self.call))
        )

    def _found(self, entry: Exchange) -> bool:
        return any(
            self.finding in (ANY, found.kind) or found.requirement.startswith(self.finding)
            for found in entry.findings
        )


def refused(entry: Exchange) -> bool:
    """Whether nobody answered, or somebody said no: by the status, or by ``success`` in the answer."""
    if entry.answer is None or entry.answer.status >= 400:
        return True
    try:
        said = orjson.loads(entry.answer.body.content)
    except orjson.JSONDecodeError:
        return False
    return isinstance(said, dict) and said.get("success") is False


def known_finding(_context: click.Context, _parameter: click.Parameter, wanted: str | None) -> str:
    """A kind, or the beginning of a row's id, or a usage error."""
    if not wanted or wanted in (ANY, *Kind) or any(row.startswith(wanted) for row in all_requirements()):
        return wanted or ""
    kinds = ", ".join(Kind)
    raise click.BadParameter(f"{wanted!r} is no kind of finding ({kinds}), and no row's id begins so.")


def moment(told: str, now: Callable[[], float]) -> float | None:
    """A time in UTC, with the day or of today, or so long ago by the end's clock, which ``now`` tells.
    Raises click.BadParameter."""
    if not told:
        return None
    try:
        if _DAY.fullmatch(told):
            return datetime.fromisoformat(told).replace(tzinfo=UTC).timestamp()
        if _TIME.fullmatch(told):
            today = datetime.fromtimestamp(now(), UTC).date()
            return datetime.fromisoformat(f"{today}T{told:0>5}").replace(tzinfo=UTC).timestamp()
        return now() - seconds(told)
    except ValueError:
        raise click.BadParameter(
            f"{told!r} is no time; write 90s, 10m or 2h for so long ago, 12:30, or 2024-05-01 12:30:00.",
            param_hint="--since",
        ) from None


def _tells_of(entry: Exchange, call: str) -> bool:
    """Whether the id, or one that begins so, stands somewhere in it."""
    bodies = (entry.request.body, entry.answer.body if entry.answer else Body())
    texts = [entry.request.url, *(body.text or "" for body in bodies)]
    pattern = re.compile(rf"(?<![\w.-]){re.escape(call)}")
    return any(pattern.search(text) or pattern.search(unquote_plus(text)) for text in texts)
