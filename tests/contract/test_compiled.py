"""The compiled schemas say what the reference says, and the canonical form only what is right for sure."""

from collections.abc import Mapping
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callproof.contract import coerce, schemas
from callproof.contract.jsontypes import Json, JsonObject

PAYLOADS = [name for name in schemas.schema_ids() if name.startswith("payloads/")]
ANSWERS = [name for name in schemas.schema_ids() if name.startswith("answers/")]
CANONICAL = [
    name for name in PAYLOADS if any(part in name for part in ("call-event", "calls-upload", "manager"))
]

# Values that are read in more than one way by somebody.
TRICKY: list[Json] = [
    *("", " ", "0", "1", "100", "None", "true", "+7 912", "8 (912) 345-67-89", "٣", "a\n", "é", "x" * 256),
    *(
        "2024-05-01 12:00:00",
        "2024-02-29 00:00:00",
        "2023-02-29 00:00:00",
        "2024-5-1 1:2:3",
        "0000-01-01 00:00:00",
    ),
    *("2024-04-31 12:00:00", "2024-12-31 23:59:59", "2024-05-01T12:00:00", "2024-05-01 24:00:00"),
    *(
        "http://h",
        "https://h.example:99999/",
        "http://h:0/",
        "http://",
        "ftp://h/",
        "http://[::1]/",
        "http://h/?a=#b",
    ),
    *("in", "out", "hangup", "answered", "no answer", "no answered", "busy", "free"),
    *(0, 1, -1, 1.0, 1.5, 1e300, 10**30, 999_999_999, 2_147_483_648, True, False, None),
]


def member(schema: Mapping[str, Json]) -> st.SearchStrategy[Json]:
    """Something that may stand where the schema does: fitting, tricky or of another kind altogether."""
    schema = schemas.resolve(schema)
    shapes: list[st.SearchStrategy[Json]] = [st.sampled_from(TRICKY)]
    if "enum" in schema:
        shapes.append(st.sampled_from(cast("list[Json]", schema["enum"])))
    if isinstance(members := schema.get("properties"), Mapping):
        known = {name: member(cast(JsonObject, inner)) for name, inner in members.items()}
        required = {n: s for n, s in known.items() if n in cast("list[str]", schema.get("required") or [])}
        shapes += [
            st.fixed_dictionaries(required, optional={n: s for n, s in known.items() if n not in required}),
            st.fixed_dictionaries({}, optional={**known, "other": st.sampled_from(TRICKY)}),
        ]
    if isinstance(items := schema.get("items"), Mapping):
        shapes.append(st.lists(member(items), max_size=3))
    return st.one_of(*shapes)


@pytest.mark.parametrize("schema_id", PAYLOADS + ANSWERS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_compiled_schema_says_what_the_reference_says(schema_id: str, data: st.DataObject) -> None:
    value = data.draw(member(schemas.load(schema_id)))
    assert (schemas.validate(schema_id, value) == []) is (schemas.explain(schema_id, value) == [])


@pytest.mark.parametrize("schema_id", PAYLOADS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_canonical_is_right_and_is_read_as_it_stands(schema_id: str, data: st.DataObject) -> None:
    value = data.draw(member(schemas.load(schema_id)))
    if not schemas.is_canonical(schema_id, value):
        return
    for plain in (False, True):
        read, findings = coerce.coerce(schema_id, value, "x", plain=plain)
        assert (repr(read), findings) == (repr(value), [])
    assert schemas.explain(schema_id, value) == []


EVENT: JsonObject = {
    "phone": "+7 912 345-67-89",
    "type": "in",
    "codes": ["100", "200"],
    "callExternalId": "c-1",
    "externalPhone": "+74999999999",
}
CALL: JsonObject = {
    "date": "2024-05-31 12:00:00",
    "type": "in",
    "phone": "8 800 555-31-25",
    "code": "100",
    "result": "answered",
    "duration": 30,
    "externalId": "c-1",
    "recordUrl": "http://127.0.0.1:8081/records/c-1.mp3?x=1",
}


@pytest.mark.parametrize(
    ("schema_id", "value"),
    [
        ("payloads/call-event", EVENT),
        ("payloads/calls-upload", [CALL, {**CALL, "externalId": "c-2"}]),
        ("payloads/manager-query", {"phone": "+7 912"}),
    ],
)
def test_what_most_clients_send_is_canonical(schema_id: str, value: Json) -> None:
    assert schemas.is_canonical(schema_id, value)


@pytest.mark.parametrize(
    "change",
    [
        {"codes": [100]},
        {"callExternalId": 1},
        {"userIds": [1.0]},
        {"site": ""},
        {"other": 1},
        {"site": None},
    ],
)
def test_what_has_to_be_read_is_not_canonical(change: JsonObject) -> None:
    assert not schemas.is_canonical("payloads/call-event", {**EVENT, **change})
