"""Refusals, methods, phones and rows."""

from pathlib import Path

import pytest

from callproof.contract import errors
from callproof.contract.operations import OPERATIONS, Side
from callproof.contract.phones import dialable, phone_key, same_phone
from callproof.contract.requirements import (
    Evidence,
    Level,
    Requirement,
    Severity,
    all_requirements,
)
from callproof.contract.routes import find


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (errors.MissingApiKey(), 403, '"apiKey" is missing.'),
        (errors.WrongApiKey(), 403, 'Wrong "apiKey" value.'),
        (errors.AccessDenied(), 403, "Access denied."),
        (errors.AccountNotFound(), 404, "Account does not exist."),
        (errors.MethodNotFound(), 404, "API method not found"),
        (errors.MethodNotAllowed(), 405, "Method Not Allowed"),
        (errors.ParameterMissing("event"), 400, "Parameter 'event' is missing"),
        (
            errors.MemberMissing("externalId", "customer"),
            400,
            "Parameter 'externalId' in 'customer' is missing",
        ),
        (errors.InvalidParameters({"a": "b"}), 400, "Errors in the input parameters"),
        (errors.InvalidEntity({"a": "b"}), 400, "Errors in the entity format"),
        (errors.InvalidInput(), 400, "Invalid input parameters"),
        (errors.EntityNotFound(), 404, "Not found"),
        (errors.ArrayExpected("NULL", "null"), 400, "Expected array, but got NULL: null"),
        (
            errors.ScalarExpected("integrationModule"),
            400,
            'Input value "integrationModule" contains a non-scalar value',
        ),
        (errors.PartlyLoaded("Calls"), 460, "Calls are loaded with errors"),
        (errors.NotLoaded("Task"), 400, "Task is not loaded"),
        (errors.ActivationFailed(), 402, "Failed to activate module"),
        (errors.SimpleConnectionDisabled(), 400, "Not enabled simple connection"),
        (errors.TelephonyNotEnabled(), 400, "Telephony not enabled"),
        (errors.UploadNotSupported(), 400, "Telephony not enabled or not supports calls upload"),
        (errors.ServerFault(), 500, "Internal Server Error"),
        (errors.RateLimitExceeded(), 503, "Rate limit exceeded"),
        (errors.RateLimitExceeded(429), 429, "Rate limit exceeded"),
    ],
)
def test_every_known_refusal_has_its_status_and_words(
    error: errors.ApiError, status: int, message: str
) -> None:
    body = error.as_json()
    assert (error.status, body["success"], body["errorMsg"]) == (status, False, message)


def test_errors_are_an_object_a_list_or_absent() -> None:
    assert "errors" not in errors.EntityNotFound().as_json()
    assert errors.InvalidEntity({"a": "b"}).as_json()["errors"] == {"a": "b"}
    assert errors.InvalidEntity({}).as_json()["errors"] == []
    assert errors.ActivationFailed(errors=["no funds"]).as_json()["errors"] == ["no funds"]
    assert errors.EntityNotFound(extra={"combinedTo": 7}).as_json()["combinedTo"] == 7


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/api/v5/telephony/call/event", "call-event"),
        ("POST", "/api/v5/telephony/call/event/", "call-event"),
        ("GET", "/api/v5/customers/create", None),
        ("POST", "/api/v5/customers/create", "customer-create"),
        ("POST", "/api/v5/customers/created/edit", "customer-edit"),
        ("GET", "/api/credentials", "credentials"),
        ("GET", "/api/v5/credentials", None),
        ("GET", "/api/v5/telephony/call/event", None),
        ("GET", "/api/v5/users/1/2", None),
    ],
)
def test_a_request_line_is_found_in_the_table(method: str, path: str, name: str | None) -> None:
    found = find(method, path)
    assert (found.name if found else None) == name


def test_names_are_unique_and_call_backs_have_no_path_of_their_own() -> None:
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)
    callbacks = {operation.name for operation in OPERATIONS if not operation.path}
    assert callbacks == {"make-call", "status-notice", "record", "activity", "account"}
    assert all((op.asked_by is Side.CRM) == (op.name in callbacks) for op in OPERATIONS)


NOTATIONS = [
    "+7-999-123-45-67",
    "+79991234567",
    "79991234567",
    "8 (999) 123-45-67",
    "89991234567",
    "9991234567",
]


@pytest.mark.parametrize("one", NOTATIONS)
@pytest.mark.parametrize("other", NOTATIONS)
def test_notations_of_one_number_are_the_same(one: str, other: str) -> None:
    assert same_phone(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("+79991234567", "+79991234568"), ("+000", "+0000"), ("", ""), ("abc", "abc")]
)
def test_other_numbers_and_no_numbers_are_not(one: str, other: str) -> None:
    assert not same_phone(one, other)


@pytest.mark.parametrize(
    ("country", "national", "international"),
    [
        ("ES", "612 34 56 78", "+34 612 34 56 78"),
        ("DE", "0151 23456789", "+49 151 23456789"),
        ("FR", "06 12 34 56 78", "0033 6 12 34 56 78"),
        ("US", "(603) 292-6810", "+1 603 292 6810"),
        ("KZ", "8 701 123 45 67", "+7 701 123 45 67"),
    ],
)
def test_national_numbers_are_read_in_the_accounts_country(
    country: str, national: str, international: str
) -> None:
    assert same_phone(national, international, country)


def test_short_numbers_are_compared_whole() -> None:
    assert same_phone("+000", "000")
    assert phone_key("(603) 292-6810") == "6032926810"


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("+7 (912) 123-45-67", "79121234567"),
        ("8 (912) 123-45-67", "79121234567"),
        ("9121234567", "79121234567"),
        ("+1 603 292 6810", "16032926810"),
        ("+000", "000"),
        ("100", "100"),
        ("no number", ""),
    ],
)
def test_a_number_is_dialled_in_digits_with_the_country_code(number: str, digits: str) -> None:
    assert dialable(number) == digits


def row(level: Level, evidence: Evidence) -> Requirement:
    return Requirement("PBX-X-01", Side.PBX, level, evidence, "", "", "")


@pytest.mark.parametrize(
    ("level", "evidence", "severity", "strict"),
    [
        ("must", "D", Severity.FAIL, Severity.FAIL),
        ("must", "C", Severity.FAIL, Severity.FAIL),
        ("must", "P", Severity.WARN, Severity.FAIL),
        ("should", "D", Severity.WARN, Severity.FAIL),
        ("must", "I", Severity.NOTE, Severity.WARN),
        ("should", "I", Severity.NOTE, Severity.WARN),
        ("may", "D", Severity.NOTE, Severity.WARN),
    ],
)
def test_severity_follows_from_level_and_evidence(
    level: str, evidence: str, severity: Severity, strict: Severity
) -> None:
    found = row(Level(level), Evidence(evidence))
    assert (found.severity(), found.severity(strict=True)) == (severity, strict)


def test_every_row_is_whole() -> None:
    rows = all_requirements()
    assert len(rows) > 100
    for requirement in rows.values():
        assert requirement.id.startswith(requirement.side.value.upper() + "-")
        assert requirement.text.endswith(".")
        assert all(requirement.anchors)
    assert {side: any(r.side is side for r in rows.values()) for side in Side} == dict.fromkeys(Side, True)


@pytest.mark.parametrize(
    "text",
    [
        "rows: []",
        "chapter: One\nrows: [{id: PBX-X-01, level: 1}]",
        "chapter: One\nrows: [{id: PBX-X-01, level: must}]",
        "chapter: One\nrows: [{id: PBX-X-01, level: must, evidence: D, source: a, text: A., sources: b}]",
    ],
)
def test_a_file_of_rows_that_breaks_their_form_is_named(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "1-one.yaml").write_text(text, "utf-8")
    monkeypatch.setattr("callproof.contract.requirements.shipped", lambda _: tmp_path)
    with pytest.raises(ValueError, match=r"1-one\.yaml"):
        all_requirements.__wrapped__()
