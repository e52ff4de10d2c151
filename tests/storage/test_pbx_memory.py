"""In memory a virtual PBX keeps and finds the same as in a database, whatever is asked of both."""

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
from callproof.pbx.store.sessions import PbxSession
from tests.storage.alike import Asked, Transactions, answer_alike, asked_of, take_over, transactions_of

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
asked = asked_of(METHODS)


def _open(session: PbxSession) -> list[Call]:
    return session.calls(only_open=True)


@settings(max_examples=150, deadline=None)
@given(transactions_of(asked))
def test_whatever_is_asked_memory_and_a_database_answer_alike(
    transactions: Transactions,
) -> None:
    memory, database = MemoryStore(), PbxStore("sqlite://")
    try:
        answer_alike(memory, database, transactions, _open)
    finally:
        database.close()


@settings(max_examples=100, deadline=None)
@given(st.lists(asked, max_size=20), st.lists(asked, max_size=10))
def test_a_snapshot_of_either_comes_back_in_the_other(before: list[Asked], after: list[Asked]) -> None:
    memory, database = MemoryStore(), PbxStore("sqlite://")
    try:
        take_over(memory, database, before, after, _open)
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
