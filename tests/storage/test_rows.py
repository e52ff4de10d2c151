"""What is kept comes back as it was given, with the same order and numbers on every database."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as replaced

from callproof.contract.jsontypes import JsonObject
from callproof.crm import seed
from callproof.crm.rules.model import (
    Card,
    Customer,
    CustomerQuery,
    Grant,
    HistoryCall,
    Initiation,
    Module,
    Site,
    StoredDocument,
)
from callproof.crm.rules.told import CallEvent
from callproof.crm.store.sessions import Store
from callproof.pbx.store.sessions import Store as AnyPbxStore

# Text of every plane, a quote of each language, and what JSON has to escape.
TEXT = 'Иван «Ван» O\'Neil "x" 50% \\ / 🕿\n\t'
DOCUMENT: JsonObject = {"text": TEXT, "number": 2**53, "half": 0.5, "none": None, "list": [True, {"a": []}]}


def customer(external_id: str | None = "c-1", **details: str) -> Customer:
    return Customer(0, external_id, "shop1", 1, ("8 (912) 345-67-89", "+7 499"), 1.5, 2.25, dict(details))


def call(external_id: str) -> HistoryCall:
    return HistoryCall(external_id, DOCUMENT, "+7", 999_999_999, 3, 1714564800.123456)


def card(call_external_id: str | None = "c-1", user_id: int = 1) -> Card:
    return Card(0, "out", "+7 912", user_id, "100", call_external_id, None, "shop1", 7, 12.5)


def test_a_call_comes_back_as_it_was_stored_and_changed(crm_store: Store) -> None:
    with crm_store.begin() as session:
        assert session.add_calls([call("c-1")])
        assert session.add_calls([call("c-2")])
        changed = replaced(call("c-1"), document={**DOCUMENT, "recordUrl": "http://x/1"})
        session.save_call(changed)
    with crm_store.begin() as session:
        assert session.calls() == [changed, call("c-2")]
        assert session.call("c-1") == changed
        assert session.call("c-3") is None


def test_a_known_call_is_told_from_a_new_one(crm_store: Store) -> None:
    with crm_store.begin() as session:
        assert session.add_calls([call("c-1")]) == [True]
        assert session.add_calls([replaced(call("c-1"), phone="+8")]) == [False]
        assert session.call("c-1") == call("c-1")


def test_of_a_batch_with_known_and_doubled_calls_the_new_ones_are_stored_once(
    crm_store: Store,
) -> None:
    def add(*ids: str) -> list[bool]:
        with crm_store.begin() as session:
            return session.add_calls([HistoryCall(one, {"n": one}, "+7", None, None, 1.0) for one in ids])

    assert add("a", "b") == [True, True]
    assert add("c", "a", "c", "d", "b") == [True, False, False, True, False]
    assert add("a", "d") == [False, False]
    assert add() == []
    with crm_store.begin() as session:
        assert [call.external_id for call in session.calls()] == ["a", "b", "c", "d"]


def test_pages_of_the_history_join_without_gap_or_overlap(crm_store: Store) -> None:
    with crm_store.begin() as session:
        for number in (0, 1, 1, 2, 3, 0, 4):
            session.add_calls([call(f"c-{number}")])
    found: list[str] = []
    position = 0
    with crm_store.begin() as session:
        while page := session.calls_after(position, 2):
            position = page[-1][0]
            found += [one.external_id for _, one in page]
    assert found == ["c-0", "c-1", "c-2", "c-3", "c-4"]


def test_customers_are_numbered_in_their_order_and_found_in_any_notation(crm_store: Store) -> None:
    many = [customer(f"c-{number}", firstName=TEXT) for number in range(1, 2501)]
    with crm_store.begin() as session:
        session.add_customers(many)
        session.add_customers([])
        later = session.add_customer(customer(None))
        assert later.id == 2501
        assert session.customer(2500) == replace(many[-1], id=2500)
        assert session.customer_by_external_id("c-7") == replace(many[6], id=7)
        assert session.customer(2502) is None
        found = session.customers_by_phones(["+7 912 345 67 89"]).get("+7 912 345 67 89", [])
        assert [one.id for one in found] == list(range(1, 2502))


def test_a_customer_is_changed_with_the_telephone_numbers(crm_store: Store) -> None:
    with crm_store.begin() as session:
        stored = session.add_customer(customer())
        changed = replace(stored, phones=("+7 999 000-00-00",), manager_id=None, details={"email": "a@b"})
        session.save_customer(changed)
        assert session.customers_by_phones(["8 912 345-67-89"]).get("8 912 345-67-89", []) == []
        assert session.customers_by_phones(["89990000000"]).get("89990000000", []) == [changed]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (CustomerQuery(), [1, 2, 3]),
        (CustomerQuery(ids=(2, 3, 2**31 - 1)), [2, 3]),
        (CustomerQuery(external_ids=("a", "z")), [1]),
        (CustomerQuery(sites=("shop1",), managers=(1,)), [1, 2, 3]),
        (CustomerQuery(email="b@mail.example"), [2]),
        (CustomerQuery(name="PET"), [2]),
        (CustomerQuery(name="0%"), [3]),
        (CustomerQuery(name="_"), []),
        (CustomerQuery(phone="8 912 345 67 89"), [1, 2, 3]),
    ],
)
def test_customers_are_found_by_what_they_are_asked_for(
    crm_store: Store, query: CustomerQuery, found: list[int]
) -> None:
    with crm_store.begin() as session:
        session.add_customer(customer("a"))
        session.add_customer(customer("b", firstName="Peter", email="b@mail.example"))
        session.add_customer(customer("c", lastName="50%"))
        page, total = session.customers(query, 20, 0)
        assert ([one.id for one in page], total) == (found, len(found))


def test_lists_come_in_the_order_of_bytes(crm_store: Store) -> None:
    codes = ["B-b", "_a", "a-b", "aa", "ä", "ж"]
    with crm_store.begin() as session:
        for code in reversed(codes):
            session.save_module(Module(code, {"active": True, "integrations": {"telephony": {}}}))
            session.save_grant(Grant(code, (), (code,)))
            session.save_site(Site(code, "", ""))
    with crm_store.begin() as session:
        assert [module.code for module in session.directory().pool.modules] == codes
        assert [grant.key for grant in session.directory().grants] == codes
        assert [site.code for site in session.directory().sites] == codes


def test_cards_open_and_close(crm_store: Store) -> None:
    with crm_store.begin() as session:
        session.add_cards([card(), card(user_id=2), card(None), card("c-2")])
        assert session.cards() == [
            replace(one, id=number)
            for number, one in enumerate([card(), card(user_id=2), card(None), card("c-2")], start=1)
        ]
        session.close_cards([1, 3], 20.5, "no answered")
        session.close_cards([], 21.0, None)
        assert [one.id for one in session.open_cards()] == [2, 4]
        assert [one.id for one in session.open_cards(["c-1"])] == [2]
        assert session.under_way() == {"openCards": 2}
        assert session.cards()[0].closed_at == 20.5


def test_events_documents_and_initiations_come_back(crm_store: Store) -> None:
    order = StoredDocument("order", "o-1", "shop1", 1, 1.5, DOCUMENT)
    initiation = Initiation(1, "+7", "100", "m", "http://x", 1.5, None, TEXT)
    with crm_store.begin() as session:
        for at in (5.5, 6.5):
            session.add_event({**DOCUMENT, "phone": TEXT, "type": "in", "codes": [TEXT]}, "c-1", at)
        assert session.first_events(["c-1"]).get("c-1") == 5.5
        assert session.first_events(["c-2"]).get("c-2") is None
        assert session.ends_of("c-1") == []
        assert session.ends_of("c-2") is None
        session.add_event({**DOCUMENT, "phone": TEXT, "type": "hangup", "codes": [TEXT]}, "c-1", 7.5)
        session.add_event({"phone": "1", "type": "in", "codes": ["hangup"]}, "c-1", 8.5)
        assert session.ends_of("c-1") == [CallEvent(TEXT, "hangup", [TEXT])]
        stored = [session.add_document(one) for one in (order, replace(order, external_id="o-2"))]
        assert session.documents("order") == stored
        assert session.document("order", external_id="o-1") == stored[0]
        assert session.document("task", number=stored[0].id) is None
        assert session.last_order(1) == stored[1]
        assert session.add_initiation(initiation) == replace(initiation, id=1)
        assert session.initiations() == [replace(initiation, id=1)]


def test_after_clear_everything_is_numbered_from_1_again(crm_store: Store) -> None:
    for _ in range(2):
        with crm_store.begin() as session:
            session.clear()
            seed.fill(session, 1)
            session.add_calls([call("c-1")])
            session.add_cards([card()])
        with crm_store.begin() as session:
            assert session.customer_by_external_id("customer-1") == session.customer(1)
            assert session.calls_after(0, 5) == [(1, call("c-1"))]
            assert [one.id for one in session.cards()] == [1]


def test_a_customer_with_an_id_of_its_own_leaves_room_for_the_next(crm_store: Store) -> None:
    with crm_store.begin() as session:
        assert session.add_customer(replace(customer("a"), id=1)).id == 1
        assert session.add_customer(customer("b")).id == 2


def test_the_pbx_keeps_statuses_and_counts(pbx_store: AnyPbxStore) -> None:
    with pbx_store.begin() as session:
        for status in ("busy", "free"):
            session.save_status("100", status)
        assert session.statuses() == {"100": "free"}
        assert session.counts() == {"calls": 0, "events": 0, "customers": 0, "modules": 0}
        assert session.under_way() == {"openCalls": 0, "waiting": 0, "refused": 0}
