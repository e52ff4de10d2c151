"""Times as people write them, and how long whoever failed waits."""

import random

import pytest

from callproof.clocks.backoff import retry_delay
from callproof.clocks.durations import seconds


def test_a_time_has_a_unit_or_is_seconds() -> None:
    told: tuple[str | float, ...] = (90, 1.5, "90", " 90s ", "1.5m", "2h", "1d")
    assert [seconds(text) for text in told] == [90, 1.5, 90, 90, 90, 7200, 86400]


@pytest.mark.parametrize("text", ["", "s", "-1s", "1 s", "1w", "1h30m", "1e3"])
def test_what_is_no_time_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="is no time; write 90s, 10m or 2h"):
        seconds(text)


def test_a_wait_doubles_up_to_the_longest_and_half_of_it_is_chance() -> None:
    dice = random.Random(1)
    # A request that has failed for days is tried again as well.
    for attempts, longest in ((0, 0.5), (1, 0.5), (2, 1), (3, 2), (6, 15), (100_000, 15)):
        waits = [retry_delay(attempts, 0.5, 15.0, dice) for _ in range(200)]
        assert longest / 2 <= min(waits) < 0.6 * longest
        assert 0.9 * longest < max(waits) <= longest
