"""What one request may cost: memory, remarks and time grow with it, and not faster."""

import gc
import weakref
from contextlib import closing

import pytest

from callproof.clocks.manual import ManualClock
from callproof.contract.errors import ApiError
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.limits import USUAL, Bounds
from tests.support import KEY, Account

RINGING = {"phone": "+7-555-555-55-55", "type": "in", "codes": ["100"]}


def test_a_refused_request_is_let_go_at_once(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the collector, which is put off in a worker."""
    seen: list[weakref.ref[ApiError]] = []
    made = ApiError.__init__

    def noted(self: ApiError, *args: object, **kwargs: object) -> None:
        made(self, *args, **kwargs)  # type: ignore[arg-type]
        seen.append(weakref.ref(self))

    monkeypatch.setattr(ApiError, "__init__", noted)
    gc.collect()
    gc.disable()
    try:
        account.post("telephony/call/event", event="x" * 1000)
        assert seen
        assert [one() for one in seen] == [None] * len(seen)
    finally:
        gc.enable()


def test_of_very_many_remarks_some_are_kept_and_the_others_counted(registered: Account) -> None:
    registered.event(**RINGING, **{f"unknown{n}": 1 for n in range(1000)})
    assert len(registered.findings) == USUAL.findings + 1
    assert "900 more remarks" in registered.findings[-1].message


def test_a_remark_does_not_repeat_at_length_what_was_sent(registered: Account) -> None:
    registered.event(**{**RINGING, "phone": "(-" * 10_000}, **{"x" * 10_000: 1})
    hidden, unknown = sorted(registered.findings, key=lambda one: one.kind, reverse=True)[:2]
    assert [len(hidden.message), len(unknown.pointer)] == [500, 500]


def test_the_journal_counts_addresses_headers_and_findings(registered: Account) -> None:
    journal = registered.crm.journal
    before = journal._bytes
    unknown = "&".join(f"unknown{n}=1" for n in range(1000))
    registered.client.get(f"/api/v5/users?{unknown}", headers={"X-API-KEY": KEY})
    assert journal._bytes - before > 10_000 + USUAL.findings * 200


def test_many_extensions_and_lines_are_judged_in_linear_time() -> None:
    """By counting what is compared: a square would take minutes."""
    codes = [{"userId": n, "code": str(n)} for n in range(20_000)]
    lines = [{"siteCode": "shop1", "externalPhone": f"+7499{n:07}"} for n in range(5_000)]
    bounds = Bounds(crm_request_bytes=10_000_000, json_values=100_000)
    crm = Crm(CrmSettings(api_key=KEY, base_url="http://crm", bounds=bounds), ManualClock())
    with closing(crm):
        account = Account(crm, create_app(crm).test_client())
        answer = account.register(additionalCodes=codes, externalPhones=lines)
        assert answer.status_code in (200, 201)


def test_of_far_too_many_calls_the_first_are_judged_and_all_are_counted(registered: Account) -> None:
    answer = registered.upload(*[{}] * 9_000)
    assert answer.status_code == 400
    errors = answer.get_json()["errors"]
    assert errors["calls"] == "This collection should contain 50 elements or less."
    assert "calls[5][date]" in errors
    assert "calls[60][date]" not in errors
    said = "9000 elements where at most 50 may stand"
    assert said in [one.message for one in registered.findings]


def test_a_large_account_takes_as_many_extensions_as_it_has_managers() -> None:
    """The virtual PBX names all of them in one message."""
    managers = 30_000
    crm = Crm(
        CrmSettings(api_key=KEY, base_url="http://crm", managers=managers, customers=0), ManualClock()
    )
    codes = [{"userId": n, "code": f"{n:07}"} for n in range(1, managers + 1)]
    with closing(crm):
        account = Account(crm, create_app(crm).test_client())
        assert account.register(additionalCodes=codes).json == {"success": True, "info": []}
        assert account.register(additionalCodes=codes * 5).status_code in (400, 413)
