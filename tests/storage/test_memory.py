"""In memory the same is kept and found as in a database, whatever is asked of both."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from callproof.contract.jsontypes import JsonObject
from callproof.crm.rules.model import (
    Card,
    Customer,
    CustomerQuery,
    Grant,
    Group,
    HistoryCall,
    HistoryQuery,
    Initiation,
    Module,
    Site,
    StoredDocument,
    User,
)
from callproof.crm.store.memory import MemoryStore
from callproof.crm.store.session import CrmStore
from callproof.crm.store.sessions import Store
from callproof.limits import USUAL
from tests.storage.alike import (
    Asked,
    Transactions,
    Undone,
    answer_alike,
    asked_of,
    take_over,
    transactions_of,
)

PHONES = ("+7 912 345-67-89", "8 (912) 345-67-89", "+375 29 1234567", "9123456789", "100", "sip:Bob@x", "")
TEXTS = ("PETER", "peter o'50%", "_Пётр/", "пётр", "", "9123456789")
some_id = st.integers(1, 5)
name = st.sampled_from(("a", "B", "_", "ж"))
maybe_name = st.none() | name
phone = st.sampled_from(PHONES)
text = st.sampled_from(TEXTS)
shop = st.sampled_from((None, "shop1", "shop2"))
at = st.sampled_from((1.5, 2.5, 3.0))
maybe_id = st.none() | some_id
some = st.integers(0, 4)


def members(**each: st.SearchStrategy[Any]) -> st.SearchStrategy[JsonObject]:
    """Some of these members."""
    return st.fixed_dictionaries({}, optional=each)


def listed(each: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(each, max_size=3).map(tuple)


DETAILS = members(firstName=text, lastName=text, patronymic=text, email=text)
customer = st.builds(Customer, st.just(0), maybe_name, shop, maybe_id, listed(phone), at, at, DETAILS)
own_customer = st.builds(Customer, some_id, maybe_name, shop, maybe_id, listed(phone), at, at, DETAILS)
days = st.sampled_from(("", "2024-05-01", "2024-05-02"))
dates = st.sampled_from(("2024-05-01 12:00:00", "2024-05-01 12:00:01", "2024-05-02 00:00:00"))
content = st.builds(
    lambda date, more: {"date": date, **more},
    dates,
    members(site=shop, type=st.sampled_from(("in", "out")), result=name, text=text),
)
call = st.builds(HistoryCall, name, content, phone, maybe_id, maybe_id, at)
card = st.builds(
    Card,
    *(st.just(0), st.sampled_from(("in", "out")), phone, some_id, maybe_name, maybe_name, maybe_name),
    *(shop, maybe_id, at),
)
event = st.builds(
    lambda kind, code: {"phone": "+7", "type": kind, "codes": [code]},
    st.sampled_from(("in", "out", "hangup")),
    st.sampled_from(("100", "hangup")),
)
user = st.builds(User, some_id, name, name, name, st.booleans(), name, at, groups=listed(name))
kind = st.sampled_from(("order", "task"))
document = st.builds(StoredDocument, kind, maybe_name, shop, maybe_id, at, members(a=text), some_id)
module = st.builds(
    Module,
    name,
    members(active=st.booleans(), integrations=st.just({"telephony": {}}), freeze=st.booleans()),
)
query = st.builds(
    CustomerQuery,
    *(listed(some_id), listed(name), listed(some_id), st.sampled_from(((), ("shop1",))), text, text, phone),
)
looked_up = st.builds(
    HistoryQuery,
    *(st.sampled_from((*PHONES, "345-67", "BOB")), st.sampled_from(("", "in")), st.sampled_from(("", "a"))),
    *(maybe_id, maybe_id, days, days),
)

METHODS: dict[str, tuple[st.SearchStrategy[Any], ...]] = {
    "add_customer": (customer | own_customer,),
    "add_customers": (st.lists(customer, max_size=3),),
    "customer": (some_id,),
    "customer_by_external_id": (name,),
    "customers": (query, some, some),
    "owners": (phone,),
    "customers_by_phones": (st.lists(phone, max_size=3),),
    "add_event": (event, maybe_name, at),
    "first_events": (st.lists(name, max_size=3, unique=True),),
    "ends_of": (name,),
    "add_cards": (st.lists(card, max_size=3),),
    "cards": (),
    "open_cards": (st.none() | st.lists(name, max_size=3),),
    "cards_of": (some_id,),
    "close_cards": (st.lists(some_id, max_size=3, unique=True), at, maybe_name),
    "show_customer": (st.lists(some_id, min_size=1, max_size=3, unique=True), some_id),
    "add_calls": (st.lists(call, max_size=4),),
    "call": (name,),
    "save_call": (call,),
    "calls": (),
    "history": (looked_up, some, some),
    "calls_after": (some, some),
    "newest_calls": (some, maybe_id, st.none() | st.just(("shop1",))),
    "add_initiation": (st.builds(Initiation, some_id, phone, name, name, name, at, maybe_id, text),),
    "initiations": (),
    "initiations_of": (some_id, some),
    "newest_call_signs": (some_id,),
    "add_document": (document,),
    "save_document": (document,),
    "documents": (kind,),
    "newest_documents": (kind, some, some),
    "last_order": (some_id,),
    "save_grant": (st.builds(Grant, name, listed(name), st.none() | listed(name)),),
    "save_setting": (name, members(a=text) | text | st.none()),
    "save_module": (module,),
    "delete_module": (name,),
    "module": (name,),
    "registered": (),
    "save_user": (user,),
    "users": (),
    "user": (some_id,),
    "save_group": (st.builds(Group, some_id, name, name, st.booleans()),),
    "save_site": (st.builds(Site, name, name, name),),
    "directory": (),
    "counts": (),
    "under_way": (),
    "clear": (),
}
asked = asked_of(METHODS)


@settings(max_examples=60, deadline=None)
@given(transactions_of(asked))
def test_whatever_is_asked_memory_and_a_database_answer_alike(
    transactions: Transactions,
) -> None:
    memory, database = MemoryStore(), CrmStore("sqlite://")
    try:
        answer_alike(memory, database, transactions)
    finally:
        database.close()


@settings(max_examples=20, deadline=None)
@given(st.lists(asked, max_size=20), st.lists(asked, max_size=10))
def test_a_snapshot_of_either_comes_back_in_the_other(before: list[Asked], after: list[Asked]) -> None:
    memory, database = MemoryStore(), CrmStore("sqlite://")
    try:
        take_over(memory, database, before, after)
    finally:
        database.close()


def test_of_what_was_reported_of_a_call_only_the_last_is_looked_through(crm_store: Store) -> None:
    def tell(kind: str) -> None:
        session.add_event({"phone": "1", "type": kind, "codes": []}, "c", 1.0)

    with crm_store.begin() as session:
        tell("hangup")
        for _ in range(USUAL.call_events - 1):
            tell("in")
        assert len(session.ends_of("c") or []) == 1
        tell("in")
        assert session.ends_of("c") == []


def test_who_reads_sees_what_is_committed() -> None:
    store, written, go = MemoryStore(), Event(), Event()

    def write(*, fails: bool) -> None:
        with suppress(Undone), store.begin() as session:
            session.save_setting("a", {"fails": fails})
            written.set()
            assert go.wait(10)
            if fails:
                raise Undone

    for fails in (False, True):
        written.clear()
        go.clear()
        with ThreadPoolExecutor(2) as threads:
            writing = threads.submit(write, fails=fails)
            assert written.wait(10)
            reading = threads.submit(
                store.share, lambda session: session.directory().settings, writes=False
            )
            go.set()
            writing.result(10)
            assert reading.result(10) == {"a": {"fails": False}}


def test_a_transaction_within_another_one_is_undone_alone_or_with_it() -> None:
    store = MemoryStore()
    with suppress(Undone), store.begin() as session:
        session.save_setting("outer", {})
        with suppress(Undone), store.begin() as inner:
            inner.save_setting("inner", {})
            raise Undone
        assert list(session.directory().settings) == ["outer"]
        with store.begin() as inner:
            inner.save_setting("inner", {})
        raise Undone
    assert store.share(lambda session: session.directory().settings, writes=False) == {}
