"""What a CRM in trouble could not take, and whether it was taken in the end."""

import orjson
import pytest

from callproof.conformance.arrival import arrived
from callproof.conformance.calls import Call
from callproof.conformance.evidence import Seen
from callproof.conformance.story import Told
from callproof.contract.operations import OPERATIONS, Side
from callproof.exchange.exchange import Answer, Body, Exchange, Request

CALL = Call("c-1", "in", "+7 912 345-67-81", 0.0, answers=[(1.0, "100")], ended=5.0)


def row(number: int, name: str, status: int, phone: str = "79123456781") -> Told:
    """The history of a call as it was told by the n-th message, and what the CRM said to it."""
    request = Request("POST", "http://crm.example/api/v5/telephony/calls/upload")
    answer = Answer(status, (), Body(orjson.dumps({"success": status == 200})))
    exchange = Exchange(float(number), "in", request, answer, id=number)
    operation = next(one for one in OPERATIONS if one.name == "calls-upload")
    seen = Seen(exchange, Side.CRM, operation)
    return Told({"externalId": name, "phone": phone}, seen, taken=status == 200)


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ([row(1, "c-1", 503), row(2, "c-1", 200)], ""),
        ([row(1, "c-1", 503)], "the history of {} was never taken"),
        (
            [row(1, "c-1", 503), row(2, "c-1-again", 200)],
            "the history of {} was never taken; what was taken instead has another externalId, c-1-again",
        ),
        ([row(1, "c-1", 503), row(2, "other", 200, "79990000000")], "the history of {} was never taken"),
    ],
)
def test_a_call_that_is_told_again_under_another_id_is_said_to_be(told: list[Told], problem: str) -> None:
    (check,) = arrived([CALL], told, "here")
    assert (check.requirement, check.problem) == ("PBX-TROUBLE-01", problem.format(CALL))
