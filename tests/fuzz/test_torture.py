"""The tools that try what is promised say when it is not kept, and draw the same twice from one seed."""

import random
from collections import Counter
from pathlib import Path

import pytest

from tools.soak import Gauge, Slope
from tools.torture import corpus, page
from tools.torture.figures import Figure, at_least, at_most, none_of
from tools.torture.kills import Counts
from tools.torture.messages import parsed
from tools.torture.mutating import mutated
from tools.torture.seeds import seeds


def test_a_promise_that_is_not_kept_is_a_sentence() -> None:
    assert [
        at_most("Memory", 1.6, 1.5).broken,
        at_least("Kills", 59, 60).broken,
        none_of("Lost", 1).broken,
    ] == [
        "Memory has to be at most 1.5 and is 1.6.",
        "Kills has to be at least 60 and is 59.",
        "Lost has to be 0 and is 1.",
    ]
    assert not any(one.broken for one in (at_most("m", 1.5, 1.5), at_least("k", 60, 60), none_of("l", 0)))


def test_writes_that_are_lost_or_there_twice_are_counted() -> None:
    counts = Counts()
    counts.compare(["a", "b", "c"], Counter({"a": 1, "b": 2, "not acknowledged": 1}))
    assert (counts.acknowledged, counts.lost, counts.doubled) == (3, 1, 1)


def test_one_seed_makes_the_same_inputs_again() -> None:
    messages = seeds()["pbx"]
    first, second = ([mutated(one, random.Random(7)) for one in messages] for _ in range(2))
    assert first == second
    assert len({raw for raw, _ in first}) > len(messages) / 2


def test_every_route_of_both_ends_has_a_request() -> None:
    found = {
        side: {(one.method, one.target.partition("?")[0]) for one in made} for side, made in seeds().items()
    }
    assert ("POST", "/api/v5/telephony/calls/upload") in found["crm"]
    assert ("POST", "/settings/torture/delete") in found["crm"]
    assert ("POST", "/_bench/calls/1/hang-up") in found["pbx"]


def test_what_is_kept_can_be_sent_again_and_holds_nothing_of_its_run() -> None:
    raw = b"GET /x HTTP/1.1\r\nHost: 127.0.0.1:4711\r\nCookie: callproof_crm_4711=s\r\nX: \xff\r\n\r\n"
    kept = corpus.entry("GET /x", 404, b'{"error":"No call 17"}', raw)
    assert kept.key == ("GET /x", 404, "{_:_}")
    assert kept.raw == b"GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\nX: \xff\r\n\r\n"
    assert parsed(kept.raw).target == "/x"


def test_growth_is_broken_only_where_it_is_sure() -> None:
    times = [float(n) for n in range(100)]
    gauge = Gauge("Memory", "MiB", lambda _: 0.0, may=30)
    steady = Slope.of(times, [100 + n / 36 for n in times])
    assert steady.an_hour == pytest.approx(100)
    assert steady.figure(gauge, 0).broken.startswith("Memory grows by ")
    noise = random.Random(1)
    assert not Slope.of(times, [100 + noise.random() for _ in times]).figure(gauge, 0).broken


def test_figures_stand_between_their_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "robustness.md"
    file.write_text(page.PAGE.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(page, "PAGE", file)
    for value in ("1", "2"):
        page.write("soak", [Figure("Minutes", value, "Too many.")])
    written = file.read_text("utf-8")
    assert "| Minutes | 2 **broken** |" in written
    assert "| Minutes | 1" not in written
    assert written.startswith("# Robustness\n")
