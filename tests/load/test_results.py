"""What a run has shown: counts that add up, thresholds in both directions, four kinds of report."""

import xml.etree.ElementTree as ET
from contextlib import suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import cast

import orjson
import pytest
from junitparser import JUnitXml
from rich.console import Console

from callproof.contract import schemas
from callproof.contract.jsontypes import JsonObject
from callproof.load import curve
from callproof.load.job import CRM
from callproof.load.reconcile import Reconciliation
from callproof.load.results import Results
from callproof.load.tally import REFUSED, Tally
from callproof.load.thresholds import SHARES, parse
from callproof.reports import charts, load_files, load_html, load_json, load_junit, load_terminal
from tests.load.test_stories import JOB
from tests.published.forms import demand_junit

SECONDS, RATE = 10, 5
BOOKS = Reconciliation(acknowledged=45, stored=45)
NASTY = "<script>alert('x')</script>"


def run(*thresholds: str, **changes: object) -> Results:
    """Fifty calls in ten seconds, each a second long; three failed and two never ended."""
    tally = Tally(1.0)
    for number in range(SECONDS * RATE):
        at = number / RATE
        tally.begun(at, 0.001)
        tally.request(
            "call-event",
            at + 0.1,
            0.002,
            0.01 * (1 + number % 10) - 0.002,
            "503" if number % 10 == 9 else "",
        )
        if number >= 2:
            tally.slice(at + 1).ended += 1
    tally.calls.update({"answered": 40, "missed": 5, "failed": 3})
    tally.reasons[f"call-event: {NASTY}"] = 3
    tally.violations[f"call-event: {NASTY}"] = 1
    tally.judged = 10
    found = Results(
        job=replace(JOB, curve=curve.constant(RATE, SECONDS)),
        tally=tally,
        planned=SECONDS * RATE,
        elapsed=float(SECONDS),
        reconciliation=BOOKS,
        thresholds=[parse(text) for text in thresholds],
    )
    return replace(found, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("threshold", "value", "kept"),
    [
        ("attempted == 50", 50, True),
        ("failed < 6 %", 6, False),
        ("failed <= 3", 3, True),
        ("unfinished == 0", 2, False),
        ("failed requests <= 10 %", 10, True),
        ("arrival rate within 2 %", 0, True),
        ("arrival rate >= 300 /min", 300, True),
        ("busy-hour calls > 18000", 18_000, False),
        ("concurrent <= 7", 7, True),
        ("lost == 0", 0, True),
        ("violations < 10 %", 10, False),
        ("mean of call-event < 55 ms", 55, False),
        ("max < 0.2 s", 0.1, True),
        ("p50 of beginning < 2 ms", 1, True),
        ("p99 of manager-lookup < 1 s", None, False),
    ],
)
def test_a_threshold_is_judged_by_what_was_measured(
    threshold: str, value: float | None, kept: bool
) -> None:
    (judged,) = run(threshold).judged
    assert judged.value == (None if value is None else pytest.approx(value))
    assert judged.kept is kept
    assert run(threshold).passed is kept


@pytest.mark.parametrize(
    ("threshold", "margin", "words"),
    [
        ("mean of call-event < 80 ms", 25, "25 ms to spare"),
        ("max of call-event < 90 ms", -10, "10 ms beyond"),
        ("attempted >= 40", 10, "10 to spare"),
        ("attempted > 60", -10, "10 beyond"),
        ("failed < 6 %", 0, "at the limit"),
        ("lost == 0", 0, ""),
        ("unfinished == 0", -2, "2 beyond"),
        ("arrival rate within 2 %", 2, "2 % to spare"),
        ("p99 of manager-lookup < 1 s", None, ""),
    ],
)
def test_a_threshold_says_how_far_the_value_is_from_its_limit(
    threshold: str, margin: float | None, words: str
) -> None:
    (judged,) = run(threshold).judged
    assert judged.margin == (None if margin is None else pytest.approx(margin))
    assert judged.room == words


def test_thresholds_come_first_wherever_a_run_is_told_of() -> None:
    found = run("failed == 0", "p50 < 1 s", cut_short="The run was stopped.")
    out = StringIO()
    load_terminal.show(Console(file=out, soft_wrap=True), found)
    lines = out.getvalue().splitlines()
    assert lines[0] == "BROKEN failed == 0: 3, 3 beyond"
    assert lines[1].startswith("kept   p50 < 1 s: 0.05")
    assert lines[1].endswith(" s to spare")
    assert lines[2] == "Invalid: The run was stopped."
    assert list(as_json(found))[:3] == ["passed", "bounded", "thresholds"]
    (suite,) = JUnitXml.fromstring(load_junit.write(found))
    assert [case.name for case in suite] == ["failed == 0", "p50 < 1 s", "the run is valid"]
    page = load_html.write(found).decode()
    assert page.index("3 beyond") < page.index("intended arrival rate")


def test_latency_from_sending_stands_beside_that_from_the_intended_start() -> None:
    times = cast(JsonObject, cast(JsonObject, as_json(run())["times"])["call-event"])
    assert (times["max"], cast(JsonObject, times["fromSending"])["max"]) == (100, 98)
    assert "fromSending" not in cast(JsonObject, cast(JsonObject, as_json(run())["times"])["beginning"])
    out = StringIO()
    load_terminal.show(Console(file=out, soft_wrap=True), run())
    lines = out.getvalue().splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith("  call-event"))
    assert lines[place].endswith("at most 100.0 ms")
    assert lines[place + 1].endswith("at most 98.0 ms")
    assert lines[place + 1].startswith("    sending ")
    assert load_html.write(run()).decode().count("<td>sending</td>") == 1


def test_every_attempted_call_is_counted_once_more() -> None:
    counts = run().counts()
    fates = ("answered", "missed", "busy", "refused", "dropped", "failed", "unfinished")
    assert sum(cast(int, counts[name]) for name in fates) == counts["attempted"]
    talking = run(talking=2).counts()
    assert (talking["still talking"], talking["unfinished"]) == (2, 0)


def test_what_was_not_reconciled_keeps_no_threshold_on_it() -> None:
    books = Reconciliation(45, why_not="The target has no control API.")
    found = run("lost == 0", reconciliation=books)
    assert [(judged.value, judged.kept) for judged in found.judged] == [(None, False)]
    assert load_terminal.books(found) == "Not reconciled: The target has no control API."
    assert run(reconciliation=books).verdict == "Passed, and nobody knows whether calls were lost"


def test_a_call_refused_by_the_generator_makes_the_run_invalid() -> None:
    found = run("attempted == 50")
    found.tally.calls[REFUSED] = 1
    assert (run("attempted == 50").passed, found.passed) == (True, False)
    assert "1 calls were refused by the generator" in found.invalid[0]


def test_a_generator_that_is_late_is_warned_of() -> None:
    found = run()
    assert found.warnings == []
    for _ in range(2):
        found.tally.begun(1.0, 0.5)
    assert "late, 500 ms at p99" in found.warnings[0]
    assert found.invalid == []


def test_clicks_at_extensions_that_never_hang_up_are_warned_of() -> None:
    found = run("attempted == 50")
    found.tally.calls["refused"] = 45
    assert found.warnings == []
    clicks = replace(found, job=replace(found.job, model=CRM))
    assert "45 of 50 clicks were refused, as by extensions that still talk" in clicks.warnings[0]
    assert clicks.verdict == "Passed"
    clicks.tally.calls["refused"] = 25
    assert clicks.warnings == []


def test_a_run_that_the_generator_bounds_says_so_in_its_verdict() -> None:
    busy, refused = run("attempted == 50"), run("attempted == 50")
    busy.tally.spent(0.95, 1.0)
    refused.tally.calls[REFUSED] = 1
    assert [found.verdict for found in (run("failed == 0"), busy, refused)] == [
        "Not passed",
        "Passed, bounded by the generator",
        "Not passed, bounded by the generator",
    ]
    assert "had no CPU to spare for 1.0 s" in busy.warnings[0]
    out = StringIO()
    load_terminal.show(Console(file=out, soft_wrap=True), busy)
    assert out.getvalue().splitlines()[-1] == "Passed, bounded by the generator"
    assert as_json(busy)["bounded"] is True
    assert '<h1 class="passed">Passed, bounded by the generator</h1>' in load_html.write(busy).decode()
    (suite,) = JUnitXml.fromstring(load_junit.write(busy))
    assert "had no CPU to spare" in str(next(case for case in suite if "valid" in case.name).system_out)


def test_what_a_call_cost_the_generator_is_reported() -> None:
    found = run()
    found.tally.spent(0.1, 1.0)
    assert as_json(found)["generator"] == {"cpuSeconds": 0.1, "cpuMsPerCall": 2, "busySeconds": 0}
    out = StringIO()
    load_terminal.show(Console(file=out, soft_wrap=True), found)
    assert "0.1 s of CPU, 1 % of a core, 2.0 ms a call." in out.getvalue()


def test_a_run_that_was_stopped_is_invalid() -> None:
    assert run(cut_short="The run was stopped after 3 s.").invalid == ["The run was stopped after 3 s."]


def test_the_busy_hour_of_a_long_run_is_its_busiest() -> None:
    tally = Tally(600.0)
    for place in range(12):
        tally.slices[place].begun = 100 if 3 <= place < 9 else 10
    long = run(tally=tally, elapsed=7200.0, planned=660)
    assert long.busy_hour_calls == 600


def test_the_json_is_as_its_schema_says() -> None:
    written = orjson.loads(load_json.write(run("lost == 0", "failed == 0")))
    assert schemas.validate("load-report", written) == []
    assert (written["passed"], written["arrivalRate"]["achieved"]) == (False, RATE)
    assert len(written["slices"]) == SECONDS + 1
    assert written["times"]["call-event"]["max"] == 100


def test_junit_has_a_case_for_each_threshold() -> None:
    written = load_junit.write(run("lost == 0", "failed == 0", "p99 < 2 s"))
    demand_junit(written)
    (suite,) = JUnitXml.fromstring(written)
    cases = {case.name: case.is_failure for case in suite}
    assert cases == {"the run is valid": False, "lost == 0": False, "failed == 0": True, "p99 < 2 s": False}
    assert (suite.tests, suite.failures) == (4, 1)


def test_the_page_needs_nothing_else_and_escapes_what_the_target_sent() -> None:
    written = load_html.write(run("lost == 0", "failed == 0")).decode()
    assert NASTY not in written
    assert "&lt;script&gt;" in written
    assert "<script" not in written
    assert "http-equiv" not in written
    assert "src=" not in written
    assert "href=" not in written
    assert written.count("<svg") == written.count("</svg>") == 4
    for part in written.split("<svg")[1:]:
        ET.fromstring("<svg" + part.split("</svg>")[0] + "</svg>")


def test_a_person_reads_the_verdict_last() -> None:
    for threshold, last in (("lost == 0", "Passed"), ("failed == 0", "Not passed")):
        out = StringIO()
        load_terminal.show(Console(file=out, soft_wrap=True), run(threshold))
        assert out.getvalue().splitlines()[-1] == last
        assert "            50  of 50 that seed 1 planned in 10 s: 5.00/s intended" in out.getvalue()


@pytest.mark.parametrize(("least", "nice"), [(0, 1), (0.03, 0.05), (1, 1), (1.1, 2), (2.2, 2.5), (70, 100)])
def test_the_lines_of_a_chart_have_round_numbers(least: float, nice: float) -> None:
    assert charts.nice(least) == pytest.approx(nice)


def test_a_curve_leaves_gaps_where_nothing_was_measured() -> None:
    series = charts.Series("p50", "one", [(0, 1.0), (1, 2.0), (2, None), (3, 4.0)])
    drawn = charts.draw("Latency", "ms", [series], 4)
    assert drawn.count("<polyline") == 2


def test_a_threshold_can_name_every_count_and_no_other() -> None:
    assert set(run().counts()) == set(SHARES)


def as_json(found: Results) -> JsonObject:
    return cast(JsonObject, orjson.loads(load_json.write(found)))


def test_lost_and_doubled_calls_are_named() -> None:
    books = Reconciliation(3, 3, lost=("r-0.1",), doubled=("r-0.2",), unclaimed=1)
    found = run("lost == 0", "doubled < 50 %", reconciliation=books)
    assert [judged.kept for judged in found.judged] == [False, True]
    assert load_terminal.books(found).endswith("acknowledgement 1. r-0.1, r-0.2")
    assert as_json(found)["reconciliation"] == {
        "done": True,
        "by": "",
        "whyNot": "",
        "acknowledged": 3,
        "stored": 3,
        "lost": ["r-0.1"],
        "doubled": ["r-0.2"],
        "unclaimed": 1,
    }


def test_junit_carries_whatever_a_run_was_stopped_by() -> None:
    (suite,) = JUnitXml.fromstring(load_junit.write(run(cut_short="a \x01 < b")))
    (case,) = suite
    assert case.result[0].message == r"a \x01 < b"


def test_nobody_has_to_read_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "load.json"
    with suppress(OSError), Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        load_files.show(run())
        load_files.publish(run(), {"json": str(file)})
    assert orjson.loads(file.read_bytes())["reconciliation"]["done"] is True
