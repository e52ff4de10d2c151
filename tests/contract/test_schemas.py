"""Validation names everything that is wrong, by pointer, row and remedy."""

import pytest
from jsonschema import Draft202012Validator

from callproof.contract import schemas
from callproof.contract.jsontypes import Json, bracketed, parts, pointer

CALL = {"date": "2024-05-01 12:00:00", "type": "in", "phone": "1", "result": "busy", "externalId": "c"}


@pytest.mark.parametrize("schema_id", schemas.schema_ids())
def test_every_schema_is_a_schema(schema_id: str) -> None:
    schema = schemas.load(schema_id)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"/{schema_id}"
    assert schema["description"]


def test_an_unknown_schema_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="no schema 'nothing'"):
        schemas.load("nothing")


def test_all_violations_come_in_the_order_of_the_document() -> None:
    calls: list[Json] = [dict(CALL) for _ in range(12)]
    calls[2] = {**CALL, "type": "x", "date": "y"}
    calls[10] = {}
    found = schemas.validate("payloads/calls-upload", calls)
    assert [violation.pointer for violation in found] == [
        "/2/date", "/2/type", "/10/date", "/10/externalId", "/10/phone", "/10/result", "/10/type",
    ]  # fmt: skip
    assert all(violation.requirement and violation.remedy for violation in found)


@pytest.mark.parametrize(
    ("schema", "value", "error"),
    [
        ("call-event", {"phone": "1", "type": "x"}, "The value you selected is not a valid choice."),
        ("calls-upload", [{**CALL, "externalId": ""}], "This value should not be blank."),
        ("call-event", {"type": "in"}, "This value should not be blank."),
        ("call-event", {"phone": "1", "type": "in", "codes": 1}, "This value is not valid."),
        ("calls-upload", [CALL] * 51, "This collection should contain 50 elements or less."),
        ("calls-upload", [], "This collection should contain 1 element or more."),
        ("integration-module", {"clientId": "c", "logo": "http://x/a.png"}, "Logo image must be svg"),
    ],
)
def test_the_crms_own_words_are_given(schema: str, value: Json, error: str) -> None:
    assert error in [violation.error for violation in schemas.validate(f"payloads/{schema}", value)]


@pytest.mark.parametrize(
    ("date", "good"),
    [
        ("2024-05-01 12:00:00", True),
        ("2024-5-1 9:00:00", True),
        ("2024-02-30 12:00:00", False),
        ("2024-05-01 25:00:00", False),
        ("2024-05-01", False),
        ("2024-05-01T12:00:00", False),
        ("2024-05-01 12:00:00+03:00", False),
        (" 2024-05-01 12:00:00", False),
    ],
)
def test_dates_are_of_the_contracts_form(date: str, good: bool) -> None:
    assert (schemas.validate("payloads/calls-upload", [{**CALL, "date": date}]) == []) is good


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("", True),
        ("http://127.0.0.1:9/x", True),
        ("https://pbx.example/call?tenant=1", True),
        ("https://sip.switch.example.test:8443/rec/x.mp3#t=1", True),
        ("http://two words/", False),
        ("ftp://x/", False),
        ("/relative", False),
        ("http://", False),
        ("http://x:port/", False),
        ("http://[broken/", False),
    ],
)
def test_addresses_are_absolute_or_empty(url: str, good: bool) -> None:
    module: Json = {"clientId": "c", "integrations": {"telephony": {"makeCallUrl": url}}}
    assert (schemas.validate("payloads/integration-module", module) == []) is good


def test_pointers_and_the_crms_field_names() -> None:
    assert pointer(["a/b", "c~d", 0]) == "/a~1b/c~0d/0"
    assert parts("/a~1b/c~0d/0") == ["a/b", "c~d", "0"]
    assert parts("") == []
    assert bracketed("calls", "/0/date") == "calls[0][date]"
    assert bracketed("", "/integrations/telephony") == "integrations[telephony]"
    assert bracketed("", "") == ""
