"""callproof and its peers on the same requests, side by side in one run."""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote_plus

import requests

from benchmarks import schema
from benchmarks.bench import Bench
from benchmarks.figures import Found, interleaved
from benchmarks.install import Tools
from benchmarks.peers import java, node, python
from benchmarks.peers.peer import Peer, Place
from benchmarks.processes import NotStarted, Server, free_port
from benchmarks.product import Crm, sqlite
from benchmarks.telephony import INVALID_EVENTS, workloads
from benchmarks.workload import Workload
from benchmarks.wrk import BadRun, Figure

# As it starts by default, and with a state that outlives it.
OURS, KEPT = "callproof", "callproof, SQLite file"
# Peers keep none either.
UNTOLD = "callproof, no journal"
FLOOR = "bare granian"
PLAIN = "bare Flask"
PEERS = (*node.PEERS, *java.PEERS, *python.PEERS)
KINDS = ("event", "lookup", "upload")
# A server is warm once a run is no more than so much faster than the one before, or after so many runs.
_FASTER, _MOST_WARMING = 1.03, 12


@dataclass
class Comparison:
    """``refusals``: of each server, what it said to each invalid event. ``started``: seconds, once each."""

    found: Found = field(default_factory=Found)
    refusals: dict[str, dict[str, str]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    server: Server
    url: str
    work: Mapping[str, Workload]


def compare(bench: Bench) -> Comparison:
    """Raises NotStarted when callproof itself does not start."""
    result = Comparison()
    tools = Tools(bench.cache)
    bench.say("installing peers that are not there yet")
    tools.install()
    with ExitStack() as stack:
        crm = Crm.start(bench)
        kept = Crm.start(bench, sqlite(bench.work / "comparison.db"))
        untold = Crm.start(bench, "", "--journal", "off")
        for own in (crm, kept, untold):
            stack.callback(own.stop)
        contract = workloads(crm.phones())
        described = _describe(bench, crm.url)
        running = {
            OURS: Running(crm.server, crm.url, contract),
            KEPT: Running(kept.server, kept.url, contract),
            UNTOLD: Running(untold.server, untold.url, contract),
        }
        for peer in PEERS:
            place = Place(tools.home(peer.home), bench.work / peer.name, *described, free_port())
            bench.say(f"starting {peer.name}")
            try:
                running[peer.name] = _start(bench, tools, peer, place, contract)
                stack.callback(running[peer.name].server.stop)
            except NotStarted as reason:
                result.found.missing[peer.name] = str(reason).splitlines()[-1]
            result.versions[peer.name] = tools.version(peer.home, peer.package)
        result.started = {name: one.server.took for name, one in running.items()}
        _judge(running, result)
        _measure(bench, running, result)
    return result


def _describe(bench: Bench, url: str) -> tuple[Path, Path]:
    """callproof's own description, cut, and the same for tools that read less."""
    document = requests.get(f"{url}/openapi.json", timeout=20).json()
    answers = {path: json.loads(answer) for _, path, answer in node.ROUTES}
    files = bench.work / "openapi.json", bench.work / "openapi-plain.json"
    for file, text in zip(files, (schema.cut(document), schema.plain(document, answers)), strict=True):
        file.write_text(json.dumps(text), "utf-8")
    return files


def _start(bench: Bench, tools: Tools, peer: Peer, place: Place, contract: dict[str, Workload]) -> Running:
    if peer.package in tools.reasons:
        raise NotStarted(f"not installed: {tools.reasons[peer.package]}")
    place.work.mkdir(parents=True, exist_ok=True)
    work = peer.asked(contract)
    name = peer.name.replace(" ", "-")
    server = bench.start(name, peer.command(place), lambda: _listens(place.url), env=peer.env(place))
    try:
        peer.introduce(place.url)
    except requests.RequestException as error:
        server.stop()
        raise NotStarted(str(error)) from None
    return Running(server, place.url, work)


def _listens(url: str) -> bool:
    try:
        return requests.get(url, timeout=20).status_code > 0
    except requests.RequestException:
        return False


def _judge(running: Mapping[str, Running], result: Comparison) -> None:
    """Each server takes every good request before it is measured; what it says to bad ones is kept."""
    without_forms = {peer.name for peer in PEERS if not peer.validates}
    for name, one in running.items():
        for work in one.work.values():
            status, text = _ask(one.url, work)
            if status // 100 != 2:
                result.found.missing[f"{name} {work.name}"] = f"answered {status}: {text[:200]}"
        if name not in without_forms:
            result.refusals[name] = {
                what: _verdict(*_ask(one.url, replace(one.work["event"], item=quote_plus(event))))
                for what, event in INVALID_EVENTS.items()
            }


def _ask(url: str, work: Workload) -> tuple[int, str]:
    path, body = work.example()
    answer = requests.request(
        work.method, url + path, data=body or None, headers=dict(work.headers), timeout=30
    )
    return answer.status_code, answer.text


def _verdict(status: int, _: str) -> str:
    return f"{'accepted' if status < 400 else 'refused'} ({status})"


def _measure(bench: Bench, running: Mapping[str, Running], result: Comparison) -> None:
    seconds, rounds = (1, 1) if bench.quick else (3, 5)
    measures: dict[tuple[str, str], Callable[[], Figure]] = {}
    for kind in KINDS:
        for name, one in running.items():
            if kind not in one.work or f"{name} {kind}" in result.found.missing:
                continue
            bench.say(f"warming {name}, {kind}")
            try:
                _warm(bench, one, one.work[kind], seconds)
            except BadRun as bad:
                result.found.missing[f"{name} {kind}"] = str(bad)
                continue
            measures[name, kind] = lambda one=one, kind=kind: bench.measure(  # type: ignore[misc]
                one.server, one.url, one.work[kind], seconds
            )
    measured = interleaved(measures, rounds, bench.say)
    result.found.series |= measured.series
    result.found.missing |= measured.missing


def _warm(bench: Bench, one: Running, work: Workload, seconds: int) -> None:
    """Until it becomes no faster: what compiles while it runs needs many thousand requests.

    Raises BadRun.
    """
    if bench.quick:
        bench.measure(one.server, one.url, work, seconds, limit=50)
        return
    before = 0.0
    for _ in range(_MOST_WARMING):
        rate = bench.measure(one.server, one.url, work, seconds).rate
        if rate <= before * _FASTER:
            return
        before = rate
