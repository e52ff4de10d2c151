"""A PBX is held to the truth of its calls, and to no reading of ours where sources leave one open."""

import pytest

from callproof.conformance import coherence, story
from callproof.conformance.calls import Act, made
from callproof.conformance.evidence import Seen
from callproof.conformance.matching import EXACT
from callproof.contract.dates import written
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME, Side
from callproof.exchange.exchange import Answer, Body, Exchange, Request

BEGAN, RANG, LASTED = 1714564800.0, 12.0, 61.0
ACTS = [
    Act("customer calls", {"from": "+7 912 345-67-89", "to": "+7-499-999-99-99"}, {"id": "c-1"}, BEGAN),
    Act("answer", {"call": "c-1", "extension": "100"}, {}, BEGAN + RANG),
    Act("hang up", {"call": "c-1", "by": "customer"}, {}, BEGAN + RANG + LASTED),
]
CDR: JsonObject = {
    "externalId": "c-1",
    "date": written(BEGAN),
    "type": "in",
    "phone": "79123456789",
    "result": "answered",
    "code": "100",
    "duration": 61,
}


def seen(name: str, params: Json) -> Seen:
    operation = BY_NAME[name]
    answer = Answer(200, (("Content-Type", "application/json"),), Body(b'{"success":true}'))
    exchange = Exchange(BEGAN, "in", Request("POST", f"http://crm{operation.path}"), answer)
    return Seen(exchange, Side.CRM, operation, params)


def problems(*messages: Seen, acts: list[Act] = ACTS) -> dict[str, str]:
    reports = story.told(messages)
    checks = [
        *story.true(made(acts, [], []), reports, "here", EXACT),
        *story.linked(made(acts, [], []), reports, "here"),
        *coherence.coherent(reports, [], "here"),
        *coherence.doubled(reports, "here"),
    ]
    return {check.requirement: check.problem for check in checks if check.problem}


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"date": written(BEGAN + 3 * 3600)},
        {"date": written(BEGAN + RANG)},
        {"duration": 73},
        {"durationWaiting": 12},
        {"code": 100},
        {"phone": "8 (912) 345-67-89"},
        {"externalPhone": "84999999999"},
    ],
)
def test_every_reading_of_a_call_passes(other: JsonObject) -> None:
    assert problems(seen("calls-upload", [{**CDR, **other}])) == {}


@pytest.mark.parametrize(
    ("other", "row"),
    [
        ({"date": written(BEGAN + RANG + LASTED)}, "PBX-HISTORY-06"),
        ({"type": "out"}, "PBX-HISTORY-07"),
        ({"phone": "+7-499-999-99-99"}, "PBX-HISTORY-08"),
        ({"result": "no answer"}, "PBX-HISTORY-09"),
        ({"code": "200"}, "PBX-HISTORY-11"),
        ({"duration": 12}, "PBX-HISTORY-12"),
        ({"durationWaiting": 61}, "PBX-HISTORY-12"),
        ({"externalPhone": "+7-499-888-88-88"}, "PBX-HISTORY-14"),
    ],
)
def test_what_is_not_true_reddens_its_row_alone(other: JsonObject, row: str) -> None:
    assert set(problems(seen("calls-upload", [{**CDR, **other}]))) == {row}


def event(**other: Json) -> Seen:
    return seen("call-event", {"phone": "79123456789", "callExternalId": "c-1", "type": "in", **other})


def test_of_a_group_those_who_did_not_answer_have_an_end_of_their_own() -> None:
    legs = [
        event(codes=["100", "200"]),
        event(type="hangup", codes=["200"], hangupStatus="cancel"),
        event(type="hangup", codes=["100"], hangupStatus="answered"),
    ]
    assert problems(*legs, seen("calls-upload", [CDR])) == {}


def test_an_end_that_names_who_answered_has_to_say_so() -> None:
    found = problems(event(codes=["100"]), event(type="hangup", codes=["100"], hangupStatus="busy"))
    assert set(found) == {"PBX-EVENT-08"}


def test_how_long_a_call_lasted_that_was_held_is_for_the_pbx_to_say() -> None:
    held = [*ACTS[:2], Act("hold", {"call": "c-1"}, {}, BEGAN + 20), ACTS[2]]
    assert problems(seen("calls-upload", [{**CDR, "duration": 30}]), acts=held) == {}


def test_reports_that_contradict_each_other_are_no_story() -> None:
    found = problems(
        event(callExternalId="c-2"), seen("calls-upload", [{**CDR, "externalId": "c-2", "type": "out"}])
    )
    assert set(found) == {"PBX-EVENT-13"}


def test_what_was_taken_is_not_to_come_again() -> None:
    assert set(problems(event(codes=["100"]), event(codes=["100"]))) == {"PBX-TROUBLE-07"}
    assert problems(event(codes=["100"]), event(codes=["200"])) == {}


def test_a_report_that_fits_another_call_has_a_wrong_id_and_says_nothing_wrong() -> None:
    before = Act(
        "customer calls", {"from": "+7 999 000-00-00", "to": "+7-499-888-88-88"}, {"id": "c-0"}, BEGAN
    )
    acts = [before, *ACTS]
    end = {
        "type": "hangup",
        "phone": "79123456789",
        "externalPhone": "84999999999",
        "hangupStatus": "answered",
    }
    found = problems(seen("call-event", {**end, "callExternalId": "c-0"}), acts=acts)
    assert found == {"PBX-EVENT-10": "what is told of call c-0 is call c-1"}
    found = problems(seen("calls-upload", [{**CDR, "externalId": "c-0"}]), acts=acts)
    assert found == {"PBX-HISTORY-10": "what is told of call c-0 is call c-1"}


def test_one_thing_that_is_wrong_is_wrong_itself_where_the_other_call_has_a_report_of_its_own() -> None:
    before = Act(
        "customer calls", {"from": "+7 999 000-00-00", "to": "+7-499-999-99-99"}, {"id": "c-0"}, BEGAN
    )
    begins = {"type": "in", "phone": "79123456789"}
    strange = seen("call-event", {**begins, "callExternalId": "c-0"})
    assert problems(strange, acts=[before, *ACTS]) == {
        "PBX-EVENT-10": "what is told of call c-0 is call c-1"
    }
    own = seen("call-event", {**begins, "callExternalId": "c-1"})
    assert set(problems(strange, own, acts=[before, *ACTS])) == {"PBX-EVENT-02"}


def test_two_calls_have_two_recordings() -> None:
    later = [
        Act("customer calls", {"from": "+7 912 345-67-80", "to": "1"}, {"id": "c-2"}, BEGAN + 300),
        Act("hang up", {"call": "c-2", "by": "customer"}, {}, BEGAN + 320),
    ]
    link = {"recordUrl": "http://pbx/c-1.wav"}
    missed = {"externalId": "c-2", "date": written(BEGAN + 300), "type": "in", "phone": "79123456780"}
    other: JsonObject = {**missed, "result": "no answer"}
    told = seen("calls-upload", [{**CDR, **link}])
    assert problems(told, seen("calls-upload", [other]), acts=ACTS + later) == {}
    found = problems(told, seen("calls-upload", [{**other, **link}]), acts=ACTS + later)
    assert found == {"PBX-HISTORY-13": "recordUrl is that of call c-1 as well: http://pbx/c-1.wav"}


def test_an_upload_has_a_call_once_and_at_most_its_link_beside_it() -> None:
    assert "PBX-TROUBLE-07" in problems(seen("calls-upload", [CDR, {**CDR, "durationWaiting": 12}]))
    linked: JsonObject = {**CDR, "recordUrl": "http://pbx/c-1.wav"}
    assert problems(seen("calls-upload", [CDR, linked])) == {}


@pytest.mark.parametrize("more", [[], [Act("engaged", {"call": "c-2"}, {}, BEGAN + 9)]])
def test_each_end_under_the_id_of_the_call_before_is_a_wrong_id(more: list[Act]) -> None:
    numbers = ("+7 999 000-00-00", "+7 999 000-00-01", "+7 999 000-00-02")
    acts = [
        Act("customer calls", {"from": n, "to": "1"}, {"id": f"c-{i}"}, BEGAN)
        for i, n in enumerate(numbers)
    ]
    ends = [
        seen("call-event", {"type": "hangup", "phone": numbers[i], "callExternalId": f"c-{i - 1}"})
        for i in (1, 2)
    ]
    found = problems(*ends, acts=[*acts, *more])
    assert found == {"PBX-EVENT-10": "what is told of call c-1 is call c-2"}
