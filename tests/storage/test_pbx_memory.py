"""In memory a virtual PBX keeps and finds the same as in a database, whatever is asked of both."""

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from callproof.pbx.rules.call import Call
from callproof.pbx.rules.life import hang_up, incoming, ring
from callproof.pbx.rules.outbox import Fate, Report, ReportKind
from callproof.pbx.rules.script import Party, Script
from callproof.pbx.store.memory import MemoryStore
from callproof.pbx.store.session import PbxStore
from callproof.pbx.store.sessions import Store

names = st.sampled_from(("a", "B", "ж"))
some = st.integers(0, 4)


def _call(call_id: str, step: int) -> Call:
    call = incoming(call_id, "+7 912", "+7 499", 5.0, until=7.0, script=Script())
    if step:
        call = ring(call, {"100": ("desk",)}, "why", 6.0, until=26.0, group="g", left=("200",))
    return hang_up(call, Party.CUSTOMER, 7.0) if step > 1 else call


call = st.builds(_call, names, st.integers(0, 2))
report = st.builds(
    Report,
    *(some, names, st.sampled_from(ReportKind)),
    st.dictionaries(st.sampled_from(("type", "ж")), st.none() | some, max_size=2),
    *(st.sampled_from((1.5, 2.0)), some, st.sampled_from(Fate), st.sampled_from(("", "ok")), st.booleans()),
)
METHODS: dict[str, tuple[st.SearchStrategy[Any], ...]] = {
    "add_call": (call,),
    "save_call": (call,),
    "call": (names | st.just("a\0"),),
    "queue": (
        names,
        st.sampled_from(ReportKind),
        st.just({"type": "in"}),
        some.map(float),
    ),
    "save_reports": (st.lists(report, max_size=3),),
    "calls": (),
    "calls_after": (some, some),
    "ended": (some,),
    "pending": (st.none() | some,),
    "refused": (st.none() | some,),
    "reports": (),
    "statuses": (),
    "save_status": (names, st.sampled_from(("free", "busy"))),
    "counts": (),
    "under_way": (),
    "clear": (),
}
Asked = tuple[str, tuple[Any, ...]]
asked = st.sampled_from([name for name in METHODS for _ in range(1 if name == "clear" else 3)]).flatmap(
    lambda method: st.tuples(st.just(method), st.tuples(*METHODS[method]))
)
# What is asked in a transaction, and whether it fails at its end.
transactions = st.lists(st.tuples(st.lists(asked, max_size=8), some.map(lambda n: n == 4)), max_size=8)


class Undone(Exception):
    """The end of a transaction that fails."""


def played(store: Store, methods: list[Asked], *, fails: bool) -> list[object] | None:
    """What the methods gave, None when one of them failed."""
    found: list[object] | None = None
    with suppress(Undone), store.begin() as session:
        try:
            found = [getattr(session, method)(*values) for method, values in methods]
            found.append(session.calls(only_open=True))
        except Exception as error:
            raise Undone from error
        if fails:
            raise Undone
    return found


def kept(store: Store) -> dict[str, list[dict[str, Any]]]:
    """In the order of the keys, which begin each row."""
    with store.begin() as session:
        rows = session.snapshot()
    return {
        name: sorted(map(dict, each), key=lambda row: [*row.values()][:1]) for name, each in rows.items()
    }


@settings(max_examples=40, deadline=None)
@given(transactions)
def test_whatever_is_asked_memory_and_a_database_answer_alike(
    played_: list[tuple[list[Asked], bool]],
) -> None:
    memory, database = MemoryStore(), PbxStore("sqlite://")
    try:
        for methods, fails in played_:
            found = [played(store, methods, fails=fails) for store in (memory, database)]
            assert found[0] == found[1], methods
            assert kept(memory) == kept(database), methods
    finally:
        database.close()


@settings(max_examples=10, deadline=None)
@given(st.lists(asked, max_size=20), st.lists(asked, max_size=10))
def test_a_snapshot_of_either_comes_back_in_the_other(before: list[Asked], after: list[Asked]) -> None:
    memory, database = MemoryStore(), PbxStore("sqlite://")
    try:
        for one, other in ((memory, database), (database, memory)):
            for method in before:
                played(one, [method], fails=False)
            with one.begin() as session:
                rows = session.snapshot()
            with other.begin() as session:
                session.restore(rows)
            assert kept(one) == kept(other)
            assert played(one, after, fails=False) == played(other, after, fails=False)
            assert kept(one) == kept(other)
    finally:
        database.close()


def test_what_is_kept_is_not_changed_by_changing_what_was_given_or_taken() -> None:
    store = MemoryStore()
    payload: dict[str, Any] = {"codes": ["100"]}
    with store.begin() as session:
        told = session.queue("a", ReportKind.EVENT, payload, 1.0)
        payload["codes"].append("200")
        session.reports()[0].payload.clear()
        assert session.reports() == [replace(told, payload={"codes": ["100"]})]
