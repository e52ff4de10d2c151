"""The client of the control API: what an end is told and what it tells."""

from collections.abc import Iterator

import pytest
from flask import Flask, Response

from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import Side
from callproof.control.client import ActionRefused, End, Ends, Unreachable
from callproof.control.driven import Driven
from callproof.control.inside import InProcess
from callproof.running.pair import BuiltIn, built_in
from callproof.running.threads import Address, serving


@pytest.fixture(params=["over HTTP", "in this process"])
def crm(pair: BuiltIn, request: pytest.FixtureRequest) -> Iterator[Driven]:
    if request.param == "in this process":
        yield pair.ends.crm
        return
    end = End(Side.CRM, pair.crm_url)
    yield end
    end.close()


def test_a_clock_tells_its_time_and_what_is_due(pair: BuiltIn, crm: Driven) -> None:
    pbx = End(Side.PBX, pair.pbx_url)
    before = crm.clock()
    assert (before.kind, before.id) == ("manual", pbx.clock().id)
    assert crm.advance(5).now == before.now + 5
    assert crm.advance_to(before.now + 60).now == pbx.clock().now == before.now + 60
    ends = Ends(crm, pbx, pair.api_key)
    assert ends.manual
    ends.pass_time(1)
    assert ends.now() == before.now + 61
    pbx.close()


def test_a_journal_comes_as_exchanges(crm: Driven) -> None:
    crm.api("GET", "/api/v5/telephony/manager", "no-key", {})
    page = crm.journal()
    last = page.entries[-1]
    assert (last.id, last.direction, last.by_bench) == (page.last_id, "in", True)
    assert last.request.method == "GET"
    assert last.answer is not None
    assert last.answer.status == 403
    assert last.findings
    assert crm.journal(page.last_id).entries == []
    assert crm.reset() == page.last_id


def test_the_state_has_the_lists_that_an_end_keeps(crm: Driven) -> None:
    assert {"modules", "users", "calls"} <= crm.state().keys()
    assert "counts" not in crm.state()


def test_an_action_that_is_refused_says_why(crm: Driven) -> None:
    with pytest.raises(ActionRefused, match="There is no user 77"):
        crm.post("/users/77", {"status": "free"})


@pytest.mark.parametrize("said", ["<html>", "[]", '{"id": "x", "kind": "manual", "now": "noon"}'])
def test_what_answers_otherwise_is_no_end(said: str) -> None:
    app = Flask("stranger")
    app.add_url_rule("/_bench/clock", view_func=lambda: Response(said, mimetype="application/json"))
    address = Address()
    with serving(app, address):
        end = End(Side.PBX, address.url)
        with pytest.raises(Unreachable, match=r"The PBX at .* does not answer as a callproof end"):
            end.clock()
        end.close()


def test_an_app_of_this_process_that_breaks_off_does_not_answer() -> None:
    def broken(_environ: object, _start: object) -> list[bytes]:
        raise ConnectionResetError

    end = End(Side.PBX, "http://pbx.example", "", InProcess(broken, "http://pbx.example"))
    with pytest.raises(Unreachable, match=r"The PBX at http://pbx\.example does not answer"):
        end.clock()
    end.close()


def test_a_strict_crm_is_told_the_shop_of_a_customer() -> None:
    with built_in(strict=True) as pair:
        customer: JsonObject = {"externalId": "c-1", "phones": [{"number": "+7 912 345-67-89"}]}
        pair.ends.crm.add_customer(pair.api_key, customer, "shop1")
        with pytest.raises(ActionRefused, match=r"customers/create was answered 400: .*site"):
            pair.ends.crm.add_customer(pair.api_key, {**customer, "externalId": "c-2"}, "")
