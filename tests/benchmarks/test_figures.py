from collections.abc import Callable, Iterator

import pytest

from benchmarks.figures import Series, Spread, interleaved, ratio
from benchmarks.wrk import BadRun, Figure


def figure(rate: float) -> Figure:
    return Figure(rate, 1e6 / rate, 1.0, 2.0)


def test_a_spread_has_the_smallest_the_median_and_the_largest() -> None:
    assert Spread.of([5.0, 1.0, 2.0]) == Spread(1.0, 2.0, 5.0)
    assert Spread.of([1.0, 2.0]).middle == 1.5


def test_a_spread_of_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs a value"):
        Spread.of([])


def test_a_ratio_is_of_medians() -> None:
    above = Series((figure(100), figure(300), figure(900)))
    below = Series((figure(50), figure(100), figure(1000)))
    assert ratio(above.rate, below.rate) == 3.0


def test_servers_take_turns() -> None:
    order: list[str] = []

    def measure(name: str) -> Callable[[], Figure]:
        def measured() -> Figure:
            order.append(name)
            return figure(10)

        return measured

    found = interleaved({("a", "event"): measure("a"), ("b", "event"): measure("b")}, 2, lambda _: None)
    assert order == ["a", "b", "a", "b"]
    assert len(found.series["a", "event"].rounds) == 2


def test_a_bad_round_takes_the_whole_series_out_and_says_why() -> None:
    rounds: Iterator[Figure | None] = iter([figure(10), None])

    def measure() -> Figure:
        found = next(rounds)
        if found is None:
            raise BadRun("of 10 answers not all were good")
        return found

    found = interleaved({("a", "event"): measure}, 3, lambda _: None)
    assert found.series == {}
    assert found.missing == {"a event": "of 10 answers not all were good"}
