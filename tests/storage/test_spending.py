"""10 requests a second in general and 40 for telephony, as two budgets (evidence#budget-figures)."""

from hypothesis import given
from hypothesis import strategies as st

from callproof.crm.store.session import CrmStore


def test_the_budgets_are_counted_apart_and_by_caller() -> None:
    store = CrmStore("sqlite://")
    with store.begin() as session:
        assert session.spend("a", "general", 0.0, 1)
        assert not session.spend("a", "general", 0.5, 1)
        assert session.spend("a", "telephony", 0.5, 1)
        assert session.spend("b", "general", 0.5, 1)
        assert session.spend("a", "general", 1.0, 1)
        session.forget_spent()
        assert session.spend("a", "general", 1.1, 1)
        # The machine's date was set back.
        assert session.spend("a", "general", -3600.0, 1)
        assert not session.spend("a", "general", -3599.5, 1)
    store.close()


@given(st.lists(st.floats(0, 20), max_size=60).map(sorted), st.integers(1, 12))
def test_no_second_ever_holds_more_than_the_limit(moments: list[float], limit: int) -> None:
    store = CrmStore("sqlite://")
    with store.begin() as session:
        allowed = [moment for moment in moments if session.spend("a", "general", moment, limit)]
    store.close()
    for start in allowed:
        assert len([m for m in allowed if start <= m < start + 1.0]) <= limit
