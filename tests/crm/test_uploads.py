"""Calls history (evidence#guide-upload, evidence#upload, evidence#readings)."""

import pytest

from callproof.contract.jsontypes import Json
from tests.support import Account, call_item


def test_without_a_telephony_an_upload_is_refused(account: Account) -> None:
    answer = account.upload(call_item())
    assert (answer.status_code, answer.get_json()["errorMsg"]) == (
        400,
        "Telephony not enabled or not supports calls upload",
    )


def test_a_call_is_kept_as_it_was_sent(registered: Account) -> None:
    answer = registered.upload(call_item(duration="30", code=100, externalId=7))
    assert answer.get_json() == {"success": True, "processedCallsCount": 1}
    (call,) = registered.state("calls")
    assert (call["externalId"], call["duration"], call["code"], call["userId"]) == ("7", 30, "100", 1)


def test_fifty_calls_are_taken_and_fifty_one_refused_whole(registered: Account) -> None:
    answer = registered.upload(*(call_item(f"c-{n}") for n in range(51)))
    assert (answer.status_code, answer.get_json()["errors"]) == (
        400,
        {"calls": "This collection should contain 50 elements or less."},
    )
    assert registered.state("calls") == []
    answer = registered.upload(*(call_item(f"c-{n}") for n in range(50)))
    assert answer.get_json() == {"success": True, "processedCallsCount": 50}


def test_an_empty_upload_is_refused(registered: Account) -> None:
    assert registered.upload().status_code == 400


def test_a_known_call_is_listed_and_the_first_one_kept(registered: Account) -> None:
    registered.upload(call_item("c-1", duration=30))
    answer = registered.upload(call_item("c-1", duration=99), call_item("c-2"), call_item("c-2"))
    assert answer.get_json() == {
        "success": True,
        "processedCallsCount": 1,
        "duplicateCalls": ["c-1", "c-2"],
    }
    assert [(c["externalId"], c["duration"]) for c in registered.state("calls")] == [
        ("c-1", 30),
        ("c-2", 30),
    ]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("date", "2024-05-01T12:00:00Z", "This value is not valid."),
        ("date", "2024-02-30 12:00:00", "This value is not valid."),
        ("date", None, "This value should not be blank."),
        ("type", "hangup", "The value you selected is not a valid choice."),
        ("result", "no answered", "The value you selected is not a valid choice."),
        ("result", "missed", "The value you selected is not a valid choice."),
        ("duration", -1, "This value is not valid."),
        ("duration", "long", "This value is not valid."),
        ("externalId", "", "This value should not be blank."),
        ("recordUrl", "/relative", "This value is not valid."),
        ("site", "nowhere", "This value is not valid."),
    ],
)
def test_one_broken_call_refuses_the_batch_and_names_its_field(
    registered: Account, name: str, value: Json, text: str
) -> None:
    answer = registered.upload(call_item("good"), call_item("bad", **{name: value}))
    assert answer.status_code == 400
    assert answer.get_json()["errors"] == {f"calls[1][{name}]": text}
    assert registered.state("calls") == []


def test_all_violations_are_named_at_once(registered: Account) -> None:
    answer = registered.upload(call_item(date="x", type="y"), call_item(result="z"))
    assert list(answer.get_json()["errors"]) == ["calls[0][date]", "calls[0][type]", "calls[1][result]"]


def test_dates_without_leading_zeros_are_read(registered: Account) -> None:
    assert registered.upload(call_item(date="2024-5-1 9:00:00")).status_code == 200


def test_an_unknown_extension_leaves_the_user_empty(registered: Account) -> None:
    registered.upload(call_item(code="999"))
    assert [call["userId"] for call in registered.state("calls")] == [None]


def test_another_call_under_a_known_id_is_listed_with_a_finding(registered: Account) -> None:
    registered.upload(call_item("7"))
    again = registered.upload(call_item("7", phone="8 (555) 555-55-55"))
    assert (again.get_json()["duplicateCalls"], registered.findings) == (["7"], ())
    other = call_item("7", phone="+7 912 000-00-99", type="out", date="2024-04-30 12:00:00")
    assert registered.upload(other).get_json()["duplicateCalls"] == ["7"]
    (found,) = registered.findings
    assert (found.pointer, found.requirement) == ("/0/externalId", "PBX-HISTORY-10")
    assert "phone and type and date" in found.message


def test_what_a_repeat_would_add_is_lost_with_a_finding(registered: Account) -> None:
    registered.upload(call_item("7"))
    late = call_item("7", recordUrl="http://127.0.0.1:9/r.wav", result="busy")
    assert registered.upload(late).get_json()["duplicateCalls"] == ["7"]
    (found,) = registered.findings
    assert (found.pointer, found.kind) == ("/0/result", "notice")
    assert "recordUrl and result of the repeat" in found.message


def test_a_late_recording_is_taken_without_a_finding_where_repeats_are_read_so(registered: Account) -> None:
    registered.client.post("/_bench/readings", json={"repeat": "update-record-url"})
    registered.upload(call_item("7"))
    registered.upload(call_item("7", recordUrl="http://127.0.0.1:9/r.wav"))
    assert registered.findings == ()


def test_calls_whose_hangups_never_came_are_closed_together_with_one_finding(registered: Account) -> None:
    for call in ("c-1", "c-2", "c-3"):
        registered.event(phone="+79120000001", type="in", codes=["100", "200"], callExternalId=call)
    registered.upload(call_item("c-0"), call_item("c-1"), call_item("c-2"))
    (found,) = [found for found in registered.findings if "hangup" in found.message]
    assert (found.pointer, found.requirement) == ("/1/externalId", "PBX-EVENT-06")
    assert found.message.startswith("this call and 1 more of the upload are over")
    left = [card["callExternalId"] for card in registered.state("cards") if card["open"]]
    assert set(left) == {"c-3"}
