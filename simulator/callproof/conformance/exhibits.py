"""The exchanges of a scenario as one reads them: each once, numbered, in the order of time.

Where both ends are callproof's own, both journals have every exchange; it is shown as whoever asked wrote
it down, because only there one sees what was sent and whether an answer came.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from callproof.conformance.evidence import Seen
from callproof.contract.operations import Side


@dataclass(frozen=True)
class Exhibit:
    """``refs`` are the entries of the journals that tell of it; ``since`` is in seconds after the first."""

    number: int
    exchange: Seen
    refs: tuple[str, ...]
    since: float

    @property
    def name(self) -> str:
        """The method of the contract, or the path where it is none."""
        operation = self.exchange.operation
        if operation:
            return operation.name
        return "/" + self.exchange.url.partition("://")[2].partition("/")[2].partition("?")[0]

    @property
    def asked(self) -> Side:
        """Who had to answer."""
        return self.exchange.asked_by.other

    @property
    def outcome(self) -> str:
        return str(self.exchange.status or self.exchange.error or "no answer")


def exhibits(exchanges: Iterable[Seen]) -> list[Exhibit]:
    """Every exchange once, with both entries where two journals have it."""
    found: list[list[Seen]] = []
    waiting: dict[tuple[object, ...], list[list[Seen]]] = {}
    for exchange in exchanges:
        same = (exchange.asked_by, exchange.method, exchange.url, exchange.request.body.text)
        alone = waiting.get((exchange.seen_by.other, *same))
        if alone:
            alone.pop(0).append(exchange)
            continue
        views = [exchange]
        found.append(views)
        waiting.setdefault((exchange.seen_by, *same), []).append(views)
    found.sort(key=lambda views: views[0].at)
    began = found[0][0].at if found else 0.0
    return [_exhibit(number, views, began) for number, views in enumerate(found, 1)]


def _exhibit(number: int, views: list[Seen], began: float) -> Exhibit:
    asker = next((view for view in views if view.seen_by is view.asked_by), views[0])
    return Exhibit(number, asker, tuple(view.ref for view in views), round(views[0].at - began, 3))


def offset(seconds: float) -> str:
    """A span for a reader: ``+0 s``, ``+4.5 s``, ``+3 min 05 s``, ``+2 h 00 min``."""
    if seconds < 60:
        return f"+{round(seconds, 1):g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"+{minutes} min {rest:02} s"
    return f"+{minutes // 60} h {minutes % 60:02} min"
