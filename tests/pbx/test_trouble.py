"""What a PBX is afraid of: a slow CRM, a refused upload, a spent budget, late recordings, a full disk."""

import socket
import sqlite3
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import event

from callproof.clocks.manual import ManualClock
from callproof.contract.budgets import Limits
from callproof.crm.settings import Readings
from callproof.limits import Bounds
from callproof.pbx.pbx import Pbx
from callproof.pbx.plan import default_plan
from callproof.pbx.rules import reports
from callproof.pbx.rules.call import Cause
from callproof.pbx.rules.plan import (
    ManagerFirst,
    NumberingPlan,
    Recordings,
    RingGroup,
    Then,
)
from callproof.pbx.rules.script import Disposition, Script
from callproof.pbx.settings import PbxSettings
from callproof.pbx.store.session import PbxStore
from callproof.running.pair import BuiltIn, built_in

CALLER, LINE = "+7 912 345-67-89", "+7-499-999-99-99"


def advance(pair: BuiltIn, seconds: float) -> None:
    requests.post(f"{pair.pbx_url}/_bench/clock", json={"advance": seconds}, timeout=60).raise_for_status()


def rows(pair: BuiltIn) -> dict[str, Any]:
    """The CRM's history by external id."""
    with pair.crm.store.begin() as session:
        return {call.external_id: call.document for call in session.calls()}


def with_group(**changes: Any) -> NumberingPlan:
    """The guide's plan with one extension, in a group that is as the test needs it."""
    plan = default_plan()
    return replace(plan, groups={"everyone": replace(RingGroup("everyone", ("100",)), **changes)})


def test_a_recording_comes_late_by_a_second_upload_and_expires() -> None:
    plan = replace(default_plan(), recordings=Recordings(ready_after=300, kept_for=3600))
    with built_in(plan=plan) as pair:
        pair.crm.set_readings(Readings(repeat="update-record-url"))
        pair.pbx.crm.register()
        call = pair.pbx.engine.place_incoming(CALLER, LINE, Script(after=1, talk=10))
        url = f"{pair.pbx_url}/recordings/{call.id}.wav"
        advance(pair, 11)
        assert "recordUrl" not in rows(pair)[call.id]
        assert requests.get(url, timeout=10).status_code == 404
        advance(pair, 300)
        assert rows(pair)[call.id]["recordUrl"] == url
        assert len(rows(pair)) == 1
        assert requests.head(url, timeout=10).status_code == 200
        advance(pair, 3600)
        assert requests.get(url, timeout=10).status_code == 410


def test_a_crm_that_does_not_answer_in_time_is_not_waited_for() -> None:
    plan = replace(default_plan(), manager=ManagerFirst(lookup_seconds=0.2))
    clock = ManualClock()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        crm_url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = PbxSettings(
            base_url="http://127.0.0.1:9",
            crm_url=crm_url,
            api_key="k",
            plan=plan,
            bounds=Bounds(pbx_call_seconds=0.2),
        )
        pbx = Pbx(settings, clock)
        pbx.engine.place_incoming(CALLER, LINE)
        clock.advance()
        with pbx.store.begin() as session:
            (call,) = session.calls()
            event = session.reports()[0]
        clock.close()
        pbx.close()
    assert {leg.extension for leg in call.legs} == {"100", "200"}
    assert "the CRM named nobody" in call.choices[0].reason
    assert (event.fate.value, event.attempts) == ("pending", 1)


def test_a_caller_waits_in_the_queue_until_somebody_is_free() -> None:
    with built_in(plan=with_group(queue_seconds=60)) as pair:
        pair.pbx.crm.register()
        script = Script(after=1, talk=30)
        pair.pbx.engine.place_incoming(CALLER, LINE, script)
        advance(pair, 5)
        second = pair.pbx.engine.place_incoming("+7 921 000-00-00", LINE, script)
        advance(pair, 60)
        assert rows(pair)[second.id]["result"] == "answered"
        # He called at 5, the first one hung up at 31, and the manager takes a second.
        assert rows(pair)[second.id]["durationWaiting"] == 27


def test_a_caller_whom_nobody_takes_leaves_a_message() -> None:
    with built_in(plan=with_group(no_answer=Then("voicemail"))) as pair:
        pair.pbx.crm.register()
        call = pair.pbx.engine.place_incoming(CALLER, LINE, Script(Disposition.NO_ANSWER, after=12))
        advance(pair, 60)
        row = rows(pair)[call.id]
        assert (row["result"], row["duration"]) == ("no answer", 0)
        size = requests.head(row["recordUrl"], timeout=10).headers["Content-Length"]
        assert int(size) == 44 + 12 * 32_000


def test_one_bad_row_does_not_keep_the_others_from_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reports.RESULT, Cause.REFUSED, "nonsense")
    with built_in(managers=10) as pair:
        pair.pbx.crm.register()
        pair.pbx.reporter.upload_every = 600
        calls = [
            pair.pbx.engine.place_incoming(
                f"+7 912 000-00-0{number}", LINE, Script(outcome, after=1, talk=5)
            )
            for number, outcome in enumerate(
                (Disposition.ANSWERED, Disposition.REFUSED, Disposition.ANSWERED)
            )
        ]
        advance(pair, 1200)
        assert set(rows(pair)) == {calls[0].id, calls[2].id}
        with pair.pbx.store.begin() as session:
            fates = {m.call_id: m for m in session.reports() if m.kind.value == "history"}
        assert [fates[call.id].fate.value for call in calls] == ["sent", "refused", "sent"]
        assert "result" in fates[calls[1].id].answer


def test_a_busy_pbx_keeps_within_the_budget_of_the_crm() -> None:
    with built_in(managers=200, limits=Limits(telephony=40)) as pair:
        pair.pbx.crm.register()
        for number in range(120):
            pair.pbx.engine.place_incoming(f"+7 912 000-{number:04}", LINE, Script(after=5, talk=5))
        advance(pair, 120)
        statuses = {e.answer.status for e in pair.crm.journal.since(0, limit=10_000) if e.answer}
        assert statuses == {200, 201}
        assert len(rows(pair)) == 120


def test_what_cannot_be_stored_is_not_acknowledged_and_what_was_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_file = partial(PbxSettings, database=f"sqlite:///{tmp_path / 'pbx.db'}")
    monkeypatch.setattr("callproof.running.pair.PbxSettings", on_a_file)
    with built_in(managers=400) as pair:
        pair.pbx.crm.register()
        limit_pages(pair, 1.0)
        asked = {"from": CALLER, "to": LINE, "script": {"after": 1, "talk": 5}}
        taken, refused = [], 0
        while refused < 3:
            answer = requests.post(f"{pair.pbx_url}/_bench/calls", json=asked, timeout=10)
            if answer.status_code == 200:
                taken.append(answer.json()["id"])
            else:
                refused += 1
        limit_pages(pair, 10.0)
        advance(pair, 300)
        assert set(taken) <= set(rows(pair))
        with pair.pbx.store.begin() as session:
            assert session.calls(only_open=True) == []
            assert session.pending() == []


def limit_pages(pair: BuiltIn, factor: float) -> None:
    """Let the PBX's database become no larger than so many times what it has, whichever connection asks."""
    assert isinstance(pair.pbx.store, PbxStore)
    database = pair.pbx.store.database
    pages = sqlite3.connect(database.file).execute("PRAGMA page_count").fetchone()[0]

    def tell(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {int(pages * factor) + 1}")

    database.writes.close()
    database.engine.dispose()
    event.listen(database.engine, "connect", tell)
