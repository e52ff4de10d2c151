"""The names that the steps of a scenario use."""

import pytest

from callproof.conformance.filling import Names
from callproof.conformance.scenario import BrokenScenario


@pytest.fixture
def names() -> Names:
    found = Names("virtual-pbx", "client", "secret-key")
    found.learn("call", {"id": "c-1", "legs": {"first": "100"}})
    found.learn("event", {"id": 12})
    return found


def test_a_name_becomes_what_it_stands_for_wherever_it_is(names: Names) -> None:
    assert names.filled({"a": ["$call.id", "$call.legs.first"], "b": 3}) == {"a": ["c-1", "100"], "b": 3}
    assert names.filled("/x/$module.code/$n", n=4) == "/x/virtual-pbx/4"
    assert names.filled("$key") == "secret-key"
    assert names.filled("5 $ and $nobody") == "5 $ and $nobody"
    assert names.members({"key": "$n"}, n=2) == {"key": 2}


def test_behind_an_address_may_stand_a_query(names: Names) -> None:
    names.learn("settings", {"value": {"url": "http://pbx/call"}})
    assert names.filled("$settings.value.url?tenant=7&a=b.c") == "http://pbx/call?tenant=7&a=b.c"
    with pytest.raises(BrokenScenario, match=r"settings has no address"):
        names.filled("$settings.address?tenant=7")


def test_a_step_that_nobody_did_began_at_no_time(names: Names) -> None:
    names.learn("call", {"at": 5.0, "really": 7.0})
    assert names.begun("call") == (5.0, 7.0)
    for name in ("event", "nothing"):
        with pytest.raises(BrokenScenario):
            names.begun(name)


def test_a_member_that_is_not_there_breaks_the_scenario(names: Names) -> None:
    with pytest.raises(BrokenScenario, match=r"^\$call\.legs\.third: call has no third$"):
        names.filled("$call.legs.third")


def test_what_comes_after_is_counted_from_the_number_of_an_exchange(names: Names) -> None:
    assert (names.number("event"), names.number("call")) == (12, 0)
    with pytest.raises(BrokenScenario, match="after: upload: nothing of that name was found"):
        names.number("upload")
