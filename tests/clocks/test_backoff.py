"""How long whoever failed waits."""

import random

import pytest

from callproof.clocks.backoff import pause


@pytest.mark.parametrize(
    ("attempts", "limit"), [(0, 0.5), (1, 0.5), (2, 1.0), (5, 8.0), (6, 15.0), (10**9, 15.0)]
)
def test_the_pause_doubles_up_to_its_limit_and_half_of_it_is_chance(attempts: int, limit: float) -> None:
    found = [pause(attempts, random.Random(seed), first=0.5, longest=15.0) for seed in range(50)]
    assert limit / 2 <= min(found) < max(found) <= limit
