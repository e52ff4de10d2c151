import json
from urllib.parse import parse_qs, unquote

import pytest

from benchmarks.telephony import EVENT, INVALID_EVENTS, UPLOADED, workloads
from benchmarks.workload import CALL, KNOWN, PHONE, Ids, script
from callproof.contract import schemas

WORK = workloads(["+7 (912) 345-67-89", "89123456780"])


def test_an_example_event_keeps_the_contract() -> None:
    _, body = WORK["event"].example()
    event = json.loads(parse_qs(body)["event"][0].replace(CALL, "c-1").replace(PHONE, "+79000000001"))
    assert schemas.validate("payloads/call-event", event) == []


def test_an_example_upload_keeps_the_contract_and_repeats_no_call() -> None:
    _, body = WORK["upload"].example()
    calls = json.loads(parse_qs(body)["calls"][0])
    assert len({call["externalId"] for call in calls}) == UPLOADED
    assert schemas.validate("payloads/calls-upload", calls) == []


def test_a_lookup_asks_for_a_customer_in_the_customers_own_notation() -> None:
    path, body = WORK["lookup"].example()
    assert (unquote(path).partition("?")[2], body) == ("phone=+7 (912) 345-67-89", "")


def test_the_invalid_events_break_the_contract() -> None:
    sideways, broken = INVALID_EVENTS.values()
    assert [v.pointer for v in schemas.validate("payloads/call-event", json.loads(sideways))] == ["/type"]
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken)


@pytest.mark.parametrize("name", WORK)
def test_a_script_leaves_no_token_as_it_is(name: str) -> None:
    text = script(WORK[name], 7)
    assert not [token for token in (CALL, PHONE, KNOWN) if token in text]
    assert "local n, limit = 7, 0" in text


def test_ids_are_numbers_or_uuids() -> None:
    assert "call-%012d" in script(WORK["event"], 1, Ids.ASCENDING)
    assert "%08x-%04x-4%03x" in script(WORK["event"], 1, Ids.RANDOM)


def test_only_a_limited_script_counts_answers() -> None:
    assert "response = function" not in script(WORK["event"], 1)
    assert "response = function" in script(WORK["event"], 1, limit=10)


def test_every_event_names_its_call_and_a_telephone_number() -> None:
    assert CALL in EVENT
    assert PHONE in EVENT
