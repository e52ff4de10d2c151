"""What every answer of a CRM is judged by, whatever it answers."""

import pytest

from callproof.conformance.evidence import Book, read
from callproof.conformance.judge import judge
from callproof.contract.operations import Side
from callproof.exchange.exchange import Answer, Body, Exchange, Request


def problems(path: str, status: int, location: str = "", said: str = "") -> list[str]:
    headers = (("Location", location),) if location else ()
    answer = Answer(status, (("Content-Type", "text/html"), *headers), Body(said.encode()))
    request = Request("GET", f"http://crm{path}", (), Body())
    (found,) = read([Exchange(1.0, "out", request, answer, id=1)], Side.PBX, Book())
    return [check.problem for check in judge(found, "x.yaml") if check.problem]


@pytest.mark.parametrize("status", [301, 307, 308])
@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/api/v5/user-groups/", "/api/v5/user-groups"),
        ("/api/v5/user-groups/?limit=20", "http://127.0.0.1:8000/api/v5/user-groups?limit=20"),
        ("/api/v5/user-groups", "user-groups/"),
    ],
)
def test_whoever_is_sent_on_to_the_same_address_without_a_slash_has_no_answer_yet(
    path: str, status: int, location: str
) -> None:
    assert problems(path, status, location) == []


@pytest.mark.parametrize(
    ("status", "location"),
    [(302, "/login"), (307, ""), (308, "/api/v5/users/"), (308, "http://["), (200, "/api/v5/users")],
)
def test_other_redirects_are_no_json(status: int, location: str) -> None:
    assert problems("/api/v5/users/", status, location) == ["the body is no JSON object"]
