"""One finding for each root cause: what is gathered in it, what it says, and which comes first."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from callproof.conformance.evidence import Book, Seen, read
from callproof.conformance.findings import RootCause, findings
from callproof.conformance.matching import differences, member_of
from callproof.conformance.verdict import (
    Check,
    Looked,
    Near,
    Outcome,
    ScenarioResult,
    Verdict,
    Whose,
    retold,
)
from callproof.contract.jsontypes import Json
from callproof.contract.operations import Side
from callproof.contract.requirements import all_requirements
from callproof.exchange.exchange import Answer, Body, Exchange, Request
from callproof.reports.finding_words import lines

EVENT = "pbx sends call-event"
WRONG = Check("PBX-EVENT-08", EVENT, "s.yaml:9", "hangupStatus is 'no', expected 'busy'")
WRONG = replace(WRONG, members=("hangupStatus",), exchanges=("crm-1",))
NO_LINE = Check("PBX-EVENT-09", EVENT, "s.yaml:4", "externalPhone is missing", members=("externalPhone",))
HANGUP = Looked(
    "type hangup", "2", 2, 1, at=9.0, near=(Near("crm-1", ("type is 'in', expected 'hangup'",)),)
)
MISSED = Check("PBX-EVENT-06", EVENT, "s.yaml:7", f"expected 2 of {EVENT}, found 1", looked=HANGUP)


def played(name: str, *checks: Check, broken: str = "", by: Whose = Whose.SIDE) -> ScenarioResult:
    told = ScenarioResult(name, name, "s.yaml", list(checks), broken, by=by)
    return dataclasses.replace(told, exchanges=[event(number) for number in (1, 2)])


def event(number: int) -> Seen:
    body = Body(b'event={"phone":"+74990000000","type":"in"}')
    headers = (("Content-Type", "application/x-www-form-urlencoded"),)
    request = Request("POST", "http://crm/api/v5/telephony/call/event", headers, body)
    answer = Answer(200, (("Content-Type", "application/json"),), Body(b'{"success":true}'))
    (seen,) = read([Exchange(float(number), "in", request, answer, id=number)], Side.CRM, Book())
    return seen


def found(*scenarios: ScenarioResult) -> list[RootCause]:
    return findings(Verdict(list(scenarios), 7, strict=False, target=Side.PBX))


def test_the_same_member_in_many_scenarios_is_one_finding_that_counts_the_others() -> None:
    (one,) = found(played("a", WRONG), played("b", WRONG), played("c", replace(WRONG, problem="else")))
    assert one.headline == "The PBX's call-event: hangupStatus is 'no', expected 'busy'."
    assert (one.scenarios, one.elsewhere, one.where) == (["a", "b", "c"], 2, "s.yaml:9")
    assert one.remedy == all_requirements()["PBX-EVENT-08"].remedy
    assert one.exchange is not None
    assert one.problems == ["hangupStatus is 'no', expected 'busy'", "else"]


def test_a_side_that_failed_is_told_to_look_into_its_own_log() -> None:
    def told(status: int, side: Side) -> str:
        failed = event(1)
        answer = Answer(status, (("Content-Type", "text/plain"),), Body(b"Internal Server Error"))
        (failed,) = read([replace(failed.exchange, answer=answer)], Side.CRM, Book())
        check = Check("CRM-EVENT-01", "crm answers call-event", "s.yaml:9", "no", exchanges=(failed.ref,))
        scenario = dataclasses.replace(played("a", check), exchanges=[failed])
        (one,) = findings(Verdict([scenario], 7, strict=False, target=side))
        return one.remedy

    usual = all_requirements()["CRM-EVENT-01"].remedy
    assert told(500, Side.CRM).startswith(f"{usual} Your side failed over it, so look at what it printed")
    assert {told(503, Side.CRM), told(400, Side.CRM), told(500, Side.PBX)} == {usual}


def test_a_card_is_shown_by_the_event_of_its_own_call() -> None:
    def told(call: str, number: int) -> Seen:
        sent = replace(
            event(number).exchange.request, body=Body(b'event={"callExternalId":"%s"}' % call.encode())
        )
        (seen,) = read([replace(event(number).exchange, request=sent)], Side.CRM, Book())
        return seen

    looked = Looked("callExternalId c-2, userId 1", "1", 1, 1, 9.0)
    card = Check("CRM-EVENT-02", "crm keeps cards", "s.yaml:9", "code is None", looked=looked)
    for call, shown in (("c-2", 2), ("c-3", 1)):
        events = [told("c-1", 1), told(call, 2)]
        (one,) = found(dataclasses.replace(played("a", card), exchanges=events))
        assert one.exchange is not None
        assert one.exchange.exchange.id == shown


def test_other_members_of_the_same_row_are_other_findings() -> None:
    assert len(found(played("a", WRONG, replace(WRONG, members=("codes",))))) == 2


def test_members_that_are_missing_together_are_one_finding() -> None:
    other = replace(NO_LINE, problem="phone is missing", members=("phone",))
    assert len(found(played("a", NO_LINE, other))) == 1


def test_it_is_about_the_row_that_was_missed_most_often_of_those_that_are_as_grave() -> None:
    card = "crm keeps cards"
    looked = Looked("open True", "1", 1, 0, at=9.0, there=False)
    missed = replace(MISSED, what=card, problem=f"expected 1 of {card}, found 0", looked=looked)
    rows = ("CRM-MODULE-04", "CRM-EVENT-02", "CRM-EVENT-02")
    (one,) = found(
        *(played(name, replace(missed, requirement=row)) for name, row in zip("abc", rows, strict=True))
    )
    assert [touched.row.id for touched in one.rows] == ["CRM-EVENT-02", "CRM-MODULE-04"]
    assert (
        one.headline == "There is no card at the CRM in the whole run: expected 1, found 0 with open True."
    )


def test_other_rows_about_the_same_member_of_the_same_message_belong_to_it() -> None:
    (one,) = found(played("a", WRONG, replace(WRONG, requirement="PBX-EVENT-13")))
    assert [(touched.row.id, touched.outcome) for touched in one.rows] == [
        ("PBX-EVENT-08", Outcome.FAILED),
        ("PBX-EVENT-13", Outcome.NOTED),
    ]


def test_what_is_missing_is_told_with_its_number_and_with_what_came_instead() -> None:
    (one,) = found(played("a", MISSED))
    assert one.headline == "The PBX's call-event with type hangup comes too seldom: expected 2, found 1."
    assert one.missed == "expected 2 of pbx sends call-event, found 1"
    assert one.near == ["crm-1: type is 'in', expected 'hangup'"]


def test_a_message_of_which_there_were_too_few_is_not_shown_as_what_is_wrong() -> None:
    few = replace(MISSED, looked=replace(HANGUP, near=()), exchanges=("crm-1",))
    (one,) = found(played("a", few))
    shown = dict(lines(one))
    assert "sent" not in shown
    assert shown["came"].startswith('curl "$CRM_URL"/api/v5/telephony/call/event ')


def test_what_is_missing_where_the_same_row_is_wrong_is_a_consequence() -> None:
    wrong = replace(WRONG, requirement="PBX-EVENT-06")
    (one,) = found(played("a", MISSED, wrong), played("b", wrong))
    assert one.headline.startswith("The PBX's call-event: hangupStatus is")


@pytest.mark.parametrize(
    ("claimed", "headline"), [(False, "codes is missing"), (True, "is missing: expected")]
)
def test_a_message_that_another_step_was_about_is_not_a_wrong_one(claimed: bool, headline: str) -> None:
    looked = Looked("codes", "1", 1, 0, at=9.0, near=(Near("crm-1", ("codes is missing",)),))
    missed = replace(MISSED, looked=looked)
    held = Looked("codes", "1", 1, 1, at=1.0, by=("codes",))
    right = Check("PBX-EVENT-04", EVENT, "s.yaml:2", exchanges=("crm-1",), looked=held)
    (one,) = found(played("a", missed, *([right] if claimed else [])))
    assert headline in one.headline


def test_the_case_that_a_demand_is_about_stands_in_the_headline() -> None:
    (wrong,) = found(played("a", replace(WRONG, case="a call that is taken")))
    assert (
        wrong.headline
        == "The PBX's call-event (a call that is taken): hangupStatus is 'no', expected 'busy'."
    )
    looked = Looked("", "1", 1, 0, at=9.0)
    (missed,) = found(
        played("a", replace(MISSED, case="a call that is taken", looked=looked)), played("b", WRONG)
    )[:1]
    assert "(a call that is taken)" in missed.headline


def test_a_scenario_that_broke_off_belongs_to_what_went_wrong_in_it() -> None:
    broken = played("b", WRONG, broken="s.yaml:12: the call is not there")
    verdict = Verdict(
        [played("a", WRONG), dataclasses.replace(broken, undecided=["PBX-HISTORY-05"])], 7, strict=False
    )
    (one,) = findings(verdict)
    assert (one.broke, one.undecided, one.scenarios) == (["b"], ["PBX-HISTORY-05"], ["a", "b"])


def test_scenarios_that_broke_off_for_the_same_reason_are_one_finding_whatever_row_answers() -> None:
    answers = [
        Check(row, EVENT, "s.yaml:3", "broke", breaks=True) for row in ("PBX-EVENT-04", "PBX-CALL-01")
    ]
    scenarios = [
        played(name, answer, broken=f"s.yaml:{line}: 'register' was answered 500")
        for name, answer, line in zip("ab", answers, (3, 8), strict=True)
    ]
    (one,) = found(*scenarios)
    assert one.broke == ["a", "b"]


def test_a_crm_that_refuses_what_a_scenario_begins_with_may_know_another_key() -> None:
    def told(status: int) -> str:
        said = f"The CRM did not take the registration: {status} no"
        answer = Check("CRM-MODULE-01", "the registration", "s.yaml:3", said, breaks=True)
        (one,) = findings(Verdict([played("a", answer, broken=said)], 7, strict=False, target=Side.CRM))
        return one.remedy

    usual = told(400)
    assert told(403) == f"{usual} If your side knows another key, set api-key in the file to it."


def test_a_pbx_that_nobody_can_tell_when_to_upload_may_go_by_a_period() -> None:
    looked = Looked("", "1", 1, 0, at=9.0)
    said = Check("PBX-HISTORY-05", "pbx sends cdr", "s.yaml:7", "expected 1, found 0", looked=looked)

    def told(absent: str) -> str:
        left_out = [("3-history/periodic", absent)]
        (one,) = findings(Verdict([played("a", said)], 7, strict=False, target=Side.PBX, left_out=left_out))
        return one.remedy

    usual = told("set zone")
    assert told("upload every").startswith(f"{usual} A PBX that uploads by a period alone offers")


def test_a_mistake_of_the_configuration_is_one_finding_without_a_row() -> None:
    told = "callproof.yaml:9: there is no view 'calls'"
    (one,) = found(*(played(name, broken=told, by=Whose.CONFIGURATION) for name in "ab"))
    assert (one.row, one.outcome, one.scenarios) == (None, Outcome.FAILED, ["a", "b"])
    assert told in one.headline


def test_the_worst_comes_first_then_what_touches_most_rows_then_the_earliest() -> None:
    other = replace(MISSED, requirement="PBX-CALL-01", what="pbx keeps calls")
    many = [replace(WRONG, requirement=row) for row in ("PBX-EVENT-08", "PBX-EVENT-03")]
    ordered = found(played("a", NO_LINE, other), played("b", MISSED), played("c", *many))
    rows = [one.row.id for one in ordered if one.row]
    assert rows == ["PBX-EVENT-08", "PBX-CALL-01", "PBX-EVENT-06", "PBX-EVENT-09"]


def test_a_failure_of_the_baseline_comes_after_what_counts() -> None:
    known = replace(WRONG, known=True)
    assert [one.outcome for one in found(played("a", known, NO_LINE))] == [Outcome.WARNED, Outcome.KNOWN]


def test_every_row_that_something_looks_at_says_what_to_do() -> None:
    silent = [row.id for row in all_requirements().values() if not row.excluded and not row.remedy]
    assert not silent
    assert all(row.remedy.endswith(".") for row in all_requirements().values() if row.remedy)


def test_every_text_of_a_check_is_cleaned() -> None:
    check = replace(MISSED, problem="key", remedy="key", members=("key",), what="key")
    looked = replace(HANGUP, wanted="key", near=(Near("crm-1", ("key",)),))
    assert "key" not in str(retold(replace(check, looked=looked), lambda text: text.replace("key", "***")))


@pytest.mark.parametrize(
    ("problem", "member", "said"),
    [
        ("/codes/0/code: code is missing", "codes[].code", "codes[].code is missing"),
        ("/type: \"x\" is none of 'in'", "type", "type: \"x\" is none of 'in'"),
    ],
)
def test_what_a_schema_says_is_told_with_the_path_of_the_member(
    problem: str, member: str, said: str
) -> None:
    judged = Check("PBX-EVENT-07", EVENT, "s.yaml", problem, members=(member,), exchanges=("crm-1",))
    (one,) = found(played("a", judged))
    assert one.headline == f"The PBX's call-event: {said}."


def test_a_message_of_another_call_is_no_wrong_one_of_this() -> None:
    other = Near("crm-1", ("phone is '+74990000000', expected the number +74990000001",))
    looked = Looked("phone +74990000001", "3", 3, 1, at=9.0, near=(other,))
    (one,) = found(played("a", replace(MISSED, looked=looked)))
    assert one.headline.endswith(" with phone +74990000001 comes too seldom: expected 3, found 1.")


def test_an_answer_that_is_no_object_is_one_finding_whatever_was_to_stand_in_it() -> None:
    answer = Near("crm-1", ("it is None, expected an object",))
    looked = Looked("success False", "1", 1, 0, at=9.0, near=(answer,))
    missed = Check("CRM-API-03", "crm answers call-event", "s.yaml:5", "expected 1, found 0", looked=looked)
    judged = Check("CRM-API-01", "the answer", "s.yaml", "the body is no JSON object", exchanges=("crm-1",))
    (one,) = found(played("a", missed, replace(judged, members=("the body",))))
    assert [touched.row.id for touched in one.rows] == ["CRM-API-01", "CRM-API-03"]
    assert one.headline == "The CRM's answer to call-event: the body is no JSON object."


def test_a_message_that_comes_too_often_is_counted() -> None:
    looked = Looked("", "at most 8", 0, 53, at=9.0)
    upload = "pbx sends calls-upload"
    often = Check("PBX-HISTORY-04", upload, "s.yaml:9", f"expected at most 8 of {upload}, found 53")
    (one,) = found(played("a", replace(often, looked=looked)))
    assert one.headline == "The PBX's calls-upload comes too often: expected at most 8, found 53."


def test_a_curl_line_that_is_too_long_for_a_screen_is_cut_and_says_where_it_is_whole() -> None:
    (one,) = found(played("a", WRONG))
    assert dict(lines(one))["sent"].startswith('curl "$CRM_URL"/api/v5/telephony/call/event ')
    short = 'curl "$CRM_URL"/api/… (whole in --html FILE, as crm-1) # -> 200'
    assert dict(lines(one, longest=20))["sent"] == short


NAMES = st.sampled_from(["phone", "codes", "type"])
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@given(VALUES, VALUES)
def test_a_difference_says_at_which_member_it_is(expected: Json, actual: Json) -> None:
    for difference in differences(expected, actual):
        names = member_of(difference).replace("[]", ".").split(".")
        assert {name for name in names if name} <= {"phone", "codes", "type"}


NEAR = st.builds(Near, st.sampled_from(["crm-1", "crm-9", ""]), st.sampled_from([(), ("type is 1",)]))
LOOKED = st.builds(
    Looked,
    st.sampled_from(["", "type hangup"]),
    st.sampled_from(["0", "1", "at least 2"]),
    st.integers(0, 2),
    st.integers(0, 3),
    at=st.just(1.0),
    near=st.lists(NEAR, max_size=2).map(tuple),
    there=st.booleans(),
)
PROBLEMS = st.sampled_from(
    ["", "/type: is missing", "/: nothing", "type is 1, expected 2", "expected 2 of it, found 1", "?"]
)
CHECKS = st.builds(
    Check,
    st.sampled_from(["PBX-EVENT-08", "PBX-MANAGER-04", "PBX-API-01", "PBX-TROUBLE-07"]),
    st.sampled_from([EVENT, "pbx keeps calls", "POST http://crm/x -> 200", ""]),
    st.sampled_from(["s.yaml:9", "s.yaml"]),
    PROBLEMS,
    exchanges=st.sampled_from([(), ("crm-1",), ("crm-9",)]),
    breaks=st.booleans(),
    looked=st.none() | LOOKED,
    members=st.sampled_from([(), ("type",), ("codes[]",)]),
)
RESULTS = st.builds(
    lambda name, checks, broken, by: played(name, *checks, broken=broken, by=by),
    st.sampled_from("abc"),
    st.lists(CHECKS, max_size=4),
    st.sampled_from(["", "it is gone"]),
    st.sampled_from(Whose),
)


@given(st.lists(RESULTS, max_size=3, unique_by=lambda result: result.id))
def test_whatever_did_not_hold_stands_in_a_finding_that_can_be_told(results: list[ScenarioResult]) -> None:
    causes = found(*results)
    assert all(cause.headline and cause.remedy for cause in causes)
    assert all(text for cause in causes for _, text in lines(cause))
    touched = {(name, row.row.id) for cause in causes for row in cause.rows for name in cause.scenarios}
    bad = {(result.id, check.requirement) for result in results for check in result.checks if check.problem}
    assert bad <= touched
