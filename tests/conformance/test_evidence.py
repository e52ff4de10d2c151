"""A journal read as exchanges of the contract, and what reports may show of it."""

import pytest
from msgspec.structs import replace

from callproof.conformance.evidence import Book, Seen, read, reworded
from callproof.conformance.mistakes import OF_EXPECTED, OF_KEPT
from callproof.conformance.watching import Candidate
from callproof.contract.operations import Side
from callproof.exchange.exchange import Answer, Body, Exchange, Request

FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


def exchange(
    url: str, body: str = "", status: int = 200, said: str = "", direction: str = "in"
) -> Exchange:
    request = Request("POST" if body else "GET", url, FORM, Body(body.encode()))
    answer = Answer(status, (("Content-Type", "application/json"),), Body(said.encode()))
    return Exchange(1.5, direction, request, answer, id=7)


def one(entry: Exchange, seen_by: Side = Side.CRM, book: Book | None = None) -> Seen:
    (found,) = read([entry], seen_by, book or Book())
    return found


def test_an_entry_gets_the_name_of_its_method_and_what_the_contract_says_of_it() -> None:
    found = one(exchange("http://crm/api/v5/telephony/manager?phone=1&apiKey=k", said='{"success": true}'))
    assert found.operation is not None
    assert (found.operation.name, found.asked_by, found.ref) == ("manager-lookup", Side.PBX, "crm-7")
    assert (found.params, found.answer, found.status) == ({"phone": "1"}, {"success": True}, 200)
    assert found.headers == {"content-type": "application/json"}
    assert found.keyed
    assert not found.refused


def test_what_a_later_step_may_name_is_what_there_is() -> None:
    assert set(Candidate(None, one(exchange("http://crm/api/v5/users"))).members) == set(OF_EXPECTED)
    assert set(Candidate({}).members) == set(OF_KEPT)


def test_what_cannot_be_read_is_refused_and_what_is_no_json_is_no_answer() -> None:
    entry = exchange("http://crm/api/v5/telephony/call/event", "event=no", 400, "<html>")
    found = one(entry)
    assert "event is not JSON" in found.refused
    assert (found.params, found.answer, found.violations) == (None, None, ())


def test_null_in_an_answer_is_read_as_a_member_that_is_left_out() -> None:
    said = '{"success": true, "manager": null, "users": [{"patronymic": null, "id": 1}, null]}'
    found = one(exchange("http://crm/api/v5/users", said=said))
    assert found.answer == {"success": True, "users": [{"id": 1}, None]}


def test_nobody_may_be_an_empty_map_or_list_where_somebody_is_asked_for() -> None:
    said = '{"success": true, "manager": [], "customer": {}, "links": []}'
    lookup = one(exchange("http://crm/api/v5/telephony/manager?phone=1", said=said))
    assert lookup.answer == {"success": True}
    elsewhere = one(exchange("http://crm/api/v5/users", said='{"success": true, "users": []}'))
    assert elsewhere.answer == {"success": True, "users": []}


def test_an_event_names_each_manager_once_and_by_an_empty_list_nobody() -> None:
    event = 'event={"type":"in","phone":"1","codes":[],"userIds":[1,2,1]}'
    found = one(exchange("http://crm/api/v5/telephony/call/event", event))
    assert found.params == {"type": "in", "phone": "1", "userIds": [1, 2]}


def test_a_request_without_an_answer_says_why() -> None:
    found = one(replace(exchange("http://pbx/x", direction="out"), answer=None, error="no answer"))
    assert (found.status, found.answer, found.answer_size, dict(found.headers)) == (None, None, 0, {})
    assert str(found) == "GET http://pbx/x -> no answer"
    assert found.asked_by is Side.CRM


def test_addresses_of_an_upload_are_call_backs() -> None:
    book = Book()
    calls = 'calls=[{"recordUrl": "http://pbx/r/1.mp3?a=1"}]'
    one(exchange("http://crm/api/v5/telephony/calls/upload", calls), book=book)
    found = one(exchange("http://pbx/r/1.mp3?a=2", direction="out"), book=book)
    assert found.operation is not None
    assert found.operation.name == "record"


def test_to_where_a_recording_is_redirected_is_the_recording() -> None:
    book = Book({"http://pbx/r/1": "record"})
    moved = exchange("http://pbx/r/1?a=1", status=302, direction="out")
    assert moved.answer is not None
    there = replace(moved, answer=Answer(302, (("Location", "/files/1.wav?b=2"),)))
    one(there, book=book)
    found = one(exchange("http://pbx/files/1.wav?b=2", direction="out"), book=book)
    assert found.operation is not None
    assert found.operation.name == "record"


@pytest.mark.parametrize("body", [Body(b"caf\xc3\xa9"), Body(b"\xff\xfb" * 10), Body()])
def test_a_journal_in_process_and_one_over_http_read_alike(body: Body) -> None:
    entry = exchange("http://crm/api/v5/telephony/calls/upload", "calls=[]")
    entry = replace(entry, request=replace(entry.request, body=body), answer=Answer(200, (), body))
    assert one(Exchange.of_json(entry.as_json())) == one(entry)


def test_another_text_has_another_length() -> None:
    headers = (("Content-Length", "6"), ("X", "1"))
    long = reworded(Answer(200, headers, Body(b"secret")), headers, "***")
    assert long == Answer(200, (("Content-Length", "3"), ("X", "1")), Body(b"***"))
    audio = Answer(200, headers, Body(b"\xff\xfb", 4000))
    assert reworded(audio, headers[1:], None) == Answer(200, headers[1:], audio.body)
