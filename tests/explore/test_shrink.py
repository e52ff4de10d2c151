"""A failing run becomes smaller as long as it fails, whatever made it fail."""

from hypothesis import given
from hypothesis import strategies as st

from callproof.contract.jsontypes import JsonObject
from callproof.explore.shrink import shrunk, without
from callproof.explore.writing import Written

CALL: JsonObject = {"do": "customer calls", "from": "$number2", "to": "$line2", "as": "c1"}
ANSWER: JsonObject = {"do": "answer", "call": "$c1.id", "extension": "$extension1"}
WAIT: JsonObject = {"wait": 60}
OTHER: JsonObject = {"do": "customer calls", "from": "$number1", "to": "$line1", "as": "c10"}


def always() -> bool:
    return True


def test_whatever_speaks_of_a_call_goes_with_it_and_c1_is_not_c10() -> None:
    again: JsonObject = {"expect": "pbx keeps calls", "with": {"id": "$c1.id"}, "as": "c2"}
    named: JsonObject = {"do": "hang up", "call": "$c2.value.id", "by": "customer"}
    other: JsonObject = {"do": "answer", "call": "$c10.id"}
    run = Written(steps=[CALL, OTHER, ANSWER, again, named, other, WAIT])
    assert list(without(run, [CALL]).steps) == [OTHER, other, WAIT]


def test_the_smallest_has_what_fails_alone_in_plain_words() -> None:
    run = Written(
        {"upload-every": 600, "customers": [{"a": 1}, {"b": 2}]}, [WAIT, OTHER, CALL, WAIT, ANSWER]
    )
    small = shrunk(run, lambda tried: any(step.get("do") == "answer" for step in tried.steps), always)
    assert small.given == {}
    assert list(small.steps) == [CALL | {"from": "$number1", "to": "$line1"}, ANSWER]


def test_what_happens_together_goes_together_or_one_after_the_other() -> None:
    both: JsonObject = {"together": [CALL, OTHER]}
    assert list(without(Written(steps=[both, ANSWER, WAIT]), [both]).steps) == [WAIT]
    small = shrunk(Written(steps=[both, WAIT]), lambda tried: "as: c10" in tried.text(), always)
    assert list(small.steps) == [OTHER]


def test_a_limit_of_a_fault_becomes_one_and_stays() -> None:
    fault: JsonObject = {"fault": "crm-down", "first": 5}
    small = shrunk(Written(steps=[fault, WAIT]), lambda tried: "fault" in tried.steps[0], always)
    assert list(small.steps) == [{"fault": "crm-down", "first": 1}]


def test_without_time_nothing_is_tried() -> None:
    run = Written(steps=[WAIT, WAIT])
    assert shrunk(run, lambda _: True, lambda: False) == run


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.data())
def test_what_is_left_still_fails_and_nothing_of_it_can_go(waits: list[int], data: st.DataObject) -> None:
    needed = data.draw(st.sets(st.sampled_from(waits)))

    def fails(tried: Written) -> bool:
        return needed <= {step["wait"] for step in tried.steps}

    small = shrunk(Written(steps=[{"wait": wait} for wait in waits]), fails, always)
    assert fails(small)
    assert len(small.steps) == max(len(needed), 1)
