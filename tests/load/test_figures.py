"""Times and counts of several workers add up to those of one."""

from hypothesis import given
from hypothesis import strategies as st

from callproof.load.histogram import SMALLEST, WIDTH, Histogram
from callproof.load.messages import packed, unpacked
from callproof.load.tally import LATE, Tally

TIMES = st.lists(st.floats(0, 1000), min_size=1)
PERCENTS = st.floats(0.1, 99.99)


def histogram(times: list[float]) -> Histogram:
    found = Histogram()
    for seconds in times:
        found.add(seconds)
    return found


@given(TIMES, PERCENTS)
def test_a_percentile_is_not_below_the_exact_one_and_hardly_above(
    times: list[float], percent: float
) -> None:
    found = histogram(times).percentile(percent)
    rank = max(1, -int(-len(times) * percent // 100))
    exact = sorted(times)[rank - 1]
    assert found is not None
    assert exact * (1 - 1e-9) <= found <= max(exact, SMALLEST) * (1 + WIDTH) * (1 + 1e-9)


@given(TIMES, TIMES)
def test_histograms_of_two_workers_are_one_of_both(one: list[float], other: list[float]) -> None:
    merged = histogram(one)
    merged.merge(unpacked(packed(histogram(other)), Histogram))
    together = histogram(one + other)
    assert merged.buckets == together.buckets
    assert merged.longest == together.longest == max(one + other)
    assert merged.count == len(one + other)


def test_nothing_has_no_percentile() -> None:
    assert (Histogram().percentile(99), Histogram().mean, Histogram().most) == (None, None, None)


def busy(name: str) -> Tally:
    tally = Tally(2.0)
    tally.begun(3.0, 0.01)
    tally.request("call-event", 3.5, 0.005, 0.015, "")
    tally.request("calls-upload", 5.0, 0.0, 0.5, "503")
    tally.request("cards", 5.0, 0.0, 0.5, "404")
    tally.calls["failed"] += 1
    tally.reasons["calls-upload: 503"] += 1
    tally.violations["call-event: no row /: broken"] += 1
    tally.acknowledged.add(name)
    tally.judged, tally.cpu = 1, 0.25
    return tally


def test_reports_of_workers_add_up() -> None:
    tally = Tally(2.0)
    for name in ("a", "b"):
        tally.merge(unpacked(packed(busy(name)), Tally))
    assert tally.calls == {"attempted": 2, "failed": 2}
    assert tally.acknowledged == {"a", "b"}
    assert tally.times[LATE].count == tally.times["call-event"].count == 2
    assert (tally.slices[1].begun, tally.slices[1].requests, tally.slices[2].failed) == (2, 2, 2)
    assert tally.errors == {"calls-upload: 503": 2, "cards: 404": 2}
    assert (tally.judged, tally.cpu, tally.violations.total()) == (2, 0.5, 2)


def test_what_is_no_method_of_the_contract_stays_out_of_the_curves() -> None:
    assert busy("a").slices[2].requests == 1
