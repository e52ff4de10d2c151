"""Steps that act only where there is something, and clocks that leap."""

from collections.abc import Mapping
from pathlib import Path
from threading import get_ident

import pytest

from callproof.conformance import loading, runner
from callproof.conformance.drivers import act
from callproof.conformance.judge import UnderTest
from callproof.conformance.verdict import ScenarioResult
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.control.client import Ends
from callproof.files.yamlfile import FileError
from tools.kill_matrix import bench

SCENARIO = """
title: A call is missed
rule: Who left no message is not heard.
steps:
  - do: customer calls
    from: +7 912 345-67-89
    to: +7-499-999-99-99
    as: call
  - do: hang up
    call: $call.id
    by: customer
  - expect: pbx sends cdr
    at-least: 1
    within: 5
    proves: PBX-HISTORY-05
    as: row
  - do: play
    call: $call.id
    if: $row.value.recordUrl
  - send: calls-upload
    if: $row.value.recordUrl
    entity: []
  - leap: 43200
  - do: customer calls
    from: +7 912 345-67-89
    to: +7-499-999-99-99
    as: later
  - do: hang up
    call: $later.id
    by: customer
  - expect: pbx sends cdr
    after: row
    within: 5
    about: {PBX-HISTORY-06: {date: {$date: $call.at}}}
"""


def played(folder: Path, text: str) -> ScenarioResult:
    file = folder / "mine.yaml"
    file.write_text(text)
    with bench() as ends:
        (result,) = runner.run(loading.find([str(file)]), ends)
    return result


def test_nobody_acts_where_there_is_nothing_and_the_clocks_leap(tmp_path: Path) -> None:
    result = played(tmp_path, SCENARIO)
    assert result.broken == ""
    assert {one.operation.name for one in result.exchanges if one.operation} >= {
        "calls-upload",
        "call-event",
    }
    assert not any(one.operation and one.operation.name == "record" for one in result.exchanges)
    (late,) = [check.problem for check in result.checks if check.problem]
    assert "43200 s later" in late


def test_where_there_is_something_it_is_done(tmp_path: Path) -> None:
    result = played(
        tmp_path, SCENARIO.replace("if: $row.value.recordUrl\n  - send", "if: $row.value.date\n  - send")
    )
    assert "The history has no recording of call" in result.broken


CHANGE = """
title: A module changes one of its settings
steps:
  - send: module-edit
    path: {code: other-pbx}
    entity:
      code: other-pbx
      name: Other
      clientId: other
      integrations: {telephony: {allowEdit: false, additionalCodes: [{userId: 1, code: "100"}]}}
  - send: module-edit
    path: {code: other-pbx}
    change: {name: Renamed, integrations: {telephony: {additionalCodes: []}}}
  - expect: crm answers module-edit
    at-least: 1
    proves: CRM-MODULE-02
"""


def test_a_change_is_sent_with_everything_that_was_told_before(tmp_path: Path) -> None:
    result = played(tmp_path, CHANGE)
    edits = [
        one.params
        for one in result.exchanges
        if one.operation and one.operation.name == "module-edit" and one.parts["code"] == "other-pbx"
    ]
    assert edits[-1] == {
        "code": "other-pbx",
        "name": "Renamed",
        "clientId": "other",
        "integrations": {"telephony": {"allowEdit": False, "additionalCodes": []}},
    }


def test_a_change_is_of_settings_alone_and_no_entity_stands_beside_it(tmp_path: Path) -> None:
    beside = CHANGE.replace("change: ", "entity: {}\n    change: ")
    for said in (beside, CHANGE.replace("module-edit", "module")):
        with pytest.raises(FileError, match="module-edit alone has a change"):
            played(tmp_path, said)


def test_nothing_is_demanded_where_there_is_what_a_check_is_left_out_for(tmp_path: Path) -> None:
    demand = "  - expect: pbx sends users\n    proves: PBX-HISTORY-05\n    unless: $row.value."
    left_out = played(tmp_path, SCENARIO + demand + "date\n")
    assert not any(check.what == "pbx sends users" for check in left_out.checks)
    looked_at = played(tmp_path, SCENARIO + demand + "recordUrl\n")
    assert any(check.what == "pbx sends users" and check.problem for check in looked_at.checks)


def test_what_was_never_found_is_not_there(tmp_path: Path) -> None:
    never = "  - expect: pbx sends users\n    at-most: 1\n    as: asked\n    proves: PBX-HISTORY-05\n"
    demand = "  - expect: pbx sends users\n    proves: PBX-HISTORY-05\n    unless: $asked.value\n"
    result = played(tmp_path, SCENARIO + never + demand)
    assert [check.problem != "" for check in result.checks if check.what == "pbx sends users"] == [
        False,
        True,
    ]


AT_ONCE = """
title: Two call at once
rule: Each has an id.
steps:
  - together:
      - do: customer calls
        from: +7 912 345-67-89
        to: +7-499-999-99-99
        as: first
      - do: customer calls
        from: +7 912 345-67-80
        to: +7-499-999-99-99
        as: second
  - expect: pbx sends cdr
    with: {externalId: {$one-of: [$first.id, $second.id]}}
    times: 2
    within: 120
    proves: PBX-HISTORY-10
"""


@pytest.mark.parametrize("side", [None, Side.CRM])
def test_what_is_done_at_once_is_known_to_later_steps(tmp_path: Path, side: Side | None) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(AT_ONCE)
    begun: list[tuple[str, int]] = []
    with bench() as ends, pytest.MonkeyPatch.context() as patch:

        def noted(ends: Ends, action: str, args: Mapping[str, Json]) -> JsonObject:
            begun.append((action, get_ident()))
            return act(ends, action, args)

        patch.setattr("callproof.conformance.playing.act", noted)
        (result,) = runner.run(loading.find([str(file)]), ends, judged=UnderTest(side))
    assert (result.broken, [check.problem for check in result.checks if check.problem]) == ("", [])
    threads = {thread for action, thread in begun if action == "customer calls"}
    assert len(threads) == (1 if side is None else 2)


def test_nothing_but_acts_and_requests_is_done_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(AT_ONCE.replace("  - expect", "  - together: [{wait: 1}, {wait: 2}]\n  - expect"))
    with pytest.raises(FileError, match=r"mine.yaml:14: "):
        loading.find([str(file)])


def test_what_needs_something_that_is_not_there_is_not_looked_at(tmp_path: Path) -> None:
    looked = """
  - expect: crm answers module-edit
    status: 418
    at-most: 1
    about: {CRM-MODULE-02: {success: true}}
    as: teapot
  - expect: crm keeps cards
    if: $teapot.id
    proves: CRM-EVENT-02
"""
    result = played(tmp_path, CHANGE + looked)
    assert result.broken == ""
    assert "CRM-EVENT-02" not in {check.requirement for check in result.checks}


def test_what_comes_after_a_step_that_was_left_out_comes_after_nothing(tmp_path: Path) -> None:
    looked = """
  - expect: pbx sends users
    if: $row.value.recordUrl
    at-most: 1
    proves: PBX-HISTORY-05
    as: heard
  - expect: pbx sends call-event
    after: heard
    at-least: 1
    proves: PBX-EVENT-04
"""
    result = played(tmp_path, SCENARIO + looked)
    assert result.broken == ""
    (found,) = [check for check in result.checks if check.requirement == "PBX-EVENT-04"]
    assert found.problem == ""


def test_of_answers_that_are_wrong_alike_the_newest_is_the_nearest(tmp_path: Path) -> None:
    asked = "\n".join(f"  - send: GET /api/v5/users/{number}" for number in (1, 2, 1))
    text = f"{asked}\n  - expect: crm answers anything\n    status: 400\n    proves: CRM-API-05\n"
    result = played(tmp_path, f"title: Users are asked for\nsteps:\n{text}")
    (missed,) = [check for check in result.checks if check.requirement == "CRM-API-05"]
    assert missed.looked
    urls = {shown.ref: shown.url for shown in result.exchanges if shown.seen_by is Side.PBX}
    of_users = [ref for ref, url in urls.items() if "/users/" in url]
    assert [one.ref for one in missed.looked.near[:3]] == of_users[::-1]
