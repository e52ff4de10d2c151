"""10 requests a second in general and 40 for telephony, as two budgets (evidence#budget-figures)."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callproof.crm.store.opening import open_store
from callproof.crm.store.purses import Purses
from callproof.crm.store.session import CrmStore


@pytest.mark.parametrize("kept", [False, True])
def test_the_budgets_are_counted_apart_and_by_caller(tmp_path: Path, kept: bool) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'crm.db'}" if kept else "sqlite://")
    spend = store.spend
    assert spend("a", "general", 0.0, 1)
    assert not spend("a", "general", 0.5, 1)
    assert spend("a", "telephony", 0.5, 1)
    assert spend("b", "general", 0.5, 1)
    assert spend("a", "general", 1.0, 1)
    store.forget_spent()
    assert spend("a", "general", 1.1, 1)
    # The machine's date was set back.
    assert spend("a", "general", -3600.0, 1)
    assert not spend("a", "general", -3599.5, 1)
    store.close()


@given(st.lists(st.floats(0, 20), max_size=60).map(sorted), st.integers(1, 12))
def test_no_second_ever_holds_more_than_the_limit(moments: list[float], limit: int) -> None:
    store = Purses()
    allowed = [moment for moment in moments if store.spend("a", "general", moment, limit)]
    for start in allowed:
        assert len([m for m in allowed if start <= m < start + 1.0]) <= limit


@given(st.lists(st.floats(-5, 5), max_size=40), st.integers(0, 4))
def test_in_memory_and_in_a_database_the_same_is_allowed(moments: list[float], limit: int) -> None:
    store, purses = CrmStore("sqlite://"), Purses()
    for moment in moments:
        assert purses.spend("a", "x", moment, limit) == store.spend("a", "x", moment, limit)
    store.close()
