"""Types are read leniently, and whatever was forgiven or ignored is said (evidence#wire)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callproof.contract import schemas
from callproof.contract.coerce import coerce
from callproof.contract.jsontypes import Json

CALL = {"date": "2024-05-01 12:00:00", "type": "in", "phone": "1", "result": "busy", "externalId": "c"}


@pytest.mark.parametrize(
    ("schema", "value", "expected", "findings"),
    [
        ("call-event", {"codes": [100, "200"]}, {"codes": ["100", "200"]}, []),
        ("call-event", {"userIds": ["1", 2]}, {"userIds": [1, 2]}, []),
        ("call-event", {"codes": [None, "1"]}, {"codes": ["1"]}, ["forgiven /codes/0"]),
        ("call-event", {"codes": {"1": "a", "0": "b"}}, {"codes": ["b", "a"]}, []),
        ("call-event", {"callExternalId": None}, {}, ["forgiven /callExternalId"]),
        ("call-event", {"webAnalyticsData": []}, {"webAnalyticsData": {}}, ["forgiven /webAnalyticsData"]),
        ("call-event", {"phone": 79991234567}, {"phone": "79991234567"}, ["forgiven /phone"]),
        (
            "call-event",
            {"externalPhone": "", "hangupStatus": ""},
            {},
            ["forgiven /externalPhone", "forgiven /hangupStatus"],
        ),
        ("call-event", {"phone": "", "type": ""}, {"phone": "", "type": ""}, ["notice /phone"]),
        ("calls-upload", [{**CALL, "duration": ""}], [CALL], ["forgiven /0/duration"]),
        ("integration-module", {"logo": "", "baseUrl": ""}, {"logo": "", "baseUrl": ""}, []),
        ("call-event", {"colour": 1}, {}, ["ignored /colour"]),
        (
            "calls-upload",
            [{**CALL, "duration": "30", "durationWaiting": "5"}],
            [{**CALL, "duration": 30, "durationWaiting": 5}],
            [],
        ),
        (
            "calls-upload",
            [{**CALL, "duration": 30.0}],
            [{**CALL, "duration": 30}],
            [],
        ),
        ("calls-upload", {"1": CALL, "0": CALL}, [CALL, CALL], []),
        ("calls-upload", {"²": CALL}, {"²": CALL}, []),
        ("calls-upload", [{**CALL, "externalId": 7}], [{**CALL, "externalId": "7"}], []),
        ("integration-module", {"active": "true"}, {"active": True}, ["forgiven /active"]),
        ("integration-module", {"active": 0}, {"active": False}, ["forgiven /active"]),
        ("integration-module", {"baseUrl": False}, {}, ["forgiven /baseUrl"]),
        ("integration-module", {"allowEdit": True}, {}, ["misplaced /allowEdit"]),
        ("integration-module", {"configuration": {}}, {}, ["ignored /configuration"]),
    ],
)
def test_an_entity_is_read_as_meant(schema: str, value: Json, expected: Json, findings: list[str]) -> None:
    read, found = coerce(f"payloads/{schema}", value, "event")
    assert read == expected
    assert [f"{finding.kind} {finding.pointer}" for finding in found] == findings
    assert all(finding.remedy for finding in found)


@pytest.mark.parametrize(
    ("value", "expected", "findings"),
    [
        ({"phone": "+7", "details": "1"}, {"phone": "+7", "details": True}, 0),
        ({"details": "0", "ignoreStatus": "0"}, {"details": False, "ignoreStatus": False}, 0),
        ({"details": "True", "ignoreStatus": "False"}, {"details": True, "ignoreStatus": False}, 2),
        ({"details": "2"}, {"details": True}, 1),
        ({"details": ""}, {"details": False}, 0),
        ({"details": "maybe"}, {"details": "maybe"}, 0),
    ],
)
def test_a_query_is_text_and_turning_it_into_types_is_no_finding(
    value: Json, expected: Json, findings: int
) -> None:
    read, found = coerce("payloads/manager-query", value, "query", plain=True)
    assert (read, len(found)) == (expected, findings)


def test_what_clients_write_for_nothing_and_for_yes_rests_on_no_row() -> None:
    sent: dict[str, Json] = {
        "callExternalId": None,
        "webAnalyticsData": [],
        "hangupStatus": "",
        "codes": [None],
    }
    _, found = coerce("payloads/call-event", sent, "event")
    assert {finding.pointer: finding.requirement for finding in found} == {
        "/callExternalId": "",
        "/webAnalyticsData": "",
        "/hangupStatus": "",
        "/codes/0": "PBX-API-04",
    }
    _, (words,) = coerce("payloads/manager-query", {"details": "True"}, "query", plain=True)
    assert words.requirement == ""


@pytest.mark.parametrize(
    ("sent", "read"), [(79120000001.0, "79120000001"), (100.0, "100"), (1.5, "1.5"), (1e21, "1" + "0" * 21)]
)
def test_a_whole_number_with_a_point_is_read_by_its_digits(sent: float, read: str) -> None:
    event, _ = coerce("payloads/call-event", {"phone": sent, "type": "in", "codes": [sent]}, "event")
    assert event == {"phone": read, "type": "in", "codes": [read]}


def test_whole_numbers_written_as_text_with_a_point_are_read_with_a_finding() -> None:
    call, found = coerce("payloads/calls-upload", [{"duration": "12.0", "userId": "1.0"}], "calls")
    assert call == [{"duration": 12, "userId": 1}]
    assert [(f.pointer, f.kind) for f in found] == [("/0/duration", "forgiven"), ("/0/userId", "forgiven")]
    half, _ = coerce("payloads/calls-upload", [{"duration": "12.5"}], "calls")
    assert half == [{"duration": "12.5"}]


@pytest.mark.parametrize(
    ("schema", "payload"),
    [
        ("customer", {"phones": [{"number": " 79120000009"}]}),
        ("order", {"phone": " 79120000009"}),
        ("task", {"phone": " 79120000009"}),
        (
            "integration-module",
            {"integrations": {"telephony": {"externalPhones": [{"externalPhone": " 7499"}]}}},
        ),
    ],
)
def test_a_lost_plus_is_noticed_wherever_a_number_stands(schema: str, payload: Json) -> None:
    _, found = coerce(f"payloads/{schema}", payload, "entity")
    assert ["%2B" in finding.remedy for finding in found] == [True]


def test_a_misplaced_key_is_told_its_place() -> None:
    _, (finding,) = coerce("payloads/integration-module", {"additionalCodes": []}, "integrationModule")
    assert finding.remedy == "Move it to /integrations/telephony/additionalCodes."


values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["phone", "type", "codes", "userIds", "integrations", "telephony", "code", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from([i for i in schemas.schema_ids() if i.startswith("payloads/")]), values)
def test_nothing_that_is_sent_makes_it_fail_and_reading_twice_changes_nothing(
    schema: str, value: Json
) -> None:
    once, _ = coerce(schema, value, "x")
    twice, findings = coerce(schema, once, "x")
    assert twice == once
    assert [f for f in findings if f.kind in ("ignored", "misplaced")] == []
    schemas.validate(schema, once)
