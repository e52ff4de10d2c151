"""The language of thresholds: what is written is read again, and anything else is refused with a hint."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callproof.load.thresholds import (
    ARRIVAL_RATE,
    OPERATORS,
    RATES,
    SHARES,
    TIMES,
    WITHIN,
    Threshold,
    ThresholdError,
    parse,
)

NUMBERS = st.one_of(st.integers(0, 10**9).map(float), st.decimals(0, 1000, places=3).map(float))
OPERATOR = st.sampled_from(sorted(OPERATORS))
PERCENTILES = st.one_of(
    st.integers(1, 99).map(lambda n: f"p{n}"), st.integers(1, 99).map(lambda n: f"p99.{n:02}")
)
TIMED = st.builds(
    Threshold,
    st.one_of(PERCENTILES, st.sampled_from(("mean", "max"))),
    st.sampled_from(("", "call-event", "calls-upload", "manager-lookup", "card")),
    OPERATOR,
    NUMBERS,
    st.sampled_from(sorted(TIMES)),
)
UNITLESS = ("concurrent", "busy-hour calls", "lost workers")
COUNTED = st.sampled_from(sorted(SHARES)).flatmap(
    lambda name: st.builds(
        Threshold,
        st.just(name),
        st.just(""),
        OPERATOR,
        NUMBERS,
        st.sampled_from(("",) if name in UNITLESS else ("", "%")),
    )
)
RATED = st.builds(
    Threshold, st.just(ARRIVAL_RATE), st.just(""), OPERATOR, NUMBERS, st.sampled_from(sorted(RATES))
)
WITHIN_ = st.builds(Threshold, st.just(ARRIVAL_RATE), st.just(""), st.just(WITHIN), NUMBERS, st.just("%"))


@given(st.one_of(TIMED, COUNTED, RATED, WITHIN_))
def test_what_is_written_is_read_again(threshold: Threshold) -> None:
    assert parse(str(threshold)) == threshold
    assert parse(str(threshold).replace(" ", "   ")) == threshold


@given(st.text())
def test_any_text_is_a_threshold_or_refused(text: str) -> None:
    with suppress(ThresholdError):
        found = parse(text)
        assert parse(str(found)) == found


@pytest.mark.parametrize(
    ("text", "value", "kept"),
    [
        ("p99 < 200 ms", 199.9, True),
        ("p99 < 200 ms", 200.0, False),
        ("p50 of call-event <= 0.5 s", 0.5, True),
        ("lost == 0", 1, False),
        ("failed<0.1%", 0.05, True),
        ("busy-hour calls >= 72000", 71_999, False),
        ("arrival rate within 2 %", -2.0, True),
        ("arrival rate within 2 %", -2.1, False),
        ("arrival rate > 10 /s", 10.5, True),
    ],
)
def test_a_value_keeps_a_threshold_or_does_not(text: str, value: float, kept: bool) -> None:
    assert parse(text).keeps(value) is kept


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fast", "write it like: p99 of call-event < 200 ms"),
        ("p99 < 200", "p99 is measured in us, ms, s, not in no unit"),
        ("p0 < 1 ms", "p0 is no percentile"),
        ("speed < 1 ms", "There is no metric 'speed'"),
        ("lost < 3 ms", "lost is measured in no unit, %, not in ms"),
        ("lost of call-event == 0", "lost is not counted by operation"),
        ("lost within 2 %", "`within` is for the arrival rate"),
        ("arrival rate < 2 %", "`within` is for the arrival rate"),
        ("arrival rate within 2 /s", "`within` is for the arrival rate"),
        ("concurrent < 3 %", "concurrent is measured in no unit"),
    ],
)
def test_a_wrong_threshold_says_what_to_write(text: str, words: str) -> None:
    with pytest.raises(ThresholdError, match=words.replace("(", r"\(")):
        parse(text)


def test_times_and_rates_are_told_in_the_unit_of_the_threshold() -> None:
    assert parse("p99 < 200 ms").in_unit(0.25) == 250
    assert parse("arrival rate > 1 /h").in_unit(2) == pytest.approx(7200)
