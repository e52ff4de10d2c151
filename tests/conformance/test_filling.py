"""The names that the steps of a scenario use."""

import pytest

from callproof.conformance.filling import Names
from callproof.conformance.judge import UnderTest
from callproof.conformance.scenario import BrokenScenario
from callproof.contract.guide import Account
from callproof.contract.operations import Side


@pytest.fixture
def names() -> Names:
    found = Names(UnderTest(client_id="client", run="r7"), "secret-key")
    found.learn("call", {"id": "c-1", "legs": {"first": "100"}})
    found.learn("event", {"id": 12, "codes": ["100", "200"]})
    return found


def test_a_name_becomes_what_it_stands_for_wherever_it_is(names: Names) -> None:
    assert names.filled({"a": ["$call.id", "$call.legs.first"], "b": 3}) == {"a": ["c-1", "100"], "b": 3}
    assert names.filled("/x/$module.code/$n", n=4) == "/x/virtual-pbx/4"
    assert names.filled("$key") == "secret-key"
    assert names.filled("5 $ and $nobody") == "5 $ and $nobody"
    assert names.filled("$event.codes.1") == "200"
    assert names.filled("/calls/$call.legs.first/$event.id") == "/calls/100/12"
    assert names.members({"key": "$n"}, n=2) == {"key": 2}


def test_a_scenario_names_the_people_of_the_account_and_the_run() -> None:
    account = Account((17, 23), ("701", "702"), ("moscow", "spb"), ("+7 495 1", "+7 495 2"))
    names = Names(UnderTest(account=account, run="r7"), "secret-key")
    assert names.filled(["$user1", "$extension2", "$shop1", "$line2"]) == [17, "702", "moscow", "+7 495 2"]
    assert names.filled("c-$run-$n", n=4) == "c-r7-4"
    assert names.filled("/users/$user1/status") == "/users/17/status"
    assert names.filled({"$shop1": {"code": "$shop1"}}) == {"moscow": {"code": "moscow"}}
    assert names.filled(["$user1_text", "$extension1_number"]) == ["17", 701]


def test_only_who_plays_stands_for_the_name_of_a_member(names: Names) -> None:
    names.learn("path", "x")
    assert names.filled({"$path": 1, "$any": True, "$key": 2}) == {"$path": 1, "$any": True, "$key": 2}


def test_behind_an_address_may_stand_a_path_and_a_query(names: Names) -> None:
    names.learn("settings", {"value": {"url": "http://pbx/call"}})
    assert names.filled("$settings.value.url?tenant=7&a=b.c") == "http://pbx/call?tenant=7&a=b.c"
    assert names.filled("$settings.value.url/office.1") == "http://pbx/call/office.1"
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
    assert (names.number("event", Side.CRM), names.number("call", Side.CRM)) == (12, 0)
    names.learn("click", {"id": 5, "since": {"crm": 7, "pbx": 3}})
    assert (names.number("click", Side.CRM), names.number("click", Side.PBX)) == (7, 3)
    with pytest.raises(BrokenScenario, match="after: upload: nothing of that name was found"):
        names.number("upload", Side.PBX)


def test_the_module_is_the_one_of_the_newest_registration() -> None:
    told = {"code": "mine"}
    found = Names(UnderTest(client_id="client"), "key", lambda: dict(told))
    assert (found.filled("$module.code"), found.filled("$module.clientId")) == ("mine", "client")
    told["clientId"] = "newer"
    assert found.filled(["$module.clientId", "/x/$module.code/edit"]) == ["newer", "/x/mine/edit"]
