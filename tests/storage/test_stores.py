"""Both stores: what is committed stays, what failed leaves no trace, two at once lose nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace
from sqlalchemy import insert

from callproof.crm import seed
from callproof.crm.rules.model import Grant, HistoryCall, Module
from callproof.crm.store.session import CrmStore
from callproof.crm.store.sessions import Store
from callproof.pbx.rules.call import Choice
from callproof.pbx.rules.life import answer, click_to_call, hang_up, incoming, ring
from callproof.pbx.rules.outbox import Fate, ReportKind
from callproof.pbx.rules.script import Disposition, Party, Script
from callproof.pbx.store import tables
from callproof.pbx.store.session import PbxStore
from callproof.pbx.store.sessions import Store as AnyPbxStore
from callproof.storage.address import StorageError


def history(external_id: str) -> HistoryCall:
    return HistoryCall(external_id, {"externalId": external_id}, "+7", None, None, 0.0)


def test_what_is_committed_is_there_after_a_restart(lasting_url: str) -> None:
    first = CrmStore(lasting_url)
    with first.begin() as session:
        seed.fill(session, 1)
        session.add_calls([history("c-1")])
    first.close()
    second = CrmStore(lasting_url)
    with second.begin() as session:
        assert session.counts() == {"calls": 1, "events": 0, "customers": 20, "modules": 0}
        assert [user.id for user in session.users()] == [1, 2]
    second.close()


def test_a_transaction_that_fails_leaves_no_trace(crm_store: Store) -> None:

    def fail() -> None:
        with crm_store.begin() as session:
            session.add_calls([history("c-1")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with crm_store.begin() as session:
        assert session.counts()["calls"] == 0


def test_a_change_of_the_directory_that_is_undone_is_not_remembered(crm_store: Store) -> None:
    def keys() -> list[str]:
        return [grant.key for grant in crm_store.share(lambda s: s.directory(), writes=False).grants]

    with crm_store.begin() as session:
        session.save_grant(Grant("kept", ()))
    assert keys() == ["kept"]

    def fail() -> None:
        with crm_store.begin() as session:
            session.save_grant(Grant("undone", ()))
            assert [grant.key for grant in session.directory().grants] == ["kept", "undone"]
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert keys() == ["kept"]


def test_threads_that_upload_the_same_calls_store_each_once(crm_store: Store) -> None:

    def upload(number: int) -> bool:
        with crm_store.begin() as session:
            return session.add_calls([history(f"c-{number % 20}")])[0]

    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(upload, range(200)))
    with crm_store.begin() as session:
        assert session.counts()["calls"] == 20
    assert sum(stored) == 20


def test_a_module_is_changed_in_place_and_only_enabled_ones_are_in_the_pool(crm_store: Store) -> None:
    with crm_store.begin() as session:
        session.save_module(Module("a", {"active": False, "integrations": {"telephony": {}}}))
        assert session.directory().pool.enabled is False
        session.save_module(Module("a", {"active": True, "integrations": {"telephony": {}}}))
        session.save_module(Module("b", {"active": True, "integrations": {}}))
        assert [module.code for module in session.directory().pool.modules] == ["a"]


def test_a_call_of_the_pbx_comes_back_as_it_was_saved(pbx_store: AnyPbxStore) -> None:
    script = Script(outcome=Disposition.REFUSED, hung_up_by=Party.MANAGER)
    call = incoming("id", "+7 912", "+7 499", 5.0, until=7.0, script=script)
    with pbx_store.begin() as session:
        session.add_call(call)
        assert session.call("id") == call
        call = ring(call, {"100": ("desk", "mobile")}, "why", 6.0, until=26.0, group="g", left=("200",))
        session.save_call(call)
        assert session.call("id") == call
        assert session.calls(only_open=True) == [call]
        ended = hang_up(call, Party.CUSTOMER, 7.0)
        session.save_call(ended)
        assert session.calls(only_open=True) == []
        assert session.calls() == [ended]
        assert session.call("other") is None


def test_a_call_that_an_earlier_version_stored_is_read(pbx_database: PbxStore) -> None:
    stored: dict[str, object] = {
        "id": "id", "direction": "out", "phone": "+7 912", "line": "+7 499", "started_at": 5.0,
        "state": "talking", "since": 9.0, "deadline": None,
        "legs": [{"extension": "100", "device": "phone", "rang_at": 5.0, "answered_at": 7.0,
                  "ended_at": None, "outcome": ""}],
        "told": ["100"], "group": "", "left": [],
        "choices": [{"at": 5.0, "extensions": ["100"], "reason": "dialled"}],
        "queued_until": None, "rang_at": 7.0, "answered_at": 9.0, "answered_by": "100", "holds": 0,
        "transfers": 0, "message_at": None, "ended_at": None, "cause": None,
        "script": {"outcome": "no answer", "after": 5.0, "talk": 60.0, "hung_up_by": "manager", "hold": 0.0,
                   "transfer_to": "", "pick_up": 2.0},
    }  # fmt: skip
    with pbx_database.database.begin() as connection:
        connection.execute(insert(tables.calls).values(id="id", open=True, document=stored))
    script = Script(Disposition.NO_ANSWER, hung_up_by=Party.MANAGER)
    call = click_to_call("id", "+7 912", "+7 499", "100", ("phone",), 5.0, until=25.0, script=script)
    call = replace(
        answer(answer(call, 7.0), 9.0), choices=(Choice(5.0, ("100",), "dialled"),), told=("100",)
    )
    with pbx_database.begin() as session:
        assert session.call("id") == call


def test_the_outbox_keeps_the_order_and_forgets_what_was_delivered(pbx_store: AnyPbxStore) -> None:
    with pbx_store.begin() as session:
        first = session.queue("c-1", ReportKind.EVENT, {"type": "in"}, 1.0)
        second = session.queue("c-1", ReportKind.HISTORY, {"type": "in"}, 2.0)
        assert session.pending() == [first, second]
        session.save_reports([replace(first, fate=Fate.SENT, attempts=1, answer="ok")])
        assert session.pending() == [second]
        assert [m.fate for m in session.reports()] == [Fate.SENT, Fate.PENDING]


@pytest.mark.parametrize(
    "url", ["nonsense", "nodb://x", "sqlite:////no/such/folder/x.db", "postgresql+nodriver://x/y"]
)
def test_a_database_that_cannot_be_used_is_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(StorageError, match="cannot be used") as caught:
        CrmStore(url)
    assert "\n" not in str(caught.value)
