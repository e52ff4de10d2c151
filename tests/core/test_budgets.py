"""10 requests a second in general and 40 for telephony, as two budgets (contract.md, section 1.7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.budgets import Budgets, Limits, Purse, purse_of


@pytest.mark.parametrize(
    ("path", "purse"),
    [
        ("/telephony/call/event", Purse.TELEPHONY),
        ("/telephony", Purse.TELEPHONY),
        ("/telephone", Purse.GENERAL),
        ("/Telephony/manager", Purse.GENERAL),
        ("/users", Purse.GENERAL),
    ],
)
def test_the_beginning_of_the_path_decides_the_budget(path: str, purse: Purse) -> None:
    assert purse_of(path) is purse


def test_the_budgets_are_counted_apart_and_by_caller() -> None:
    budgets = Budgets(Limits(general=1, telephony=2))
    assert budgets.allows("a", Purse.GENERAL, 0.0)
    assert not budgets.allows("a", Purse.GENERAL, 0.5)
    assert budgets.allows("a", Purse.TELEPHONY, 0.5)
    assert budgets.allows("b", Purse.GENERAL, 0.5)
    assert budgets.allows("a", Purse.GENERAL, 1.0)


def test_without_limits_everything_is_allowed() -> None:
    budgets = Budgets(Limits())
    assert all(budgets.allows("a", Purse.GENERAL, 0.0) for _ in range(1000))


@given(st.lists(st.floats(0, 20), max_size=200).map(sorted), st.integers(1, 12))
def test_no_second_ever_holds_more_than_the_limit(moments: list[float], limit: int) -> None:
    budgets = Budgets(Limits(general=limit))
    allowed = [moment for moment in moments if budgets.allows("a", Purse.GENERAL, moment)]
    for start in allowed:
        assert len([m for m in allowed if start <= m < start + 1.0]) <= limit
