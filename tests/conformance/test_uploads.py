"""Which calls a PBX uploaded, where the link of a recording came later than its call."""

from typing import Any

import orjson

from callproof.conformance.evidence import Book, Seen, read
from callproof.conformance.uploads import uploads
from callproof.contract.operations import Side
from callproof.exchange.exchange import Answer, Body, Exchange, Request

FORM = ("Content-Type", "application/x-www-form-urlencoded")
CALL = {"externalId": "c-1", "date": "2026-01-01 12:00:00", "type": "in", "phone": "79120000001"}
LINK = "http://pbx/c-1.wav"


def upload(number: int, *calls: dict[str, Any], status: int = 200) -> Seen:
    body = Body(b"calls=" + orjson.dumps(calls))
    request = Request("POST", "http://crm/api/v5/telephony/calls/upload", (FORM,), body)
    answer = Answer(status, (), Body(orjson.dumps({"success": status == 200})))
    (found,) = read([Exchange(1.0, "in", request, answer, id=number)], Side.CRM, Book())
    return found


def told(*journal: Seen) -> tuple[list[Any], set[int]]:
    found = uploads(journal)
    return [row.value for row in found.rows], found.late


def test_a_link_that_comes_later_belongs_to_the_call_that_was_told() -> None:
    linked = CALL | {"recordUrl": LINK}
    assert told(upload(1, CALL), upload(2, linked)) == ([linked], {2})


def test_a_link_may_change_and_come_beside_a_call_that_is_new() -> None:
    old, new = CALL | {"recordUrl": LINK}, CALL | {"recordUrl": f"{LINK}?v=2"}
    other = CALL | {"externalId": "c-2"}
    assert told(upload(1, old), upload(2, new, other)) == ([new, other], set())


def test_the_same_again_is_a_call_too_many_as_is_one_of_which_more_is_other() -> None:
    longer = CALL | {"recordUrl": LINK, "duration": 7}
    for again in (CALL, longer):
        assert told(upload(1, CALL), upload(2, again)) == ([CALL, again], set())


def test_what_was_not_taken_is_told_again_as_a_whole() -> None:
    linked = CALL | {"recordUrl": LINK}
    refused = upload(1, CALL, status=503)
    assert told(refused, upload(2, CALL), upload(3, linked)) == ([CALL, linked], {3})


def test_what_is_no_list_of_calls_has_none() -> None:
    odd = upload(1)
    assert told(odd) == ([], set())
