"""What was done by hand becomes a scenario file that ``callproof check`` plays."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from callproof.cli import main
from callproof.running.pair import BuiltIn, built_in
from tests.bench.forms import Visitor

CALLER, OTHER, LINE = "+79161234567", "+79161234568", "+7-499-999-99-99"


@pytest.fixture
def pair() -> Iterator[BuiltIn]:
    with built_in() as pair:
        pair.ends.pbx.post("/register")
        yield pair


def _in(pair: BuiltIn, caller: str = CALLER) -> str:
    return str(pair.ends.pbx.post("/calls", {"from": caller, "to": LINE})["id"])


def _act(pair: BuiltIn, call: str, word: str, wait: float = 0, **args: str) -> None:
    pair.ends.pbx.post(f"/calls/{call}/{word}", args)
    pair.ends.pass_time(wait)


def _answered(pair: BuiltIn, extension: str = "200") -> None:
    call = _in(pair)
    pair.ends.pass_time(4)
    _act(pair, call, "answer", 20, extension=extension)
    _act(pair, call, "hang-up", 5, by="manager")


def _transferred_and_held(pair: BuiltIn) -> None:
    call = _in(pair)
    _act(pair, call, "answer", 10, extension="100")
    _act(pair, call, "hold", 3)
    _act(pair, call, "take-back", 5)
    _act(pair, call, "transfer", 3, to="200")
    _act(pair, call, "answer", 9, extension="200")
    _act(pair, call, "hang-up", 5, by="customer")


def _missed_and_cancelled(pair: BuiltIn) -> None:
    _in(pair)
    pair.ends.pass_time(400)
    call = _in(pair, OTHER)
    pair.ends.pass_time(3)
    _act(pair, call, "hang-up", 2, by="customer")


def _clicked(pair: BuiltIn) -> None:
    pair.ends.crm.post("/click-to-call", {"userId": 1, "phone": CALLER, "site": "shop2"})
    (call,) = pair.ends.pbx.state()["calls"]
    assert isinstance(call, dict)
    _act(pair, str(call["id"]), "answer", 3)
    _act(pair, str(call["id"]), "answer", 30)
    # He is on the telephone, so this call is refused.
    pair.ends.crm.post("/click-to-call", {"userId": 1, "phone": OTHER})
    pair.ends.pass_time(2)
    _act(pair, str(call["id"]), "hang-up", 5, by="customer")


def _dialled_and_refused(pair: BuiltIn) -> None:
    call = str(pair.ends.pbx.post("/dial", {"extension": "100", "to": CALLER})["id"])
    pair.ends.pass_time(6)
    _act(pair, call, "engaged", 3)
    call = _in(pair, OTHER)
    _act(pair, call, "refuse", 1, extension="100")
    _act(pair, call, "answer", 8, extension="200")
    _act(pair, call, "hang-up", 3, by="customer")


def _of_a_customer_while_a_manager_has_dinner(pair: BuiltIn) -> None:
    customer = json.dumps({"firstName": "A", "managerId": 1, "phones": [{"number": CALLER}]})
    key = {"X-API-KEY": pair.api_key}
    data = {"customer": customer, "site": "shop1"}
    requests.post(f"{pair.crm_url}/api/v5/customers/create", headers=key, data=data, timeout=10)
    _answered(pair, "100")
    pair.ends.crm.post("/users/1", {"status": "dinner"})
    _answered(pair)


def _by_curl(pair: BuiltIn) -> None:
    url, key = f"{pair.crm_url}/api/v5/telephony", {"X-API-KEY": pair.api_key}
    event = '{"phone": "+79160000000", "type": "in", "codes": ["100"], "callExternalId": "x-1"}'
    for body in (event, '{"type": "sideways"}'):
        requests.post(f"{url}/call/event", headers=key, data={"event": body}, timeout=10)
    for wrong in ({"X-API-KEY": "another"}, {}):
        requests.post(f"{url}/call/event", headers=wrong, data={"event": event}, timeout=10)
    requests.get(f"{url}/manager", headers=key, params={"phone": CALLER}, timeout=10)


def _still_talking(pair: BuiltIn) -> None:
    call = _in(pair)
    _act(pair, call, "answer", 10, extension="100")


SESSIONS = [
    _answered,
    _transferred_and_held,
    _missed_and_cancelled,
    _clicked,
    _dialled_and_refused,
    _of_a_customer_while_a_manager_has_dinner,
    _by_curl,
    _still_talking,
]


def _check(text: str, file: Path) -> None:
    """``callproof check FILE`` exits 0."""
    file.write_text(text, encoding="utf-8")
    found = CliRunner().invoke(main, ["check", str(file)])
    assert found.exit_code == 0, f"{text}\n{found.output}"


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.__name__)
def test_a_session_is_a_scenario_that_holds(
    pair: BuiltIn, session: Callable[[BuiltIn], None], tmp_path: Path
) -> None:
    session(pair)
    text = _saved(pair.pbx_url)
    assert "do:" in text or "send:" in text
    _check(text, tmp_path / "session.yaml")


def test_both_ends_tell_the_same(pair: BuiltIn) -> None:
    _clicked(pair)
    assert _saved(pair.crm_url) == _saved(pair.pbx_url)


def _saved(url: str, query: str = "") -> str:
    return Visitor(url).page(f"/bench/session.yaml{query}")


def test_one_call_can_be_saved_alone(pair: BuiltIn, tmp_path: Path) -> None:
    _missed_and_cancelled(pair)
    call = pair.ends.pbx.state()["calls"][1]
    assert isinstance(call, dict)
    text = _saved(pair.pbx_url, f"?call={call['id']}")
    assert text.count("customer calls") == 1
    _check(text, tmp_path / "one.yaml")


def test_where_nothing_was_done_that_is_said(pair: BuiltIn) -> None:
    assert "Nothing was done yet" in _saved(pair.pbx_url)
