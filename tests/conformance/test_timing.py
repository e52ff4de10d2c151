"""How long a scenario took, on which clock."""

import pytest

from callproof.conformance.timing import Stopwatch
from callproof.running.pair import built_in


@pytest.mark.parametrize(("ours", "least", "most"), [(True, 3600.0, 3600.0), (False, 0.0, 60.0)])
def test_an_hour_on_the_manual_clock_is_one_for_our_own_ends_and_none_for_a_side_under_test(
    ours: bool, least: float, most: float
) -> None:
    with built_in(1) as pair:
        watch = Stopwatch(pair.ends, ours=ours)
        watch.begin()
        pair.ends.pass_time(3600)
        assert least <= watch.timed().took <= most


def test_what_passes_after_the_last_step_is_no_part_of_it() -> None:
    with built_in(1) as pair:
        watch = Stopwatch(pair.ends, ours=True)
        watch.begin()
        pair.ends.pass_time(5)
        watch.over()
        pair.ends.pass_time(3600)
        assert watch.timed().took == 5.0


def test_a_clock_that_is_gone_says_nothing_and_stops_nobody() -> None:
    with built_in(1) as pair:
        watch = Stopwatch(pair.ends, ours=True)
        watch.begin()
    assert watch.timed().took == 0.0
