"""What callproof promises of its figures, each as a ratio of medians within one run."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from benchmarks.figures import Found, Series, ratio
from benchmarks.sections import comparison, connections, journal, sizes
from benchmarks.sections.comparison import FLOOR, KEPT, KINDS, OURS, PLAIN
from benchmarks.sections.footprint import CHECK, FLASK, HELP, NOTHING, PACKAGE, TRAFFIC, Footprint
from benchmarks.sections.workers import POSTGRES, SETUPS, SQLITE, Workers
from benchmarks.workload import Ids, Notation


@dataclass(frozen=True)
class Claim:
    """``value`` should be ``at_least`` or ``at_most`` the limit; None when it was not measured."""

    text: str
    value: float | None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool | None:
        if self.value is None:
            return None
        if self.at_least is not None:
            return self.value >= self.at_least
        return self.at_most is None or self.value <= self.at_most

    @property
    def limit(self) -> str:
        return f"at least {self.at_least:g}" if self.at_least is not None else f"at most {self.at_most:g}"


def of_comparison(found: Found) -> Iterator[Claim]:
    """Against peers, the bare server, and a plain Flask app."""
    for ours, floor in ((OURS, 3.0), (KEPT, 4.0)):
        for kind in ("event", "lookup"):
            for peer in comparison.PEERS:
                if peer.name != FLOOR:
                    value = _rates(found.get(ours, kind), found.get(peer.name, kind))
                    yield Claim(f"{ours}, {kind}: requests per second, of {peer.name}", value, at_least=1.0)
            value = _costs(found.get(ours, kind), found.get(FLOOR, kind))
            text = f"{ours}, {kind}: CPU time, of {FLOOR} with a constant answer"
            yield Claim(text, value, at_most=floor)
            yield Claim(f"{ours}, {kind}: p99, of p50", _tail(found.get(ours, kind)), at_most=10.0)
        value = _rates(found.get(ours, "upload"), found.get(PLAIN, "upload"))
        yield Claim(f"{ours}, upload of 50: requests per second, of {PLAIN}", value, at_least=3.0)


def of_sizes(found: Found) -> Iterator[Claim]:
    for ids, limit in ((Ids.ASCENDING, 1.2), (Ids.RANDOM, 2.0)):
        for kind in KINDS:
            large = found.get(sizes.subject(sizes.LARGE, ids), kind)
            small = found.get(sizes.subject(sizes.SMALL, ids), kind)
            text = f"{kind}: CPU time at 1 000 000 stored calls, of that at 10 000, {ids} ids"
            yield Claim(text, _costs(large, small), at_most=limit)
    random, ascending = (found.get(sizes.subject(sizes.LARGE, ids), "upload") for ids in reversed(Ids))
    text = "upload: CPU time at 1 000 000 stored calls with random ids, of that with ascending ones"
    yield Claim(text, _costs(random, ascending), at_most=1.5)


def of_journal(found: Found) -> Iterator[Claim]:
    for kind in KINDS:
        value = _costs(found.get(journal.ON, kind), found.get(journal.OFF, kind))
        yield Claim(f"{kind}: CPU time with the journal, of that without", value, at_most=1.2)


def of_notations(found: Found) -> Iterator[Claim]:
    for kind in ("event", "upload"):
        value = _costs(found.get(Notation.MIXED, kind), found.get(Notation.PLUS, kind))
        yield Claim(f"{kind}: CPU time of mixed notations, of that of +7 alone", value, at_most=1.2)


def of_connections(found: Found) -> Iterator[Claim]:
    """Threads that wait for one another cost nothing."""
    for setup in connections.SETUPS:
        many, few = (found.get(str(setup), connections.kind(count)) for count in (64, 16))
        text = f"{setup}, event: CPU time from 64 connections, of that from 16"
        yield Claim(text, _costs(many, few), at_most=1.2)


def of_workers(workers: Workers) -> Iterator[Claim]:
    """How many things were lost, doubled, or not acknowledged as new exactly once."""
    for setup in SETUPS:
        ledger = workers.ledgers.get(str(setup))
        value = float(ledger.events.wrong + ledger.calls.wrong) if ledger else None
        yield Claim(f"{setup}: lost, doubled or miscounted", value, at_most=0.0)


def of_scaling(workers: Workers) -> Iterator[Claim]:
    """What a second worker brings, and what it costs that another program keeps the calls."""
    one, two = (str(setup) for setup in SETUPS if setup.database == POSTGRES and setup.servers == 1)
    for kind in ("event", "upload"):
        value = _rates(workers.found.get(two, kind), workers.found.get(one, kind))
        yield Claim(f"{two}, {kind}: requests per second, of one", value, at_least=1.6)
    for kind in ("event", "upload"):
        value = _tail(workers.found.get(f"{SQLITE}, 2 workers", kind))
        yield Claim(f"{SQLITE}, 2 workers, {kind}: p99, of p50", value, at_most=10.0)
        value = _costs(workers.found.get(one, kind), workers.found.get(f"{SQLITE}, 1 worker", kind))
        yield Claim(f"{one}, {kind}: CPU time, of that with a SQLite file", value, at_most=1.5)


def of_footprint(found: Footprint) -> Iterator[Claim]:
    """How much longer it takes to start than what everybody knows."""
    calls, check = found.values.get(TRAFFIC), found.values.get(CHECK)
    yield Claim(f"{TRAFFIC}: calls a second", calls[0].middle if calls else None, at_least=1000.0)
    yield Claim(f"{CHECK}: seconds", check[0].middle if check else None, at_most=3.0)
    for what, other, limit in ((HELP, FLASK, 50.0), (PACKAGE, NOTHING, 20.0)):
        text = f"{what}: ms of CPU time more than {other}"
        yield Claim(text, _more(found, what, other), at_most=limit)


def _more(found: Footprint, what: str, other: str) -> float | None:
    if what not in found.values or other not in found.values:
        return None
    return found.values[what][0].middle - found.values[other][0].middle


def _rates(ours: Series | None, theirs: Series | None) -> float | None:
    return ratio(ours.rate, theirs.rate) if ours and theirs else None


def _costs(ours: Series | None, theirs: Series | None) -> float | None:
    return ratio(ours.cpu, theirs.cpu) if ours and theirs else None


def _tail(series: Series | None) -> float | None:
    return median(figure.p99 / figure.p50 for figure in series.rounds) if series else None
