"""A verdict is worth something only if a broken side turns it red, and only where it is broken."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from simulator.bench.ends import Ends
from simulator.conformance import loading, runner
from simulator.conformance.verdict import Outcome, Verdict
from simulator.contract.jsontypes import JsonObject
from simulator.core import reports
from simulator.core.call import Cause
from simulator.crm.exchange import Reply
from simulator.crm.operations import HANDLERS
from simulator.crm.outgoing import Outgoing
from simulator.pbx import engine, recordings
from simulator.pbx.crm_client import CrmClient, Told
from simulator.pbx.reporting import Reporter
from simulator.serving import built_in

Patch = Callable[[pytest.MonkeyPatch], None]


def verdict(*wanted: str, strict: bool = False) -> Verdict:
    found = Verdict([], 1, strict)
    with built_in() as pair:
        ends = Ends.at(pair.crm_url, pair.pbx_url, pair.api_key)
        runner.run(loading.find(wanted), ends, found.scenarios.append)
        ends.close()
    return found


def rows(found: Verdict, *outcomes: Outcome) -> set[str]:
    return {result.requirement.id for result in found.requirements if result.outcome in outcomes}


def answers(operation: str, change: Callable[[JsonObject], JsonObject], status: int = 0) -> Patch:
    """A CRM that says something else."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        handler = HANDLERS[operation]

        def broken(session: Any, asked: Any) -> Reply:
            reply = handler(session, asked)
            return replace(reply, body=change(reply.body), status=status or reply.status)

        monkeypatch.setitem(HANDLERS, operation, broken)

    return patch


def events(change: Callable[[JsonObject], JsonObject | None]) -> Patch:
    """A PBX that says something else while calls go on; None says nothing."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        tell = CrmClient.event

        def broken(self: CrmClient, event: JsonObject) -> Told:
            changed = change(event)
            return tell(self, changed) if changed is not None else Told(200, {"success": True}, "")

        monkeypatch.setattr(CrmClient, "event", broken)

    return patch


def uploads(change: Callable[[JsonObject], JsonObject]) -> Patch:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        tell = CrmClient.upload
        monkeypatch.setattr(CrmClient, "upload", lambda self, calls: tell(self, [change(c) for c in calls]))

    return patch


def without(*names: str) -> Callable[[JsonObject], JsonObject]:
    return lambda document: {name: value for name, value in document.items() if name not in names}


def setting(**members: Any) -> Callable[[JsonObject], JsonObject]:
    return lambda document: {**document, **members}


def twice(monkeypatch: pytest.MonkeyPatch) -> None:
    tell = CrmClient.event

    def broken(self: CrmClient, event: JsonObject) -> Told:
        tell(self, event)
        return tell(self, event)

    monkeypatch.setattr(CrmClient, "event", broken)


def deaf_to_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CRM counts whatever the PBX answers as success."""
    ask = Outgoing._ask
    monkeypatch.setattr(Outgoing, "_ask", lambda self, url, query: (200, ask(self, url, query)[1]))


def early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reporter, "history_due", lambda self, now: now)


def never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "belongs_in_history", lambda call: False)


BROKEN: list[tuple[str, str, Patch, set[str]]] = [
    (
        "crm says created for a change",
        "2-module/change",
        answers("module-edit", dict, 201),
        {"CRM-MODULE-02"},
    ),
    ("crm hides settings", "2-module/registration", answers("module", lambda _: {}), {"CRM-MODULE-03"}),
    (
        "crm forgets the count",
        "3-history/at-once",
        answers("calls-upload", without("processedCallsCount")),
        {"CRM-HISTORY-01"},
    ),
    (
        "crm hides duplicates",
        "3-history/sent-twice",
        answers("calls-upload", without("duplicateCalls")),
        {"CRM-HISTORY-03"},
    ),
    (
        "crm names nobody",
        "5-manager/responsible",
        answers("manager-lookup", without("manager")),
        {"CRM-MANAGER-01"},
    ),
    (
        "crm names anybody",
        "5-manager/not-free",
        answers("manager-lookup", setting(manager={"id": 2, "code": "200"})),
        {"CRM-MANAGER-04"},
    ),
    (
        "crm sends a number for the extension",
        "5-manager/responsible",
        answers("manager-lookup", setting(manager={"id": 2, "code": 200})),
        {"CRM-MANAGER-01"},
    ),
    ("crm takes 200 for granted", "7-call/refused", deaf_to_refusals, {"CRM-CALL-04"}),
    (
        "pbx is silent at the start",
        "6-event/answered",
        events(lambda e: e if e["type"] == "hangup" else None),
        {"PBX-EVENT-04"},
    ),
    (
        "pbx is silent at the end",
        "6-event/answered",
        events(lambda e: e if e["type"] != "hangup" else None),
        {"PBX-EVENT-06"},
    ),
    ("pbx says everything twice", "6-event/answered", twice, {"PBX-EVENT-04", "PBX-EVENT-06"}),
    (
        "pbx confuses the vocabularies",
        "6-event/missed",
        events(lambda e: {**e, "hangupStatus": "no answer"} if e["type"] == "hangup" else e),
        {"PBX-EVENT-08"},
    ),
    ("pbx names no manager", "6-event/answered", events(without("codes")), {"PBX-EVENT-07"}),
    ("pbx hides the line", "6-event/answered", events(without("externalPhone")), {"CRM-EVENT-03"}),
    ("pbx uploads too early", "3-history/periodic", early, {"PBX-HISTORY-04"}),
    ("pbx uploads nothing", "3-history/at-once", never, {"PBX-HISTORY-05"}),
    (
        "pbx writes dates of its own",
        "3-history/at-once",
        uploads(setting(date="2024-05-01T12:00:00Z")),
        {"PBX-HISTORY-06"},
    ),
    ("pbx miscounts", "3-history/at-once", uploads(setting(duration=1)), {"PBX-HISTORY-12"}),
    ("pbx has no recording", "3-history/at-once", uploads(without("recordUrl")), {"PBX-HISTORY-13"}),
]


@pytest.mark.parametrize(("name", "wanted", "patch", "expected"), BROKEN, ids=[name for name, *_ in BROKEN])
def test_a_broken_side_fails_the_rows_that_it_breaks(
    monkeypatch: pytest.MonkeyPatch, name: str, wanted: str, patch: Patch, expected: set[str]
) -> None:
    patch(monkeypatch)
    found = verdict(wanted)
    assert expected <= rows(found, Outcome.FAILED, Outcome.WARNED)
    assert found.conformant is (not expected)


def test_a_member_that_nobody_knows_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    events(setting(colour="red"))(monkeypatch)
    assert rows(verdict("6-event/cancelled"), Outcome.NOTED) == {"PBX-API-04"}


def test_a_recording_without_its_content_type_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(recordings.CONTENT_TYPES, "wav", "application/octet-stream")
    assert "PBX-RECORD-01" in rows(verdict("4-record"), Outcome.FAILED)


def test_a_weak_row_warns_and_fails_only_when_strict(monkeypatch: pytest.MonkeyPatch) -> None:
    deliver = CrmClient._post

    def as_brackets(self: CrmClient, path: str, name: str, structure: Any) -> Told:
        if name != "event":
            return deliver(self, path, name, structure)
        form = {f"event[{key}]": value for key, value in structure.items() if key != "codes"}
        return self._send("POST", path, data={**form, "event[codes][]": structure["codes"]})

    monkeypatch.setattr(CrmClient, "_post", as_brackets)
    lenient = verdict("6-event/cancelled")
    assert (rows(lenient, Outcome.WARNED), lenient.conformant) == ({"PBX-API-02"}, True)
    assert verdict("6-event/cancelled", strict=True).conformant is False


def test_a_scenario_that_cannot_be_played_is_not_conformant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reports.HANGUP_STATUS, Cause.ANSWERED, "busy")
    monkeypatch.setattr(CrmClient, "manager_extension", lambda *_: ("200", ""))
    found = verdict("3-history/at-once")
    assert "Extension 100 does not ring" in found.broken[0].broken
    assert found.conformant is False


def test_the_nearest_miss_says_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    uploads(setting(duration=1))(monkeypatch)
    (result,) = verdict("3-history/at-once").scenarios
    problem = next(check.problem for check in result.checks if check.requirement == "PBX-HISTORY-12")
    assert "[0].duration is 1, expected 61" in problem
