"""What is found once for each thing."""

from collections.abc import Sized

from callproof.contract import coerce
from callproof.contract.jsontypes import JsonObject
from callproof.contract.values import OnceForEach


def test_a_thing_is_looked_at_once_and_its_equals_by_themselves() -> None:
    looked: list[dict[str, int]] = []

    @OnceForEach
    def size(thing: dict[str, int]) -> int:
        looked.append(thing)
        return len(thing)

    first: dict[str, int] = {"a": 1}
    assert [size(first), size(first), size({"a": 2, "b": 1}), size({"a": 1})] == [1, 1, 2, 1]
    assert len(looked) == 3


def test_reading_again_remembers_nothing_new() -> None:
    """Else a server would grow with each request."""
    remembering: list[Sized] = [coerce._types, coerce._canonical, coerce.refuses_blank]
    sizes = []
    for _ in range(2):
        odd: JsonObject = {
            "codes": [None, 100],
            "userIds": "1",
            "callExternalId": "",
            "u": {},
            "type": False,
        }
        coerce.coerce("payloads/call-event", odd, "event")
        coerce.coerce("payloads/calls-upload", [odd], "calls")
        sizes.append([len(one) for one in remembering])
    assert sizes[0] == sizes[1]
    assert min(sizes[0]) > 0
