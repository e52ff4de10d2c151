"""The same is asked of a store in memory and of one on a database, and both answer and keep alike."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

from callproof.storage.rows import Rows
from callproof.storage.whole import WholeSession

Session = TypeVar("Session", bound=WholeSession)
Given = TypeVar("Given", bound=WholeSession, covariant=True)
Then = Callable[[Session], object]
# A method with what it is given.
Asked = tuple[str, tuple[Any, ...]]
# What is asked in each transaction, and whether it fails at its end.
Transactions = list[tuple[list[Asked], bool]]
# Of some stores alone: the mark of the directory, and what budgets are counted by.
_APART = ("crm_marks", "crm_spent")


class Undone(Exception):
    """The end of a transaction that fails."""


class AnyStore(Protocol[Given]):
    def begin(self) -> AbstractContextManager[Given]: ...


def asked_of(methods: dict[str, tuple[st.SearchStrategy[Any], ...]]) -> st.SearchStrategy[Asked]:
    """One of the methods, seldom the one that clears all."""
    often = [name for name in methods for _ in range(1 if name == "clear" else 3)]
    return st.sampled_from(often).flatmap(
        lambda method: st.tuples(st.just(method), st.tuples(*methods[method]))
    )


def transactions_of(asked: st.SearchStrategy[Asked]) -> st.SearchStrategy[Transactions]:
    fails = st.integers(0, 4).map(lambda n: n == 4)
    return st.lists(st.tuples(st.lists(asked, max_size=8), fails), max_size=8)


def played(
    store: AnyStore[Session], methods: Sequence[Asked], *, fails: bool, then: Then[Session]
) -> list[object] | None:
    """What the methods gave and ``then``, None when one of them failed."""
    found: list[object] | None = None
    with suppress(Undone), store.begin() as session:
        try:
            found = [getattr(session, method)(*values) for method, values in methods]
            found.append(then(session))
        except Exception as error:
            raise Undone from error
        if fails:
            raise Undone
    return found


def kept(store: AnyStore[WholeSession]) -> Rows:
    """Whatever each store keeps; rows in the order of the keys that begin them."""
    with store.begin() as session:
        rows = session.snapshot()
    return {
        name: sorted(map(dict, table), key=lambda row: [*row.values()][:2])
        for name, table in rows.items()
        if name not in _APART
    }


def answer_alike(
    memory: AnyStore[Session],
    database: AnyStore[Session],
    transactions: Transactions,
    then: Then[Session] = WholeSession.counts,
) -> None:
    """``then`` is asked at the end of each transaction as well."""
    for methods, fails in transactions:
        found = [played(store, methods, fails=fails, then=then) for store in (memory, database)]
        assert found[0] == found[1], methods
        assert kept(memory) == kept(database), methods


def take_over(
    memory: AnyStore[Session],
    database: AnyStore[Session],
    before: Sequence[Asked],
    after: Sequence[Asked],
    then: Then[Session] = WholeSession.counts,
) -> None:
    """A snapshot of either comes back in the other, which goes on as the one would."""
    for one, other in ((memory, database), (database, memory)):
        for method in before:
            played(one, [method], fails=False, then=then)
        with one.begin() as session:
            rows = session.snapshot()
        with other.begin() as session:
            session.restore(rows)
        assert kept(one) == kept(other)
        found = [played(store, after, fails=False, then=then) for store in (one, other)]
        assert found[0] == found[1]
        assert kept(one) == kept(other)
