"""What was made up is written as a file that says the same."""

import random

from hypothesis import given
from hypothesis import strategies as st

from callproof.conformance.scenario import Break, Do, Leap, Send, Wait
from callproof.contract.guide import GUIDES
from callproof.explore import givens
from callproof.explore.board import Bench
from callproof.explore.writing import Written


def test_steps_are_written_as_people_write_them() -> None:
    written = Written(
        {"upload-every": 600},
        [
            {"do": "customer calls", "from": "$number1", "to": "$line1", "as": "c1"},
            {"do": "set user", "user": "$user1", "online": True, "status": "busy"},
            {"send": "user-status", "path": {"id": "$user1"}, "form": {"status": "busy"}},
            {"fault": "crm-down", "on": ["call-event"], "first": 2},
            {"wait": 0.5},
            {"leap": 60},
        ],
        "Found: PBX-EVENT-08",
        "It fails.",
    )
    assert written.text() == (
        "title: 'Found: PBX-EVENT-08'\nrule: >\n  It fails.\ngiven:\n  upload-every: 600\nsteps:\n"
        "  - do: customer calls\n    from: $number1\n    to: $line1\n    as: c1\n"
        "  - do: set user\n    user: $user1\n    online: true\n    status: busy\n"
        "  - send: user-status\n    path: {id: $user1}\n    form: {status: busy}\n"
        "  - fault: crm-down\n    on: [call-event]\n    first: 2\n"
        "  - wait: 0.5\n  - leap: 60\n"
    )
    read = written.scenario("mine", "mine.yaml")
    assert (read.id, read.rule, read.given.upload_every) == ("mine", "It fails.", 600)
    assert [type(step) for step in read.steps] == [Do, Do, Send, Break, Wait, Leap]
    assert [step.line for step in read.steps] == [7, 11, 15, 18, 21, 22]


@given(st.integers(0, 10_000))
def test_whatever_is_given_can_be_read(seed: int) -> None:
    prepared = givens.given(random.Random(seed), Bench(GUIDES))
    read = Written(prepared, [{"wait": 1}]).scenario("mine", "mine.yaml").given
    assert bool(read.customers) == ("customers" in prepared)
    assert bool(read.plan) == ("plan" in prepared)
